"""What Candor promises, and the tests that would fail if it broke one: the source of PROMISES.md."""

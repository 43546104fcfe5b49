"""`python -m api.cli`, which `scripts/admin` runs."""

from __future__ import annotations

import gc


def main() -> None:
    """Load the program and run the command line."""
    # What loading makes stays for as long as a command runs: collecting between modules only costs time.
    gc.disable()
    from api.cli.program import main as run

    gc.freeze()
    gc.enable()
    run()


if __name__ == "__main__":
    main()

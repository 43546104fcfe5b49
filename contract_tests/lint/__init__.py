"""The contract's style: a rule set for a linter from npm, and the proof that each of its rules can fail."""

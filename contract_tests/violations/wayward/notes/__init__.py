"""The one tag of the contract of this suite."""

"""What Schemathesis imports: the checks, who the fuzzer is, and the record of what it reached."""

from contract_tests.fuzz import authentication, checks, seen

__all__ = ["authentication", "checks", "seen"]

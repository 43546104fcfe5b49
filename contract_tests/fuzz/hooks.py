"""What Schemathesis imports: the checks, and who the fuzzer is."""

from contract_tests.fuzz import authentication, checks

__all__ = ["authentication", "checks"]

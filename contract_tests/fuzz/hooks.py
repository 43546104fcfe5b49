"""What Schemathesis imports: the checks, who the fuzzer is, and the suite's own reading of each answer."""

from contract_tests.fuzz import authentication, checks, documents, second_reading

__all__ = ["authentication", "checks", "documents", "second_reading"]

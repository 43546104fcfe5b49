"""What Schemathesis imports: the checks, who the fuzzer is, and the suite's own reading of each answer."""

import gc

from contract_tests.fuzz import authentication, checks, documents, second_reading

__all__ = ["authentication", "checks", "documents", "second_reading"]

gc.set_threshold(50_000, 20, 100)  # an eighth of the fuzzer's time went into looking for garbage to collect

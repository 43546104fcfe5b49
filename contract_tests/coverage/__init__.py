"""Whether every answer that the contract declares was given by the running server, in a run of all tests.

A status that is declared and never seen is a promise that nobody has looked at: it may be impossible, and
clients prepare for nothing, or possible and wrong. The tests here drive the answers that no other suite is
about, operation by operation as the contract lists them; `python -m contract_tests.coverage` counts.
"""

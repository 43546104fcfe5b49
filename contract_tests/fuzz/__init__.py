"""The running server under Schemathesis: every operation of the contract, with every kind of credential."""

"""Who may call what: every operation of the contract with every kind of credential, right and wrong."""

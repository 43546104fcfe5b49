"""The ledger of credits: what it promises, under races and at every boundary of time."""

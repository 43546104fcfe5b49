"""The ledger of credits: double entry, in whole credits, of which nobody ever spends one that is not there.

A person's wallet row is the lock of everything that belongs to the person's credits: whoever changes a lot,
a hold or the wallet itself takes it first, then holds, then lots, and the account last
(`persistence.deletion` goes the same way). What a statement sees is as old as its beginning, which may be
before it got the lock: rows that it locks are read again, others are not, and each module says what it does
about that.

`holding` sets credits aside for a call of the assistant, `settling` ends the call with what it took,
`sweeping` ends the calls of servers that died. `expiring` takes away what is past its time, `refreshing` does
that and gives what a plan gives each month, `granting` what the operator gives. `books` proves that it all
adds up, `listing` shows it.
"""

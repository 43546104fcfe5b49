"""What must not stand in a log, by its form: secrets, people, addresses, and what requests carried."""

from __future__ import annotations

import re
from collections.abc import Iterator

from contract_tests.harness.canary import CANARY

# The operator's own sentences may name the address that the server listens at.
ADDRESS = "an address"

FORMS = {
    "what a request carried": re.compile(CANARY),
    "a secret": re.compile(
        r"(?:cat|crt|cdc|ccs|csa|csr|cst|cac|crh|cve|cpr|cec|cfa|ckey|caido)_[0-9A-Za-z]{8}"
    ),
    "a digest": re.compile(r"\b[0-9a-fA-F]{64}\b"),
    "a credential of the database": re.compile(r"postgres(?:ql)?://[^/\s]*@"),
    "an e-mail address": re.compile(r"[\w.+-]+@[\w-]+\.\w"),
    "a name of an account": re.compile(r"\b[a-z]+-[0-9a-f]{8}\b|Ada Lovelace"),
    "a user code": re.compile(r"\b[BCDFGHJKLMNPQRSTVWXZ]{4}-?[BCDFGHJKLMNPQRSTVWXZ]{4}\b"),
    "a client's name": re.compile(
        r"Mozilla/|schemathesis|python-(?:httpx|requests)|(?:Authlib|curl)/", re.IGNORECASE
    ),
    "a query": re.compile(r"\?\w+="),
    ADDRESS: re.compile(
        r"\b\d{1,3}(?:\.\d{1,3}){3}\b|\b(?:[0-9a-fA-F]{1,4}:){3}|\b[0-9a-fA-F]{1,4}::|::[0-9a-fA-F]"
    ),
    "an id": re.compile(r"\b[0-9A-HJKMNP-TV-Z]{26}\b"),
}


def leaks(text: str, *, apart_from: tuple[str, ...] = ()) -> Iterator[str]:
    """What stands in a text and must not."""
    for what, form in FORMS.items():
        if what not in apart_from and form.search(text):
            yield what

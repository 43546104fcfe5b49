"""A contract that promises to forward something else than the server forwards is refused at start."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from api.contract.document import ContractError
from api.contract.forwarding import BODY, CLIENT_IP, compile_forwards, refuse_undeclared
from contract_tests.harness.contract import contract

Edit = Callable[[dict[str, Any]], object]
FIELDS = frozenset({f"{BODY}captcha_token", CLIENT_IP})
GUARDED = ("sign_up", "sign_in")
PROVIDERS = ("openai", "anthropic", "moonshot", "other_provider")
QUESTION = frozenset(f"{BODY}{name}" for name in ("messages", "max_tokens", "temperature"))


def refused(edit: Edit, operation_id: str = "sign_in") -> str:
    tree = deepcopy(dict(contract().document))
    operation = contract().operations[operation_id]
    edited = tree["paths"][operation.path][operation.method]
    # The document says it once for both operations.
    edited.update({name: deepcopy(edited[name]) for name in ("x-forward",) if name in edited})
    edit(edited)
    with pytest.raises(ContractError) as failure:
        refuse_undeclared(compile_forwards(tree), to="turnstile", fields=FIELDS, of=GUARDED, tree=tree)
    return str(failure.value)


@pytest.mark.promise("K12")
def test_what_is_declared_is_what_is_forwarded() -> None:
    tree = dict(contract().document)
    forwards = compile_forwards(tree)
    refuse_undeclared(forwards, to="turnstile", fields=FIELDS, of=GUARDED, tree=tree)
    asked = dict.fromkeys(PROVIDERS, QUESTION)
    assert dict(forwards) == {name: {"turnstile": FIELDS} for name in sorted(GUARDED)} | {"complete": asked}


@pytest.mark.parametrize(
    ("edit", "sentence"),
    [
        (
            lambda it: it["x-forward"][0].update(to="somebody"),
            "to 'somebody', which is not declared",
        ),
        (
            lambda it: it["x-forward"][0]["fields"].append(f"{BODY}no_such"),
            "a field to turnstile that",
        ),
        (lambda it: it["x-forward"][0].update(fields=[]), "a field to turnstile that"),
        (lambda it: it["x-forward"][0]["fields"].append(f"{BODY}password"), "does not declare truly"),
        (lambda it: it["x-forward"][0]["fields"].remove(CLIENT_IP), "does not declare truly"),
        (lambda it: it.pop("x-forward"), "does not declare truly"),
    ],
)
def test_anything_else_is_refused(edit: Edit, sentence: str) -> None:
    said = refused(edit)
    assert "sign_in" in said
    assert sentence in said


def test_so_is_an_operation_that_forwards_nothing_and_says_that_it_does() -> None:
    def lie(operation: dict[str, Any]) -> None:
        operation["x-forward"] = [{"to": "turnstile", "fields": [CLIENT_IP]}]

    assert "get_account does not declare truly" in refused(lie, "get_account")


def test_each_service_is_said_to_be_given_what_is_forwarded() -> None:
    """The names under which the service gets them are its own."""
    processors = contract().document["x-data-policy"]["processors"]
    assert processors.keys() == {"turnstile", *PROVIDERS}
    for name in PROVIDERS:
        assert {f"{BODY}{each}" for each in processors[name]["receives"]} == QUESTION


@pytest.mark.promise("C14")
def test_who_answers_is_named_with_country_and_what_they_keep() -> None:
    processors = contract().document["x-data-policy"]["processors"]
    assert (processors["openai"]["name"], processors["openai"]["country"]) == ("OpenAI", "US")
    assert "30 days" in processors["openai"]["keeps"]


def test_the_captcha_is_said_to_be_given_what_is_forwarded() -> None:
    processors = contract().document["x-data-policy"]["processors"]
    assert processors["turnstile"]["receives"].keys() == {"response", "remoteip"}

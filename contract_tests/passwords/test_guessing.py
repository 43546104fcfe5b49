"""What is refused of a password besides its length."""

from __future__ import annotations

from typing import Final

import pytest

from api.gateways.passwords.guessing import refuse_guessable
from api.gateways.passwords.hashing import hashed
from handlers.user.password import GuessablePassword, UnusablePassword, normal

ANN: Final = ("ann.lovelace@meadow-garden.example", "ann-lovelace", "Ann Lovelace")


@pytest.mark.parametrize(
    "typed",
    [
        "password1234",
        "P@ssw0rdP@ssw0rd",
        "qwertyuiop12",
        "aaaaaaaaaaaaaaaa",
        "123456789012345",
        "iloveyou2024",
        "a1" * 64,
        "candorcandor",
    ],
)
def test_what_is_tried_first_is_refused(typed: str) -> None:
    with pytest.raises(GuessablePassword):
        refuse_guessable(normal(typed), about=())


@pytest.mark.parametrize("typed", ["ann.lovelace@meadow-garden.example", "annlovelace1", "ann-lovelace"])
def test_what_others_know_of_the_person_is_refused(typed: str) -> None:
    with pytest.raises(GuessablePassword):
        refuse_guessable(typed, about=ANN)


def test_what_is_known_of_one_person_does_not_count_for_the_next() -> None:
    with pytest.raises(GuessablePassword):
        refuse_guessable("zvonimirova7", about=("zvonimirova",))
    refuse_guessable("zvonimirova7", about=())


@pytest.mark.parametrize(
    "typed",
    ["correct horse battery", "наш старый зелёный дом", "k7#Vq2!mZp9x", "x9üüü fern moss kelp"],
)
def test_what_is_long_or_rare_passes(typed: str) -> None:
    refuse_guessable(normal(typed), about=ANN)


@pytest.mark.parametrize("typed", ["elevenchars", "x" * 129, "", "ﷺ" * 12, "lone surrogate \ud800"])
def test_a_length_out_of_bounds_is_refused_before_anything_else(typed: str) -> None:
    with pytest.raises(UnusablePassword) as refusal:
        hashed(typed, about=())
    assert refusal.value.error == "invalid_password"


def test_the_same_password_from_two_keyboards_is_one() -> None:
    assert normal("Zürich fern moss") == normal("Zu\u0308rich fern moss")

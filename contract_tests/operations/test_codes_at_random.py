"""User codes come from the operating system's randomness, evenly: whoever knows some can foresee none."""

from __future__ import annotations

import random
from collections import Counter

from api.gateways.randomness import SystemRandomness
from handlers.oauth2 import user_code


def test_no_seed_brings_a_code_back() -> None:
    randomness = SystemRandomness()
    codes = set()
    for _ in range(50):
        random.seed(8628)
        codes.add(user_code.generate(randomness))
    assert len(codes) == 50


def test_every_letter_is_as_likely_as_any_other_at_every_place() -> None:
    randomness, number = SystemRandomness(), 20_000
    codes = [user_code.generate(randomness) for _ in range(number)]
    expected = number / len(user_code.ALPHABET)
    for place in range(user_code.LENGTH):
        found = Counter(code[place] for code in codes)
        chi_squared = sum((found[letter] - expected) ** 2 / expected for letter in user_code.ALPHABET)
        # 19 degrees of freedom: beyond 70 once in ten million runs.
        assert chi_squared < 70

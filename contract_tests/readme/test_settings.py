"""The README's table of settings is all of them, with the defaults and bounds that the program has."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

import pytest

from api.settings import REPOSITORY, BadSetting, Settings
from contract_tests.readme.operating import rows

NOT_SET_BY_ANYBODY = {"public_url_is_derived"}
SETTINGS = {
    f"CANDOR_{field.name.upper()}": field
    for field in dataclasses.fields(Settings)
    if field.name not in NOT_SET_BY_ANYBODY
}
TABLE = {variable: (default, unit) for variable, default, unit, _ in rows("CANDOR_[A-Z_]+")}
IN_WORDS = {None: "none", (): "none", "http://127.0.0.1:8080": "where it listens"}


def test_names_every_setting_once_and_no_other() -> None:
    assert [row[0] for row in rows("CANDOR_[A-Z_]+")] == list(SETTINGS)


@pytest.mark.parametrize("variable", SETTINGS)
def test_gives_the_default(variable: str) -> None:
    default: Any = SETTINGS[variable].default
    shown: Any = default.relative_to(REPOSITORY) if variable == "CANDOR_DATA_DIR" else default
    assert TABLE[variable][0] == IN_WORDS.get(shown, str(shown))


@pytest.mark.parametrize(
    "variable", [name for name, field in SETTINGS.items() if isinstance(field.default, int)]
)
def test_gives_the_bounds_and_the_unit_of_a_number(variable: str) -> None:
    with pytest.raises(BadSetting) as refused:
        Settings.from_environment(environment={variable: "many"})
    bounds = re.search(r"from (\d+) to (\d+)", str(refused.value))
    assert bounds is not None
    unit = TABLE[variable][1]
    assert unit.startswith(f"{bounds[1]} to {bounds[2]}")
    for ending, word in (("_S", "seconds"), ("_BYTES", "bytes"), ("_PORT", f"{bounds[2]}")):
        assert not variable.endswith(ending) or unit.endswith(word)
    assert variable.endswith("PORT") or re.search(r"\d [a-z]+$", unit), "a number without a unit"

"""The README's section on operating, taken apart: its tables, and its blocks of shell and nginx."""

from __future__ import annotations

import re

from contract_tests.harness.contract import REPOSITORY

README = REPOSITORY / "README.md"


def section() -> str:
    """The text between its heading and the next one."""
    return README.read_text(encoding="utf-8").split("\n## Operating it\n", 1)[1].split("\n## ", 1)[0]


def blocks(language: str) -> list[str]:
    """The fenced blocks of a language, in order."""
    return re.findall(rf"```{language}\n(.*?)```", section(), flags=re.DOTALL)


def rows(first_cell: str) -> list[list[str]]:
    """The cells of every table row that begins with a code span of this form."""
    lines = re.findall(rf"^\| `{first_cell}`.*\|$", section(), flags=re.MULTILINE)
    return [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines]

"""Typer's runner of commands, which makes the program's commands once.

They are the same each time, and making them takes a third of what a command of the operator's does.
"""

from __future__ import annotations

from functools import cache

import typer.main
import typer.testing
from typer.testing import CliRunner

__all__ = ["CliRunner"]

# Its own private name: it offers no other way.
typer.testing._get_command = cache(typer.main.get_command)  # type: ignore[attr-defined]

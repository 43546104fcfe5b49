"""What a command has to say when it has done its work: one JSON object, and the same for a person to read."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass

FAILED = 1


@dataclass(frozen=True, slots=True)
class Outcome:
    """`data` is what `--json` prints, `text` what a person sees otherwise, `code` the exit code."""

    data: Mapping[str, object]
    text: str
    code: int = 0

    def show(self, *, as_json: bool) -> None:
        """Print it on standard output."""
        shown = json.dumps(self.data) if as_json else self.text
        try:
            sys.stdout.write(f"{shown}\n")
            sys.stdout.flush()
        except OSError:  # nobody reads any more; Python would complain once more when it ends
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def complain(sentence: str) -> None:
    """Say on standard error, in one line, what is wrong."""
    sys.stderr.write(f"{' '.join(sentence.split())}\n")

"""What the person who starts the server sees: progress on standard error, and a sentence if it cannot."""

from __future__ import annotations

import sys


class StartFailed(Exception):
    """The server cannot start, and nothing was changed. The text is one sentence."""


def say(progress: str) -> None:
    """Tell the person who waits what is being done."""
    sys.stderr.write(f"candor: {progress}\n")
    sys.stderr.flush()


def announce(listening_url: str) -> None:
    """Say on standard output, in its one line, that requests are accepted."""
    try:
        sys.stdout.write(f"ready {listening_url}\n")
        sys.stdout.flush()
    except OSError:
        return  # whoever started the server stopped listening to it; it serves all the same

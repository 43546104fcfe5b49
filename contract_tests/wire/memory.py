"""How much memory a running server has needed at most, from the kernel's own books."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Growth:
    """By how much the peak of the resident memory grew, in bytes; filled in at the end."""

    peak: int = 0


@contextmanager
def growth_of(pid: int) -> Iterator[Growth]:
    """Watch a process: its peak is forgotten now and read again at the end."""
    process = Path(f"/proc/{pid}")
    (process / "clear_refs").write_text("5")  # proc(5): VmHWM becomes VmRSS
    before = _kib(process, "VmRSS")
    growth = Growth()
    yield growth
    growth.peak = (_kib(process, "VmHWM") - before) * 1024


def _kib(process: Path, name: str) -> int:
    for line in (process / "status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1])
    raise AssertionError(f"no {name}")

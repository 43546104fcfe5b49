"""How much memory a process holds, as the kernel counts it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

LIMIT_MIB: Final = 150.0
"""What one worker may hold."""


def resident_mib(pid: int) -> float:
    """What is resident now, in MiB."""
    return _status(pid, "VmRSS")


def most_resident_mib(pid: int) -> float:
    """What was resident at most since the process began, in MiB."""
    return _status(pid, "VmHWM")


def _status(pid: int, name: str) -> float:
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) / 1024
    raise ProcessLookupError(pid)

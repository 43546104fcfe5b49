"""Start a program as another user, detached from the terminal: a script, run on its own, of the standard
library only.

    python -IS unprivileged.py [--user UID:GID] [--detach] -- program argument…

PostgreSQL refuses to run as root. When Candor runs as root, the server becomes an existing ordinary user
instead, and keeps a single right: to read and traverse directories that are closed to it
(CAP_DAC_READ_SEARCH, or CAP_DAC_OVERRIDE where a container grants only that), because the data directory or
the program itself may lie below one, such as /root. That right is *ambient*: it passes through the exec, and
with no_new_privs set nothing can be added to it. ``--detach`` gives the program a session of its own (Ctrl-C
at a terminal does not reach it) and no parent to wait for it. Linux only where ``--user`` is concerned. On
failure: a sentence on stderr, exit code 70.
"""

import ctypes
import os
import re
import sys
from pathlib import Path

FAILED = 70
CAP_DAC_OVERRIDE = 1
CAP_DAC_READ_SEARCH = 2

_PR_SET_KEEPCAPS = 8
_PR_SET_SECUREBITS = 28
_PR_SET_NO_NEW_PRIVS = 38
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_RAISE = 2
_CAPABILITY_VERSION_3 = 0x20080522
_SECBIT_NO_SETUID_FIXUP = 1 << 2


def traversal_right() -> int | None:
    """The capability of this process that opens closed directories, the narrower one first; None without
    any."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    line = re.search(r"^CapPrm:\s*([0-9a-f]+)$", status, re.MULTILINE)
    permitted = int(line.group(1), 16) if line else 0
    return next((cap for cap in (CAP_DAC_READ_SEARCH, CAP_DAC_OVERRIDE) if permitted >> cap & 1), None)


def become(uid: int, gid: int) -> None:
    """Turn this process from root into ``uid``:``gid`` for good, with the traversal right only. Raises
    OSError."""
    right = traversal_right()
    libc = ctypes.CDLL(None, use_errno=True)
    _checked(libc, libc.prctl(_PR_SET_KEEPCAPS, 1, 0, 0, 0))
    # access(2) asks as if an ordinary user had no capability, unless this bit says otherwise, and PostgreSQL
    # finds its own programs with access(2). Without CAP_SETPCAP it cannot be set: then only a program below
    # open directories is found, and initdb says so.
    libc.prctl(_PR_SET_SECUREBITS, _SECBIT_NO_SETUID_FIXUP, 0, 0, 0)
    os.setgroups([])
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)
    mask = 0 if right is None else 1 << right
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    sets = (ctypes.c_uint32 * 6)(
        mask, mask, mask, 0, 0, 0
    )  # effective, permitted, inheritable; then the high halves
    _checked(libc, libc.capset(ctypes.byref(header), ctypes.byref(sets)))
    if right is not None:
        _checked(libc, libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, right, 0, 0))
    _checked(libc, libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))


def detach() -> None:
    """Go on in a child of nobody's, in a session of its own; the calling process ends here with code 0."""
    if os.fork():
        os._exit(0)
    os.setsid()
    if os.fork():  # not a session leader any more: it can acquire no terminal
        os._exit(0)


def main(arguments: list[str]) -> None:
    """Do what the module's docstring says; does not return when all goes well. Raises OSError."""
    options, program = _split(arguments)
    if "--detach" in options:
        detach()
    os.umask(0o077)
    if "--user" in options:
        uid, _, gid = options[options.index("--user") + 1].partition(":")
        become(int(uid), int(gid))
    os.chdir("/")
    os.execv(program[0], program)  # noqa: S606 - this script's purpose; no shell


def _split(arguments: list[str]) -> tuple[list[str], list[str]]:
    end = arguments.index("--")
    return arguments[:end], arguments[end + 1 :]


def _checked(libc: ctypes.CDLL, result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except (OSError, ValueError, IndexError) as failure:
        sys.stderr.write(f"FATAL:  could not start the program: {failure}\n")
        sys.exit(FAILED)

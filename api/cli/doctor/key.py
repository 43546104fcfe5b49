"""The key file: whether there is one, for its owner only, and whether it opens what is sealed."""

from __future__ import annotations

from pathlib import Path

from api.cli.doctor.finding import Finding
from api.gateways import key_file
from api.serve.keys import missing_keys

_BRING_IT_BACK = "Bring it back from where it was kept."


def finding(path: Path, sealed: frozenset[bytes] | None) -> Finding:
    """`sealed` are the beginnings of the values in the database, None if it could not be asked."""
    try:
        keys = key_file.read(path)
    except key_file.UnusableKeyFile as failure:
        return Finding("key", "fail", str(failure))
    if keys is not None and path.stat().st_mode & 0o077:
        return Finding("key", "fail", f"Others than its owner may use {path}; run: chmod 600 {path}.")
    if sealed is None:
        return Finding("key", "fail", "Not checked: the database does not hold the declared records.")
    if (missing := missing_keys(keys, sealed)) is not None:
        return Finding("key", "fail", f"{missing} {_BRING_IT_BACK}")
    if keys is None:
        return Finding("key", "ok", f"There is no {path} yet; the first start of scripts/serve makes it.")
    return Finding("key", "ok", f"{path} opens everything that is sealed in the database.")

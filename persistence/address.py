"""Database URLs: the two forms that are accepted, how each is opened, and how a failure to do so reads.

``postgresql://user:password@host:port/name`` (any form libpq's URLs have) names a server of the operator's.
``candor-embedded:///absolute/data/directory`` names our own, running in that directory; ``?database=`` and
``?role=`` choose another database or role than ``candor``. It carries no secret: the password is read from
the data directory, so the URL may appear in process arguments. Nothing in this module prints a password.
"""

import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

import asyncpg

from persistence.embedded.layout import APPLICATION, EMBEDDED_SCHEME, Layout
from persistence.embedded.socket_path import reachable

_SETTINGS: Final = {"application_name": "candor", "timezone": "UTC"}


@dataclass(frozen=True, slots=True)
class Address:
    """A parsed database URL."""

    shown: str
    """How messages name it: "the database at host:port/name", never with a user or password."""
    _dsn: str | None
    _layout: Layout | None = None
    _database: str = APPLICATION
    _role: str = APPLICATION

    @classmethod
    def parse(cls, url: str) -> Self:
        """Raises ValueError with one sentence (that does not repeat the URL) when ``url`` has neither
        form."""
        try:
            parts = urlsplit(url)
        except ValueError:
            raise ValueError("The database URL is malformed.") from None
        if parts.scheme == EMBEDDED_SCHEME:
            return cls._parse_embedded(parts)
        if parts.scheme in ("postgresql", "postgres"):
            return cls(shown=f"the database at {_place(url, parts)}", _dsn=url)
        raise ValueError("The database URL has to start with postgresql:// .")

    @classmethod
    def _parse_embedded(cls, parts: SplitResult) -> Self:
        query = parse_qs(parts.query)
        if parts.netloc or not parts.path.startswith("/") or query.keys() - {"database", "role"}:
            raise ValueError(f"An embedded database URL reads {EMBEDDED_SCHEME}:///absolute/data/directory .")
        data_dir = Path(unquote(parts.path))
        return cls(
            shown=f"the embedded database in {data_dir}",
            _dsn=None,
            _layout=Layout(data_dir),
            _database=query.get("database", [APPLICATION])[-1],
            _role=query.get("role", [APPLICATION])[-1],
        )

    async def open(self, **options: Any) -> "asyncpg.Connection[asyncpg.Record]":
        """One connection. ``options`` are asyncpg's. Raises what asyncpg and the operating system raise."""
        options.setdefault("server_settings", _SETTINGS)
        if self._layout is None:
            return await asyncpg.connect(self._dsn, **options)
        password = self._layout.password_file(self._role).read_text(encoding="ascii").strip()
        with reachable(self._layout.sockets) as host:
            return await asyncpg.connect(
                host=host,
                port=self._layout.port,
                user=self._role,
                password=password,
                database=self._database,
                **options,
            )

    @property
    def title(self) -> str:
        """``shown``, at the beginning of a sentence."""
        return self.shown[0].upper() + self.shown[1:]

    def complaint(self, error: BaseException) -> str:
        """One sentence: this database cannot be reached, and why."""
        return f"{self.title} cannot be reached: {_reason(error)}."


def _place(url: str, parts: SplitResult) -> str:
    """host:port/name of a PostgreSQL URL; refuses one whose password would spill into it."""
    if parts.netloc.count("@") > 1 or ("@" in url and "@" not in parts.netloc + parts.query):
        raise ValueError(
            "Special characters in the database URL's user or password have to be percent-encoded."
        )
    hosts = parts.netloc.rpartition("@")[2]
    for each in hosts.split(","):
        port = each.rpartition("]")[2].partition(":")[2]
        if port and not port.isdecimal():
            raise ValueError("The port in the database URL is not a number.")
    query = parse_qs(parts.query)
    host = hosts or ",".join(query.get("host", ["its default socket"]))
    return unquote(host) + (parts.path or "/")


def _reason(error: BaseException) -> str:
    match error:
        case ConnectionRefusedError():
            return "nothing accepts connections there"
        case TimeoutError():
            return "no answer in time"
        case socket.gaierror():
            return "its host name is not known"
        case FileNotFoundError():
            return "no server is running there"
        case PermissionError():
            return "this user may not open it"
        case asyncpg.InvalidAuthorizationSpecificationError():
            return "it refuses the user or the password"
        case asyncpg.InvalidCatalogNameError():
            return "it has no database of that name"
        case asyncpg.PostgresError():
            return f"{error.message or type(error).__name__}".strip().rstrip(".")
        case _:
            return (
                f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else 'no detail'}".rstrip(
                    "."
                )
            )

"""The static files that the server publishes, read once at start: pages, what they load, the vendored viewer.

Every file has one flat name, so that one operation of the contract serves them all. A page names in its
Content-Security-Policy what it may load: scripts, styles and data of this server, nothing inline and nothing
from another origin.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType

from handlers.ports import StaticFile

_ROOT = Path(__file__).parent

MEDIA_TYPES: Mapping[str, str] = MappingProxyType(
    {
        ".html": "text/html; charset=utf-8",
        ".js": "text/javascript; charset=utf-8",
        ".css": "text/css; charset=utf-8",
        ".svg": "image/svg+xml",
    }
)
"""Every media type a static file can have, by the end of its name."""

_OWN_ORIGIN_ONLY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'{images}; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

DOCS_POLICY = _OWN_ORIGIN_ONLY.format(images=" data:")
"""What `/docs` may do. The viewer's style sheet draws its arrows and locks from `data:` images."""

DEVICE_POLICY = (
    _OWN_ORIGIN_ONLY.format(images="") + "; require-trusted-types-for 'script'; trusted-types 'none'"
)
"""What `/device` may do. It shows names that instances chose, so no text can become markup or script."""

PAGES: Mapping[str, str] = MappingProxyType({"docs.html": DOCS_POLICY, "device.html": DEVICE_POLICY})
"""The Content-Security-Policy of each page."""

_PUBLISHED_OF_VENDOR = ("swagger-ui/swagger-ui-bundle.js", "swagger-ui/swagger-ui.css")


def load() -> Mapping[str, StaticFile]:
    """Every published file by its flat name, in memory. The ETag is the quoted SHA-256 of the exact bytes.

    Raises ValueError if two files share a name, and OSError if one cannot be read: a server without its
    pages does not start.
    """
    files: dict[str, StaticFile] = {}
    for path in _paths():
        if path.name in files:
            raise ValueError(f"Two static files are called {path.name}.")
        files[path.name] = _read(path)
    return MappingProxyType(files)


def _paths() -> Iterator[Path]:
    for folder in ("pages", "scripts", "styles", "images"):
        yield from sorted(path for path in (_ROOT / folder).iterdir() if path.suffix in MEDIA_TYPES)
    for name in _PUBLISHED_OF_VENDOR:
        yield _ROOT / "vendor" / name


def _read(path: Path) -> StaticFile:
    body = path.read_bytes()
    return StaticFile(
        name=path.name,
        media_type=MEDIA_TYPES[path.suffix],
        body=body,
        etag=f'"{sha256(body).hexdigest()}"',
        content_security_policy=PAGES.get(path.name),
    )

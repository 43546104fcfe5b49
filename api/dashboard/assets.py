"""The static files that the server publishes, read once at start: pages, what they load, the vendored viewer.

Every file has one flat name, so that one operation of the contract serves them all, and a second name that
holds a digest of its bytes. Pages, modules and style sheets refer to the second: it is put in here, file by
file in the order of who refers to whom, so that nothing has to be built and a browser may keep what it has
for good. The first name stays answerable and is asked for again every time.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, replace
from graphlib import TopologicalSorter
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType

from api.compression import gzip_copy
from api.dashboard.composition import PAGES, PROBLEM, Page, composed, policy_of
from handlers.ports import StaticFile

_ROOT = Path(__file__).parent

MEDIA_TYPES: Mapping[str, str] = MappingProxyType(
    {
        ".js": "text/javascript; charset=utf-8",
        ".css": "text/css; charset=utf-8",
        ".svg": "image/svg+xml",
    }
)
"""Every media type a file of a page can have, by the end of its name."""

_HTML = "text/html; charset=utf-8"
_PUBLISHED_OF_VENDOR = ("swagger-ui/swagger-ui-bundle.js", "swagger-ui/swagger-ui.css")
# What it begins with stands first, not in a look behind: so it is found in megabytes ten times as fast.
_REFERENCE = re.compile(rb"/assets/([a-z0-9][a-z0-9._-]*\.(?:js|css|svg))(?![a-z0-9._-])")
_MODULE = re.compile(rb'[ ]*<script src="/assets/([a-z0-9._-]+)" type="module"></script>\n')


@dataclass(frozen=True, slots=True)
class Assets:
    """What is published: the pages by their names (`device`), the page in place of an error document as
    `problem_page.py` takes it, and their files by both of theirs."""

    pages: Mapping[str, StaticFile]
    problem: StaticFile
    files: Mapping[str, StaticFile]


def load(*, captcha: str | None = None) -> Assets:
    """Every published file, in memory. The ETag is the quoted SHA-256 of the exact bytes.

    `captcha` is the origin that pages with a captcha may load it from. Raises ValueError if two files share a
    name, if one refers to a file that is not there, or if two refer to each other, and OSError if one cannot
    be read: a server without its pages does not start.
    """
    published = digested(_sources())
    files: dict[str, StaticFile] = {}
    for plain, file in published.items():
        files[file.name] = file
        files[plain] = replace(file, name=plain, unchanging=False)
    names = {plain: file.name for plain, file in published.items()}
    pages = {name: _page(name, page, files, names, captcha=captcha) for name, page in PAGES.items()}
    problem = _page(PROBLEM, Page(), files, names, captcha=None)
    return Assets(MappingProxyType(pages), problem, MappingProxyType(files))


def digested(sources: Mapping[str, bytes]) -> dict[str, StaticFile]:
    """For each plain name the file under its name with a digest. Raises ValueError like `load`."""
    needs = {name: _references(name, body, sources) for name, body in sources.items()}
    names: dict[str, str] = {}
    files: dict[str, StaticFile] = {}
    for name in TopologicalSorter(needs).static_order():
        body = _referring(sources[name], names)
        names[name] = _with_digest(name, body)
        files[name] = replace(_file(names[name], body, MEDIA_TYPES[Path(name).suffix]), unchanging=True)
    return files


def _sources() -> dict[str, bytes]:
    sources: dict[str, bytes] = {}
    for path in _paths():
        if path.name in sources:
            raise ValueError(f"Two static files are called {path.name}.")
        sources[path.name] = path.read_bytes()
    return sources


def _paths() -> Iterator[Path]:
    for folder in ("scripts", "styles", "images"):
        yield from sorted(path for path in (_ROOT / folder).rglob("*") if path.suffix in MEDIA_TYPES)
    for name in _PUBLISHED_OF_VENDOR:
        yield _ROOT / "vendor" / name


def _references(name: str, body: bytes, known: Container[str]) -> set[str]:
    found = {each.decode("ascii") for each in _REFERENCE.findall(body)}
    for missing in sorted(each for each in found if each not in known):
        raise ValueError(f"{name} refers to {missing}, which is not among the static files.")
    return found


def _referring(body: bytes, names: Mapping[str, str]) -> bytes:
    """The bytes with every file that they refer to called by its digest."""
    return _REFERENCE.sub(lambda each: b"/assets/" + names[each[1].decode("ascii")].encode("ascii"), body)


def _with_digest(name: str, body: bytes) -> str:
    stem, _, suffix = name.rpartition(".")
    return f"{stem}-{sha256(body).hexdigest()[:16]}.{suffix}"


def _page(
    name: str, page: Page, files: Mapping[str, StaticFile], names: Mapping[str, str], *, captcha: str | None
) -> StaticFile:
    markup = composed(name, page)
    _references(f"The page {name}", markup, names)
    body = _MODULE.sub(lambda each: _with_preloads(each, files), _referring(markup, names))
    return _file(f"{name}.html", body, _HTML, policy=policy_of(page, captcha=captcha))


def _with_preloads(script: re.Match[bytes], files: Mapping[str, StaticFile]) -> bytes:
    """The script, and its imports named at once: a browser would learn of them one level at a time."""
    imported: set[str] = set()
    waiting = [script[1].decode("ascii")]
    while waiting:
        found = _references("", files[waiting.pop()].body, files) - imported
        imported |= found
        waiting.extend(found)
    preloads = (f'  <link rel="modulepreload" href="/assets/{name}">\n' for name in sorted(imported))
    return script[0] + "".join(preloads).encode("ascii")


def _file(name: str, body: bytes, media_type: str, *, policy: str | None = None) -> StaticFile:
    return StaticFile(
        name=name,
        media_type=media_type,
        body=body,
        etag=f'"{sha256(body).hexdigest()}"',
        gzip=gzip_copy(body),
        content_security_policy=policy,
    )

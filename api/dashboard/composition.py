"""The pages: which there are, the frame that they share, and what each may load.

A file in `pages/` holds what is its own: lines for the head, an empty line, and the content. The frame around
it is one file, and so are the list of places beside the pages of an account and the fields of a new account.
A page names in its Content-Security-Policy what it may load: scripts, styles and data of this server, nothing
inline and nothing from another origin. The captcha's is the one exception, on the pages that show it, while
it is on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

_PAGES = Path(__file__).parent / "pages"
_HEAD, _CONTENT = b"<!-- head -->\n", b"<!-- content -->\n"
_NEW_ACCOUNT = b"        <!-- new account -->\n"


@dataclass(frozen=True, slots=True)
class Page:
    """What a page differs in: whether the account's places stand beside it, what its policy has to allow."""

    of_account: bool = False
    captcha: bool = False
    images: str = "'self'"
    trusted_types: bool = True


PAGES: Mapping[str, Page] = MappingProxyType(
    {
        # The viewer's style sheet draws from `data:` images, and its script makes markup of text.
        "docs": Page(images="'self' data:", trusted_types=False),
        "device": Page(),
        "home": Page(of_account=True),
        "sign-in": Page(captcha=True),
        "sign-up": Page(captcha=True),
        "verify": Page(),
        "reset": Page(),
        "confirm-email": Page(),
        "first-account": Page(),
        "consent": Page(),
        "instances": Page(of_account=True),
        "credits": Page(of_account=True),
        "developer": Page(of_account=True),
        "registration-keys": Page(of_account=True),
        "settings": Page(of_account=True),
        "transparency": Page(),
    }
)
"""Every page by its name."""


PROBLEM = "parts/problem"
"""The page that is made of an error document (`problem_page.py`): it has no path of its own."""


def composed(name: str, page: Page) -> bytes:
    """The page in its frame. Raises OSError when a part of it cannot be read."""
    head, _, content = (_PAGES / f"{name}.html").read_bytes().partition(b"\n\n")
    content = content.replace(_NEW_ACCOUNT, _part("new-account"))
    if page.of_account:
        content = _part("beside").replace(_CONTENT, content)
    return _part("frame").replace(_CONTENT, content).replace(_HEAD, head + b"\n")


def _part(name: str) -> bytes:
    return (_PAGES / "parts" / f"{name}.html").read_bytes()


def policy_of(page: Page, *, captcha: str | None) -> str:
    """The page's Content-Security-Policy. `captcha` is the origin of the one that is on."""
    origin = f" {captcha}" if captcha and page.captcha else ""
    directives = [
        "default-src 'none'",
        f"script-src 'self'{origin}",
        "style-src 'self'",
        f"img-src {page.images}",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ]
    if origin:
        directives.append(f"frame-src{origin}")
    elif page.trusted_types:  # the captcha's script is not ours, and makes what these would refuse
        directives += ["require-trusted-types-for 'script'", "trusted-types 'none'"]
    return "; ".join(directives)

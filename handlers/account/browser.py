"""What kind of browser asks, as coarsely as its own headers say it: family and platform, a word each.

No version, no screen, no fonts: enough for a person to recognise a sign-in of theirs, and too little to
follow anybody with.
"""

from __future__ import annotations

from dataclasses import dataclass

# The first that fits: browsers name those that they want to be taken for, so the rarer word comes first.
_FAMILIES = (
    ("edg", "edge"),
    ("opr/", "opera"),
    ("samsungbrowser", "samsung"),
    ("firefox", "firefox"),
    ("fxios", "firefox"),
    ("chromium", "chrome"),
    ("chrome", "chrome"),
    ("crios", "chrome"),
    ("safari", "safari"),
)
_PLATFORMS = (
    ("android", "android"),
    ("iphone", "ios"),
    ("ipad", "ios"),
    ("windows", "windows"),
    ("cros", "chromeos"),
    ("mac os", "macos"),
    ("macintosh", "macos"),
    ("linux", "linux"),
)
OTHER = "other"
_SPOKEN = {"ios": "iOS", "macos": "macOS", "chromeos": "ChromeOS", "samsung": "Samsung Internet"}


@dataclass(frozen=True, slots=True)
class Browser:
    """Family (`firefox`, `chrome`, …) and platform (`linux`, `ios`, …), of a short list each, or `other`."""

    family: str
    platform: str


def in_words(browser: Browser) -> str:
    """As people call it: `Firefox on Linux`."""
    family, platform = (
        None if word == OTHER else _SPOKEN.get(word, word.title())
        for word in (browser.family, browser.platform)
    )
    return f"{family or 'A browser'} on {platform}" if platform else family or "Not known"


def described(user_agent: str | None) -> Browser:
    """The browser behind a `User-Agent` (RFC 9110 section 10.1.5)."""
    said = (user_agent or "").lower()
    return Browser(_first(_FAMILIES, said), _first(_PLATFORMS, said))


def _first(words: tuple[tuple[str, str], ...], said: str) -> str:
    return next((meant for word, meant in words if word in said), OTHER)

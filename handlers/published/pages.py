"""What every page is sent with."""

from __future__ import annotations

from collections.abc import Mapping

from handlers.ports import StaticFile

_FEATURES = ("camera", "display-capture", "geolocation", "microphone", "midi", "payment", "serial", "usb")
_NO_FEATURE = ", ".join(f"{feature}=()" for feature in _FEATURES)


def page_headers(page: StaticFile) -> Mapping[str, str]:
    """What the page may load, and what of the device it may use: nothing."""
    return {
        "Content-Security-Policy": page.content_security_policy or "default-src 'none'",
        "Permissions-Policy": _NO_FEATURE,
    }

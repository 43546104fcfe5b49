"""The `Cookie` header (RFC 6265 section 5.4): names with every value that was sent for them."""

from __future__ import annotations


def values_of(header: bytes) -> dict[str, list[str]]:
    """Every cookie by its exact name, in the order sent. What is not a pair is passed over, as servers do."""
    found: dict[str, list[str]] = {}
    for part in header.decode("latin-1").split(";"):
        name, equals, value = part.strip(" \t").partition("=")
        if equals and name:
            found.setdefault(name, []).append(value.strip('"'))
    return found

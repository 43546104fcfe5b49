"""A QR code as something that a page can draw without being handed markup: the path of its dark squares."""

from __future__ import annotations


def path_of(text: str) -> dict[str, object]:
    """`size` in squares, quiet zone included, and `path` (SVG) in a coordinate system of that size."""
    import segno  # only who sets up an authenticator app needs it

    rows = [bytes(row) for row in segno.make(text, error="m", micro=False).matrix_iter(border=4)]
    return {"size": len(rows), "path": "".join(_runs(rows))}


def _runs(rows: list[bytes]) -> list[str]:
    drawn = []
    for y, row in enumerate(rows):
        x = 0
        while x < len(row):
            length = 0
            while x + length < len(row) and row[x + length]:
                length += 1
            if length:
                drawn.append(f"M{x} {y}h{length}v1h-{length}z")
            x += length or 1
    return drawn

"""Following a list from its first page to its last."""

from __future__ import annotations

from typing import Any

import httpx

from contract_tests.harness.instances import bearer

MOST_PAGES = 100


def every_page(http: httpx.Client, path: str, pat: str, **query: Any) -> list[dict[str, Any]]:
    """All items of a list, page by page, in their order."""
    found: list[dict[str, Any]] = []
    for _ in range(MOST_PAGES):
        answer = http.get(path, params=query, headers=bearer(pat))
        assert answer.status_code == 200, answer.text
        assert len(answer.json()["items"]) <= query.get("limit", 20)
        found += answer.json()["items"]
        if answer.json()["next_cursor"] is None:
            return found
        query["cursor"] = answer.json()["next_cursor"]
    raise AssertionError(f"{path} does not end.")

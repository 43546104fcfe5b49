"""`release publish`: what instances are told is the latest version."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

import pytest

from contract_tests.admin.signed import written
from contract_tests.admin.typed import Desk
from contract_tests.harness.checking import CheckedClient

LINK = {
    "arch": "x86_64",
    "display": "Linux (x86_64)",
    "format": "tar.gz",
    "hash": "sha256:abc",
    "kind": "cli",
    "link": "https://dl.example/tool.tar.gz",
    "os": "linux",
    "platform": "linux-x86_64",
}


def release(**members: Any) -> dict[str, Any]:
    mark = secrets.token_hex(4)
    return {
        "id": f"r-{mark}",
        "version": f"1.0.{mark}",
        "released_at": "2026-11-01T08:00:00Z",
        "links": [LINK],
        **members,
    }


@pytest.fixture
def publishing(tmp_path: Path) -> Any:
    return lambda content: ["release", "publish", written(tmp_path / "release.json", content)]


class TestReleasePublish:
    def test_becomes_the_latest(self, desk: Desk, client: CheckedClient, publishing: Any) -> None:
        second_link = {**LINK, "format": None, "hash": None, "kind": "desktop"}
        new = release(released_at="2999-01-02T03:04:05+02:00", links=[LINK, second_link])
        answer = desk.run(*publishing(new))
        assert answer == {"id": new["id"], "version": new["version"], "links": 2}
        latest = client.get("/releases/latest").json()
        assert latest == {**new, "released_at": "2999-01-02T01:04:05Z"}

        older = release(released_at="2998-01-01T00:00:00Z")
        desk.run(*publishing(older))
        assert client.get("/releases/latest").json()["id"] == new["id"]

        held = {"If-None-Match": client.get("/releases/latest").headers["ETag"]}
        assert client.get("/releases/latest", headers=held).status_code == 304
        desk.run(*publishing({**new, "links": []}))
        assert client.get("/releases/latest", headers=held).json()["links"] == []

    def test_refuses_a_version_of_another_release(self, desk: Desk, publishing: Any) -> None:
        first = release()
        desk.run(*publishing(first))
        said = desk.refusal(*publishing(release(version=first["version"])))
        assert said == "Another release, with another id, has this version already."

    @pytest.mark.parametrize(
        ("members", "place"),
        [
            ({"version": ""}, "/version (min_length)"),
            ({"released_at": "yesterday"}, "/released_at (format)"),
            ({"links": [{**LINK, "os": 7}]}, "/links/0/os (type)"),
            ({"links": [{**LINK, "os": "\0"}]}, "/links/0/os (nul)"),
            ({"id": None, "version": None, "links": None, "released_at": None}, " and 1 more"),
        ],
    )
    def test_refuses_what_is_no_release(
        self, desk: Desk, publishing: Any, tmp_path: Path, members: dict[str, Any], place: str
    ) -> None:
        said = desk.refusal(*publishing(release(**members)))
        assert said.startswith(
            f"Nothing was published: {tmp_path / 'release.json'} is no Release of the contract"
        )
        assert said.endswith(f"{place}.")

    @pytest.mark.parametrize("moment", ["2016-12-31T23:59:60Z", "0001-01-01T00:00:00+23:59"])
    def test_refuses_a_moment_that_cannot_be_stored(self, desk: Desk, publishing: Any, moment: str) -> None:
        said = desk.refusal(*publishing(release(released_at=moment)))
        assert said == "The release's released_at is not a point in time that can be stored."

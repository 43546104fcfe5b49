"""`store import`: signed packages come in whole files, and one bad entry keeps its file out."""

from __future__ import annotations

import base64
import os
import secrets
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from contract_tests.admin.signed import Publisher, written
from contract_tests.admin.typed import Desk
from contract_tests.harness.checking import CheckedClient


@pytest.fixture
def publisher(tmp_path: Path) -> Publisher:
    return Publisher(tmp_path / "archives")


@pytest.fixture
def good(publisher: Publisher) -> dict[str, Any]:
    """An entry that could be imported."""
    return publisher.package(f"acme.{secrets.token_hex(4)}")


def importing(tmp_path: Path, content: object, *, archives: Path | None = None) -> list[str]:
    (tmp_path / "archives").mkdir(exist_ok=True)
    file = written(tmp_path / "packages.json", content)
    return ["store", "import", file, "--archives", str(archives or tmp_path / "archives")]


def listed(client: CheckedClient, package_id: str) -> dict[str, Any] | None:
    found: list[dict[str, Any]] = client.get("/store/packages").json()
    return next((each for each in found if each["id"] == package_id), None)


class TestStoreImport:
    def test_lists_what_was_imported(
        self, desk: Desk, client: CheckedClient, tmp_path: Path, publisher: Publisher
    ) -> None:
        package_id = f"acme.{secrets.token_hex(4)}"
        package = publisher.package(
            package_id,
            author={"name": "Acme", "email": "dev@acme.example", "url": "https://acme.example"},
            changelog="First.",
            description="Scans.",
            name="Scan",
            readme="# Scan",
            surplus="is not kept",
        )
        answer = desk.run(*importing(tmp_path, package))
        assert answer == {"imported": 1, "ids": [package_id]}
        del package["surplus"]
        assert listed(client, package_id) == package

    @pytest.mark.parametrize("shape", ["one", "list", "packages"])
    def test_a_file_may_hold_one_or_several(
        self, desk: Desk, tmp_path: Path, publisher: Publisher, shape: str
    ) -> None:
        one, two = (publisher.package(f"{shape}.{number}") for number in (1, 2))
        content = {"one": one, "list": [one, two], "packages": {"packages": [one, two]}}[shape]
        expected = [one["id"]] if shape == "one" else [one["id"], two["id"]]
        assert desk.run(*importing(tmp_path, content))["ids"] == expected

    def test_replaces_a_package_that_is_there(
        self, desk: Desk, client: CheckedClient, tmp_path: Path, good: dict[str, Any]
    ) -> None:
        desk.run(*importing(tmp_path, good))
        desk.run(*importing(tmp_path, {**good, "version": "2.0.0"}))
        found = listed(client, good["id"])
        assert found is not None
        assert found["version"] == "2.0.0"

    def test_archives_lie_beside_the_file_unless_said_otherwise(
        self, desk: Desk, tmp_path: Path, good: dict[str, Any]
    ) -> None:
        file = written(tmp_path / "archives" / "packages.json", good)
        assert desk.run("store", "import", file)["imported"] == 1

    def test_an_url_is_looked_up_by_its_last_name(
        self, desk: Desk, client: CheckedClient, tmp_path: Path, good: dict[str, Any]
    ) -> None:
        url = f"https://dl.example/plugins/{good['archive']}?from=store"
        desk.run(*importing(tmp_path, {**good, "archive": url}))
        found = listed(client, good["id"])
        assert found is not None
        assert found["archive"] == url


class TestStoreImportRefuses:
    """Each time the good entry before the bad one stays out as well."""

    @pytest.fixture
    def refused(
        self, desk: Desk, client: CheckedClient, tmp_path: Path, good: dict[str, Any], publisher: Publisher
    ) -> Any:
        def attempt(**members: Any) -> str:
            bad = {**publisher.package("bad.one"), **members}
            said = desk.refusal(*importing(tmp_path, [good, bad]))
            assert listed(client, good["id"]) is None
            assert listed(client, "bad.one") is None
            prefix, _, reason = said.partition(" is refused because ")
            assert prefix == 'Nothing was imported: entry 2 ("bad.one")'
            return reason

        return attempt

    @pytest.mark.parametrize("position", [0, 31, 63])
    def test_a_signature_with_one_bit_changed(
        self, refused: Any, publisher: Publisher, position: int
    ) -> None:
        signature = bytearray(base64.b64decode(publisher.sign(b"the archive of bad.one")))
        signature[position] ^= 1
        reason = refused(signature=base64.b64encode(signature).decode())
        assert reason == "its signature does not fit the archive and the public key."

    def test_an_archive_that_was_changed(self, refused: Any, publisher: Publisher) -> None:
        (publisher.directory / "other.zip").write_bytes(b"The archive of bad.one")
        assert refused(archive="other.zip") == "its signature does not fit the archive and the public key."

    def test_a_signature_by_somebody_else(self, refused: Any, tmp_path: Path) -> None:
        stranger = Publisher(tmp_path / "elsewhere")
        assert refused(public_key=stranger.public_key).startswith("its signature does not fit")

    @pytest.mark.parametrize("signature", ["AAAA", "not base64!", "=", "A" * 88 + "\n", "Ä"])
    def test_a_signature_that_is_none(self, refused: Any, signature: str) -> None:
        assert refused(signature=signature) == "its signature is not the base64 of an Ed25519 signature."

    def test_a_key_of_another_kind(self, refused: Any) -> None:
        key = generate_private_key(SECP256R1()).public_key()
        der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        for public_key in (base64.b64encode(der).decode(), base64.b64encode(bytes(32)).decode(), "?"):
            reason = refused(public_key=public_key)
            assert reason == "its public key is not the base64 of an Ed25519 key's DER form."

    @pytest.mark.parametrize(
        "archive", ["../outside.zip", "sub/../../outside.zip", "/etc/hostname", "link.zip"]
    )
    def test_an_archive_outside_of_the_directory(
        self, refused: Any, tmp_path: Path, publisher: Publisher, archive: str
    ) -> None:
        (tmp_path / "outside.zip").write_bytes(b"the archive of bad.one")
        (publisher.directory / "link.zip").symlink_to(tmp_path / "outside.zip")
        assert refused(archive=archive) == "its archive lies outside the directory of archives."

    @pytest.mark.parametrize("archive", ["missing.zip", ".", "pipe", "circle"])
    def test_an_archive_that_is_no_file(self, refused: Any, publisher: Publisher, archive: str) -> None:
        os.mkfifo(publisher.directory / "pipe")
        (publisher.directory / "circle").symlink_to("circle")
        assert refused(archive=archive).startswith("its archive ")

    @pytest.mark.parametrize(
        ("members", "place"),
        [
            ({"quality": "tin"}, "/quality (enum)"),
            ({"downloads": -1}, "/downloads (minimum)"),
            ({"version": ""}, "/version (min_length)"),
            ({"author": []}, "/author (type)"),
            ({"archive": "a\0.zip"}, "/archive (nul)"),
            ({"author": {"name": "\0"}}, "/author/name (nul)"),
        ],
    )
    def test_an_entry_that_is_no_package(self, refused: Any, members: dict[str, Any], place: str) -> None:
        assert refused(**members) == f"it is no PackagePayload of the contract at {place}."

    def test_an_id_that_stands_twice(self, desk: Desk, tmp_path: Path, good: dict[str, Any]) -> None:
        said = desk.refusal(*importing(tmp_path, [good, good]))
        assert said.endswith(
            f'entry 2 ("{good["id"]}") is refused because an entry before it has the same id.'
        )

    def test_an_entry_without_an_id(self, desk: Desk, tmp_path: Path) -> None:
        assert desk.refusal(*importing(tmp_path, [7])).startswith("Nothing was imported: entry 1 is refused")

    def test_an_archive_that_is_not_there_names_the_option(
        self, desk: Desk, tmp_path: Path, good: Any
    ) -> None:
        file = written(tmp_path / "packages.json", good)
        said = desk.refusal("store", "import", file)
        assert said.endswith("; pass --archives DIR with the directory that holds the archives.")

    def test_a_directory_that_is_none(self, desk: Desk, tmp_path: Path, good: Any) -> None:
        said = desk.refusal(*importing(tmp_path, good, archives=tmp_path / "nowhere"))
        assert said == f"{tmp_path / 'nowhere'} is not a directory."

    @pytest.mark.parametrize("content", [[], {"packages": []}, {"packages": {}}, 7, None])
    def test_a_file_without_packages(self, desk: Desk, tmp_path: Path, content: object) -> None:
        said = desk.refusal(*importing(tmp_path, content))
        assert said == f"Nothing was imported: {tmp_path / 'packages.json'} holds no packages."

    @pytest.mark.parametrize(
        ("raw", "reason"),
        [
            (b"{", "is not strict JSON: the whole (json)."),
            (b'{"id": 1, "id": 2}', "is not strict JSON: the whole (duplicate_member)."),
            (b"\xff", "is not strict JSON: the whole (json)."),
        ],
    )
    def test_a_file_that_is_not_json(self, desk: Desk, tmp_path: Path, raw: bytes, reason: str) -> None:
        file = tmp_path / "packages.json"
        file.write_bytes(raw)
        assert desk.refusal("store", "import", str(file)) == f"{file} {reason}"

    def test_a_file_that_is_not_there(self, desk: Desk, tmp_path: Path) -> None:
        file = tmp_path / "packages.json"
        assert (
            desk.refusal("store", "import", str(file))
            == f"{file} cannot be read (No such file or directory)."
        )

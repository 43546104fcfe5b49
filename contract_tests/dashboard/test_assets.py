"""The published files as they lie in the repository: names, types, policies, colours, hashes."""

from __future__ import annotations

import json
import re
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import yaml

from api.dashboard import assets
from handlers.ports import StaticFile

REPOSITORY = Path(__file__).parents[2]
VENDOR = REPOSITORY / "api" / "dashboard" / "vendor"
FILES = assets.load()
OUR_FILES = [file for file in FILES.values() if not file.name.startswith("swagger-ui")]
VENDORED: list[dict[str, Any]] = json.loads((VENDOR / "VENDORED.json").read_text())


def _operation(path: str) -> dict[str, Any]:
    document = yaml.safe_load((REPOSITORY / "cloud_instance.yaml").read_text())
    operation: dict[str, Any] = document["paths"][path]["get"]
    return operation


class TestPublishedFiles:
    @pytest.mark.parametrize("file", FILES.values(), ids=lambda file: file.name)
    def test_is_one_that_the_contract_can_serve(self, file: StaticFile) -> None:
        operation = _operation("/assets/{name}")
        pattern = operation["parameters"][0]["schema"]["pattern"]
        assert re.fullmatch(pattern, file.name)
        if file.name not in assets.PAGES:
            assert file.media_type in operation["responses"]["200"]["content"]

    @pytest.mark.parametrize("file", FILES.values(), ids=lambda file: file.name)
    def test_entity_tag_is_the_hash_of_its_bytes(self, file: StaticFile) -> None:
        assert file.etag == f'"{sha256(file.body).hexdigest()}"'

    @pytest.mark.parametrize("file", OUR_FILES, ids=lambda file: file.name)
    def test_names_no_other_origin_and_only_files_that_exist(self, file: StaticFile) -> None:
        text = file.body.decode()
        assert set(re.findall(r"[a-z]+://[^\s\"'`)]+", text)) <= {"http://www.w3.org/2000/svg"}
        assert set(re.findall(r"/assets/([a-z0-9._-]+)", text)) <= set(FILES)


class TestPages:
    @pytest.mark.parametrize("name", assets.PAGES)
    def test_policy_allows_nothing_inline_and_nothing_from_elsewhere(self, name: str) -> None:
        policy = FILES[name].content_security_policy
        assert policy is not None
        directives = {words[0]: words[1:] for words in (part.split() for part in policy.split(";"))}
        assert directives["default-src"] == ["'none'"]
        assert (
            directives["frame-ancestors"] == directives["form-action"] == directives["base-uri"] == ["'none'"]
        )
        sources = {source for words in directives.values() for source in words}
        assert sources <= {"'none'", "'self'", "data:", "'script'"}
        assert "data:" not in directives["script-src"] + directives["style-src"]

    @pytest.mark.parametrize("name", assets.PAGES)
    def test_markup_has_no_inline_script_style_or_handler(self, name: str) -> None:
        markup = FILES[name].body.decode()
        assert re.findall(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son[a-z]+=", markup) == []

    @pytest.mark.parametrize("name", assets.PAGES)
    def test_every_field_has_a_label(self, name: str) -> None:
        markup = FILES[name].body.decode()
        fields = set(re.findall(r'<input id="([^"]+)"', markup))
        assert fields == set(re.findall(r'<label for="([^"]+)"', markup))


class TestColours:
    """WCAG 2.2: 4.5:1 for text (1.4.3), 3:1 for the lines that make a field recognisable (1.4.11)."""

    TEXT = tuple(
        (ink, ground)
        for ground, inks in {
            "paper": "ink ink-soft accent danger",
            "surface": "ink ink-soft accent danger",
            "accent": "on-accent",
            "danger-ground": "ink ink-soft danger",
            "warning-ground": "ink warning",
            "calm-ground": "ink accent",
        }.items()
        for ink in inks.split()
    )

    @pytest.mark.parametrize("theme", ["light", "dark"])
    @pytest.mark.parametrize(("ink", "ground"), TEXT)
    def test_text_stands_out_from_its_ground(self, theme: str, ink: str, ground: str) -> None:
        colours = _colours(theme)
        assert _contrast(colours[ink], colours[ground]) >= 4.5

    @pytest.mark.parametrize("theme", ["light", "dark"])
    @pytest.mark.parametrize("ground", ["paper", "surface"])
    def test_lines_of_fields_and_buttons_are_seen(self, theme: str, ground: str) -> None:
        colours = _colours(theme)
        assert _contrast(colours["line-strong"], colours[ground]) >= 3


class TestVendored:
    @pytest.mark.parametrize("entry", VENDORED, ids=lambda entry: entry["name"])
    def test_files_are_unmodified_and_all_listed(self, entry: dict[str, Any]) -> None:
        folder = VENDOR / entry["name"]
        found = {path.name: sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}
        assert found == entry["files"]

    @pytest.mark.parametrize("entry", VENDORED, ids=lambda entry: entry["name"])
    def test_says_where_it_is_from_and_carries_its_licence(self, entry: dict[str, Any]) -> None:
        assert entry["version"] in entry["source"]
        assert entry["licence"]
        assert entry["integrity"].startswith("sha512-")
        assert "LICENSE" in entry["files"]

    def test_every_vendored_folder_is_listed(self) -> None:
        assert {path.name for path in VENDOR.iterdir() if path.is_dir()} == {
            entry["name"] for entry in VENDORED
        }


def _colours(theme: str) -> dict[str, str]:
    blocks = re.findall(r":root \{(.*?)\}", FILES["candor.css"].body.decode(), re.DOTALL)
    light, dark = (dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", block)) for block in blocks)
    return light if theme == "light" else {**light, **dark}


def _contrast(one: str, other: str) -> float:
    brighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    def linear(channel: int) -> float:
        share = channel / 255
        return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(int(colour[at : at + 2], 16)) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue

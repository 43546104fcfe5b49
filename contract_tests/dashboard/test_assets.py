"""The published files as they lie in the repository: names, types, policies, colours, hashes."""

from __future__ import annotations

import gzip
import json
import re
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from api.compression import gzip_copy
from api.contract.document import load
from api.dashboard import assets
from api.dashboard.composition import PAGES, policy_of
from contract_tests.harness.contract import CONTRACT, contract
from handlers.ports import StaticFile

REPOSITORY = Path(__file__).parents[2]
VENDOR = REPOSITORY / "api" / "dashboard" / "vendor"
CAPTCHA_ORIGIN = "https://captcha.example"
LOADED = assets.load()
FILES = LOADED.files
PLAIN = [file for file in FILES.values() if not file.unchanging]
DIGESTED = [file for file in FILES.values() if file.unchanging]
OURS = [each for each in (*PLAIN, *LOADED.pages.values()) if not each.name.startswith("swagger-ui")]
VENDORED: list[dict[str, Any]] = json.loads((VENDOR / "VENDORED.json").read_text())
REFERENCE = re.compile(r"/assets/([a-z0-9._-]+)")
FIRST_LOAD = 150_000  # bytes, compressed


def _operation(path: str) -> dict[str, Any]:
    operation: dict[str, Any] = contract().document["paths"][path]["get"]
    return operation


def _named(file: StaticFile) -> str:
    return file.name


class TestPublishedFiles:
    @pytest.mark.parametrize("file", FILES.values(), ids=_named)
    def test_is_one_that_the_contract_can_serve(self, file: StaticFile) -> None:
        operation = _operation("/assets/{name}")
        pattern = operation["parameters"][0]["schema"]["pattern"]
        assert re.fullmatch(pattern, file.name)
        assert file.media_type in operation["responses"]["200"]["content"]

    @pytest.mark.parametrize("file", [*PLAIN, *LOADED.pages.values()], ids=_named)
    def test_entity_tag_is_the_hash_of_its_bytes_in_each_coding(self, file: StaticFile) -> None:
        assert file.etag == f'"{sha256(file.body).hexdigest()}"'
        if file.gzip is not None:
            assert file.gzip.etag == f'"{sha256(file.gzip.body).hexdigest()}"'
            assert gzip.decompress(file.gzip.body) == file.body

    @pytest.mark.parametrize("file", OURS, ids=_named)
    def test_names_no_other_origin_and_only_files_that_exist(self, file: StaticFile) -> None:
        text = file.body.decode()
        assert set(re.findall(r"[a-z]+://[^\s\"'`)]+", text)) <= {"http://www.w3.org/2000/svg"}
        assert set(REFERENCE.findall(text)) <= set(FILES)


class TestNamesByDigest:
    @pytest.mark.parametrize("file", DIGESTED, ids=_named)
    def test_the_name_says_which_bytes_they_are(self, file: StaticFile) -> None:
        stem, digest, suffix = re.fullmatch(r"(.+)-([0-9a-f]{16})(\.[a-z]+)", file.name).groups()  # type: ignore[union-attr]
        assert sha256(file.body).hexdigest().startswith(digest)
        assert FILES[stem + suffix].body == file.body

    @pytest.mark.parametrize("file", OURS, ids=_named)
    def test_files_refer_to_nothing_that_may_change_under_its_name(self, file: StaticFile) -> None:
        assert all(FILES[name].unchanging for name in REFERENCE.findall(file.body.decode()))

    def test_a_file_that_is_missing_is_told(self) -> None:
        with pytest.raises(ValueError, match=r"a\.js refers to gone\.js"):
            assets.digested({"a.js": b'import "/assets/gone.js"'})

    def test_two_that_need_each_other_are_told(self) -> None:
        with pytest.raises(ValueError, match="cycle"):
            assets.digested({"a.js": b'import "/assets/b.js"', "b.js": b'import "/assets/a.js"'})

    def test_a_change_in_what_is_imported_changes_the_name(self) -> None:
        one, other = (
            assets.digested({"a.js": b'import "/assets/b.js"', "b.js": body}) for body in (b"1", b"2")
        )
        assert one["a.js"].name != other["a.js"].name


class TestPages:
    @pytest.mark.parametrize("captcha", [None, CAPTCHA_ORIGIN])
    @pytest.mark.parametrize("name", PAGES)
    def test_policy_allows_nothing_inline_and_nothing_from_elsewhere(
        self, name: str, captcha: str | None
    ) -> None:
        policy = policy_of(PAGES[name], captcha=captcha)
        directives = {words[0]: words[1:] for words in (part.split() for part in policy.split("; "))}
        assert directives["default-src"] == ["'none'"]
        assert (
            directives["frame-ancestors"] == directives["form-action"] == directives["base-uri"] == ["'none'"]
        )
        assert captcha or policy == LOADED.pages[name].content_security_policy
        sources = {source for words in directives.values() for source in words}
        elsewhere = {CAPTCHA_ORIGIN} if captcha and PAGES[name].captcha else set()
        assert sources - elsewhere <= {"'none'", "'self'", "data:", "'script'"}
        assert elsewhere <= set(directives["script-src"])
        assert "data:" not in directives["script-src"] + directives["style-src"]

    @pytest.mark.parametrize("name", PAGES)
    def test_markup_has_no_inline_script_style_or_handler(self, name: str) -> None:
        markup = LOADED.pages[name].body.decode()
        assert re.findall(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son[a-z]+=", markup) == []

    @pytest.mark.parametrize("name", PAGES)
    def test_every_field_has_a_label(self, name: str) -> None:
        markup = LOADED.pages[name].body.decode()
        fields = set(re.findall(r'<(?:input|select|textarea) id="([^"]+)"', markup))
        assert fields == set(re.findall(r'<label for="([^"]+)"', markup))
        assert len(re.findall(r"<(?:input|select|textarea)\b", markup)) == len(fields)

    @pytest.mark.parametrize("name", PAGES)
    def test_every_part_is_in_its_place(self, name: str) -> None:
        markup = LOADED.pages[name].body.decode()
        assert "<!--" not in markup
        asks = re.findall(r' id="(name|username|email|password)" name="\1" type="[a-z]+" required', markup)
        assert name not in {"sign-up", "first-account"} or len(asks) == 4

    @pytest.mark.parametrize("name", sorted(PAGES.keys() - {"docs"}))
    def test_first_load_is_small(self, name: str) -> None:
        page = LOADED.pages[name]
        files = [FILES[each] for each in REFERENCE.findall(page.body.decode())]
        total = _contract_size() + sum(_sent(file) for file in (page, *files))
        assert total < FIRST_LOAD

    @pytest.mark.parametrize("name", PAGES)
    def test_names_at_once_what_its_modules_import(self, name: str) -> None:
        named = set(REFERENCE.findall(LOADED.pages[name].body.decode()))
        scripts = [FILES[each].body.decode() for each in named if each.endswith(".js")]
        assert {each for script in scripts for each in REFERENCE.findall(script)} <= named


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


@cache
def _contract_size() -> int:
    coded = gzip_copy(load(CONTRACT).json)
    assert coded is not None
    return len(coded.body)


def _sent(file: StaticFile) -> int:
    return len(file.body if file.gzip is None else file.gzip.body)


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

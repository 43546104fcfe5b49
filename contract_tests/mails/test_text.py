"""The text of the mails: whole, plain, self-contained, and with nothing in it but what belongs there."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest

from api.mail import rendering
from api.mail.rendering import Sender, Stationery, one_line
from contract_tests.harness.mailbox import Mail
from handlers.account.mailing import COMPOSERS

STATIONERY = Stationery.of(Sender("candor@example.org", "Candor, of Example"))
FOLDERS = sorted(STATIONERY.folders)
SOURCES = Path(rendering.__file__).parent
ID = "01KAJ3S9QWXJ0V0B4R1YH8N2CD"
NOW = datetime(2026, 11, 26, 14, 5, tzinfo=UTC)
HOSTILE = "\"><script>alert(1)</script>\r\nBcc: eve@example.org\r\n\r\n\u202e<a href='https://evil.example'>&amp;\x00"


class Elements(HTMLParser):
    """Every element of a page with its attributes, and what is read."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.read = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.read += data


def mail(folder: str, value: str | None = None) -> Mail:
    """The mail with every place filled: by its own name unless a value is given."""
    values = {name: value if value is not None else f"the-{name}" for name in STATIONERY.folders[folder]}
    content = STATIONERY.message(folder, values, id=ID, to="ada@example.org", at=NOW)
    assert content.isascii()
    assert max(map(len, content.split(b"\r\n"))) <= 998
    assert b"\n" not in content.replace(b"\r\n", b"")
    return Mail.read(content)


def test_there_is_a_folder_for_each_kind_at_least() -> None:
    of_a_factor = {kind for kind in COMPOSERS if kind.startswith(("totp", "passkey", "recovery", "second"))}
    assert set(COMPOSERS) - of_a_factor | {"account_exists", "second_factor_changed"} == set(FOLDERS)


@pytest.mark.parametrize("folder", FOLDERS)
class TestEachMail:
    def test_says_the_same_in_both_forms(self, folder: str) -> None:
        both = mail(folder)
        shown = Elements(both.html)
        told = shown.read + " ".join(str(attributes.get("href")) for _, attributes in shown.found)
        for name in STATIONERY.folders[folder]:
            assert f"the-{name}" in both.text
            assert f"the-{name}" in told

    def test_has_the_headers_of_a_mail_from_a_program(self, folder: str) -> None:
        message = mail(folder).message
        assert message["From"] == '"Candor, of Example" <candor@example.org>'
        assert message["To"] == "ada@example.org"
        assert message["Date"] == "Thu, 26 Nov 2026 14:05:00 +0000"
        assert message["Message-ID"] == "<01kaj3s9qwxj0v0b4r1yh8n2cd@example.org>"
        assert message["Auto-Submitted"] == "auto-generated"
        assert not message.defects

    def test_has_a_short_subject_without_anything_of_anybody_s(self, folder: str) -> None:
        subject = (SOURCES / folder / "subject.txt").read_text().strip()
        assert "$" not in subject
        assert len(subject) <= 60
        assert mail(folder).subject == subject

    def test_contacts_nobody_when_it_is_read(self, folder: str) -> None:
        page = mail(folder).html
        elements = Elements(page).found
        assert {tag for tag, _ in elements} <= {
            *("html", "head", "meta", "title", "style", "body", "div", "h1", "p", "a", "dl", "dt", "dd")
        }
        assert {name for _, attributes in elements for name in attributes} <= {
            *("lang", "charset", "name", "content", "class", "role", "aria-label", "href")
        }
        assert not re.search(r"url\(|@import|src", page)

    def test_leads_nowhere_but_where_it_says(self, folder: str) -> None:
        for tag, attributes in Elements(mail(folder).html).found:
            assert tag != "a" or re.fullmatch(r"the-[a-z_]+", str(attributes["href"]))

    def test_takes_nothing_that_is_not_a_value(self, folder: str) -> None:
        plain, hostile = mail(folder), mail(folder, HOSTILE)
        assert hostile.message.keys() == plain.message.keys()
        tags = [tag for tag, _ in Elements(plain.html).found]
        assert [tag for tag, _ in Elements(hostile.html).found] == tags
        assert "\u202e" not in hostile.text + hostile.html
        assert "\nBcc" not in hostile.text

    def test_fits_into_a_narrow_window(self, folder: str) -> None:
        lines = (SOURCES / folder / "body.txt").read_text().splitlines()
        assert all(len(line) <= 76 for line in lines)

    def test_goes_with_names_in_any_script(self, folder: str) -> None:
        assert not STATIONERY.folders[folder] or "Ада 🐋" in mail(folder, "Ада 🐋").text

    def test_lacking_a_value_is_not_made(self, folder: str) -> None:
        with pytest.raises(KeyError):
            STATIONERY.message(folder, {}, id="0", to="ada@example.org", at=NOW)


def test_the_page_follows_the_reader_s_theme() -> None:
    page = mail(FOLDERS[0]).html
    assert 'name="color-scheme" content="light dark"' in page
    assert "prefers-color-scheme: dark" in page


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_colour_keeps_its_contrast(scheme: str) -> None:
    light, dark = re.split(r"@media \(prefers-color-scheme: dark\)", (SOURCES / "frame.html").read_text())
    sheet = light if scheme == "light" else dark

    def colour(selector: str, name: str) -> str:
        found = re.search(rf"(?m)^\s*{re.escape(selector)} \{{[^}}]*?(?<!-){name}: (#[0-9a-f]{{6}})", sheet)
        assert found, (selector, name)
        return found[1]

    paper = colour(".sheet", "background")
    soft = ".soft" if scheme == "light" else ".soft, .soft a, dt"
    links = "a" if scheme == "light" else ".wordmark, a"
    for text, ground in [
        (colour("body", "color"), paper),
        (colour(soft, "color"), paper),
        (colour(links, "color"), paper),
        (colour(".action a", "color"), colour(".action a", "background")),
    ]:
        assert contrast(text, ground) >= 4.5


def contrast(one: str, other: str) -> float:
    """WCAG 2.2's contrast ratio."""

    def luminance(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        red, green, blue = (
            part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize(
    ("typed", "shown"),
    [("Ada's lab", "Ada's lab"), (" a\r\n\tb ", "a b"), ("a\u202eb\u2028c\x00d", "a b c d"), ("", "")],
)
def test_a_value_is_one_line(typed: str, shown: str) -> None:
    assert one_line(typed) == shown

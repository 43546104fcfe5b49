"""What may be registered leads a browser to the host that the person was shown: thousands of addresses made
of the parts with which parsers are led astray, read by Node's `URL`, which is the one that browsers have.
"""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from ipaddress import ip_address
from itertools import product
from typing import Any

import pytest

from contract_tests.harness.npm import expected_here
from handlers.oauth2 import redirect_uri

SCHEMES = ("https:", "http:", "HTTPS:", "com.example.app:", "javascript:", "java.script:", "https", "")
SLASHES = ("//", "/", "///", "\\\\", "//\\", "")
HOSTS = (
    "tool.example", "TOOL.example", "localhost", "127.0.0.1", "[::1]", "127.1", "0x7f000001", "2130706433",
    "1.2.3", "tool.example.", "evil.example@tool.example", "tool.example:80@evil.example", "tool%2eexample",
    "tööl.example", "tool。example", "tool.0x1", "[::ffff:127.0.0.1]", "[::1%25lo]", "-tool.example",
    "tool_.example", "xn--tl-fka.example",
)  # fmt: skip
PORTS = ("", ":443", ":51004", ":99999", ":", ":-1", ":0x50")
RESTS = (
    "", "/", "/cb", "/../cb", "/..;/cb", "\\cb", "?x=1", "/a@b", "//evil.example", "/cb#x", "/%00", "/cb\t",
    ";@evil.example/",
)  # fmt: skip
NOISE = "/\\@:?#.%[]&=; \t\r\n-_~!$'()*+,"

READ = """
let text = ''
process.stdin.on('data', (piece) => (text += piece)).on('end', () => {
  const read = (address) => {
    try {
      const { protocol, hostname, username, password, href } = new URL(address)
      return { protocol, hostname, username, password, href }
    } catch {
      return null
    }
  }
  console.log(JSON.stringify(JSON.parse(text).map(read)))
})
"""


def addresses() -> list[str]:
    """Every combination of the parts, and as many again with noise somewhere in them. Always the same."""
    whole = ["".join(parts) for parts in product(SCHEMES, SLASHES, HOSTS, PORTS, RESTS)]
    chance = random.Random(8252)
    noisy = []
    for each in whole:
        at = chance.randrange(len(each) + 1)
        noisy.append(each[:at] + chance.choice(NOISE) + each[at:])
    return [each for each in (*whole, *noisy) if redirect_uri.is_registrable(each)]


def as_a_browser(found: list[str]) -> list[dict[str, Any] | None]:
    if shutil.which("node") is None:
        if expected_here():
            raise AssertionError("There is no Node on the PATH.")
        pytest.skip("there is no Node on the PATH")
    done = subprocess.run(
        ["node", "--eval", READ],
        input=json.dumps(found),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    read: list[dict[str, Any] | None] = json.loads(done.stdout)
    return read


def test_a_browser_goes_where_the_person_was_told() -> None:
    found = addresses()
    assert len(found) > 1_000
    astray = [
        (address, read)
        for address, read in zip(found, as_a_browser(found), strict=True)
        if read is not None and not is_told(redirect_uri.target(address), read)
    ]
    assert not astray


def test_where_an_answer_goes_is_where_the_request_said() -> None:
    found = [address for address in addresses() if address.startswith("http")]
    answers = [
        redirect_uri.answered(address, code="c", state="&iss=x#", iss="https://a") for address in found
    ]
    for before, after in zip(as_a_browser(found), as_a_browser(answers), strict=True):
        assert (before is None) == (after is None)
        if before is not None and after is not None:
            assert [after[name] for name in ("protocol", "hostname")] == [
                before[name] for name in ("protocol", "hostname")
            ]
            assert "#" not in after["href"]


def is_told(target: redirect_uri.Target, read: dict[str, Any]) -> bool:
    """Whether a browser's reading is what a person was shown, and no name or password stands in it."""
    if read["username"] or read["password"]:
        return False
    if target.kind == "app":
        return bool(read["protocol"] == f"{target.host}:" and not read["hostname"])
    host = target.host.partition("]")[0][1:] if target.host.startswith("[") else target.host.partition(":")[0]
    schemes = ("http:",) if target.kind == "loopback" else ("https:",)
    return read["protocol"] in schemes and _is_same(read["hostname"], host)


def _is_same(read: str, shown: str) -> bool:
    """An IPv6 address can be written in several ways."""
    if not read.startswith("["):
        return read == shown
    return ip_address(read[1:-1]) == ip_address(shown)

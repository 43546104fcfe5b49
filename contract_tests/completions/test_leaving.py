"""Who leaves while an answer is being made: the provider is left too, and what had come is paid."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from contract_tests.assistant.answers import WORDS, Step, after, normal
from contract_tests.completions.world import COMPLETE, MODEL, Asker, World


@contextmanager
def asking(lab: World, asker: Asker, **headers: str) -> Iterator[socket.socket]:
    """A request that was sent, whose answer nobody has read yet."""
    body = json.dumps({"model": MODEL, "messages": [{"role": "user", "content": "Wait."}]}).encode()
    fields = {
        "Host": "localhost",
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        **asker.headers,
        **headers,
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    url = urlsplit(lab.server.url)
    with socket.create_connection((url.hostname or "", url.port or 0), timeout=10) as opened:
        opened.sendall(f"POST {COMPLETE} HTTP/1.1\r\n{head}\r\n".encode() + body)
        yield opened


def settled(lab: World, asker: Asker, *, calls: int = 1) -> dict[str, object]:
    """The row of the person's last call, once there are so many."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        rows = lab.calls_of(asker)
        if len(rows) >= calls:
            return rows[-1]
        time.sleep(0.02)
    raise AssertionError("The call was never settled.")


class TestLeaving:
    def test_leaves_the_provider_within_a_second(self, lab: World) -> None:
        asker = lab.asker("hasty")
        with lab.upstream.always(after(3, Step.HANG)), asking(lab, asker):
            assert lab.upstream.wait(lambda: lab.upstream.under_way == 1)
            time.sleep(0.2)  # what the provider has sent is under way
            left = time.monotonic()
        assert lab.upstream.wait(lambda: bool(lab.upstream.left), within_s=5)
        assert lab.upstream.left[0] - left < 1

    def test_what_had_come_is_paid_by_estimate(self, lab: World) -> None:
        asker = lab.asker("hasty")
        with lab.upstream.always(after(3, Step.HANG)), asking(lab, asker):
            assert lab.upstream.wait(lambda: lab.upstream.under_way == 1)
            time.sleep(0.2)
        row = settled(lab, asker)
        said = "".join(WORDS[:3])
        assert row["error_code"] == "cancelled"
        assert row["estimated"] is True
        assert 0 < int(str(row["completion_tokens"])) <= len(said)
        assert row["credits"] == int(str(row["prompt_tokens"])) + int(str(row["completion_tokens"]))
        assert lab.holds(asker) == 0
        assert lab.books_balance()

    def test_before_anything_came_costs_nothing(self, lab: World) -> None:
        asker = lab.asker("hasty")
        with lab.upstream.always([Step.HANG]), asking(lab, asker):
            assert lab.upstream.wait(lambda: lab.upstream.under_way == 1)
        assert (settled(lab, asker)["credits"], asker.usage()["reserved"]) == (0, 0)

    def test_one_of_two_leaves_and_the_other_is_answered(self, lab: World) -> None:
        asker = lab.asker("pair")
        with lab.upstream.always(normal(before_s=0.8)):
            with asking(lab, asker, **{"Idempotency-Key": "pair"}):
                assert lab.upstream.wait(lambda: lab.upstream.under_way == 1)
                with asking(lab, asker, **{"Idempotency-Key": "pair"}) as second:
                    pass_on = second.dup()
                    time.sleep(0.1)
            with pass_on:
                pass_on.settimeout(10)
                assert pass_on.recv(65_536).startswith(b"HTTP/1.1 200")
        assert len(lab.upstream.asked) == 1
        assert settled(lab, asker)["error_code"] is None

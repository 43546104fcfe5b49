"""The gateway to an SMTP server: what was taken was sent, what cannot have arrived is put off, and of what
may have arrived it says that nobody knows.
"""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from api.gateways.mail.smtp import Patience, Relay, SmtpRelay, Tls
from contract_tests.mails.office import Office, Rude
from contract_tests.transport.authority import Authority, PairFiles
from handlers.ports import Delivery, Fate

MAIL = "01KAJ3S9QWXJ0V0B4R1YH8N2CD"
TEXT = (
    b"From: Candor <candor@example.org>\r\nTo: ada@example.org\r\nSubject: Hello\r\n\r\n"
    b".hidden\r\n..twice\r\n" + b"a line of the message\r\n" * 20 + b".\r\nafter the dot\r\n"
)
SHORT = Patience(step_s=0.5, before_the_end_s=2, after_the_end_s=0.5)


@dataclass
class Told:
    """How often a gateway has said that the mail may arrive from now on."""

    times: int = 0

    async def __call__(self) -> None:
        self.times += 1


def relay(port: int, tls: Tls = Tls.NONE, patience: Patience = SHORT, **further: str) -> SmtpRelay:
    return SmtpRelay(
        Relay("127.0.0.1", port, tls, "candor@example.org", "cloud.example.org", **further), patience
    )


async def deliver(gateway: SmtpRelay, told: Told | None = None) -> Delivery:
    return await gateway.deliver(MAIL, "ada@example.org", TEXT, before_the_end=told or Told())


class TestAGoodServer:
    async def test_gets_the_message_as_it_is(self) -> None:
        office, told = Office(), Told()
        with office.open() as port:
            assert await deliver(relay(port), told) == Delivery(Fate.SENT, "taken")
        (taken,) = office.taken
        assert (taken.sender, taken.to) == ("candor@example.org", "ada@example.org")
        assert taken.mail.message.as_bytes().replace(b"\n", b"\r\n") == TEXT
        assert told.times == 1

    async def test_gets_a_large_one_whole(self) -> None:
        office = Office()
        large = TEXT + b"and many more\r\n" * 200_000
        with office.open() as port:
            gateway = relay(port, patience=Patience())
            sent = await gateway.deliver(MAIL, "ada@example.org", large, before_the_end=Told())
        assert sent.fate is Fate.SENT
        assert office.taken[0].mail.message.as_bytes().replace(b"\n", b"\r\n") == large

    async def test_gets_nothing_when_the_mail_is_another_s_by_now(self) -> None:
        class NotOurs(Exception):
            pass

        async def refuse() -> None:
            raise NotOurs

        office = Office()
        with office.open() as port:
            with pytest.raises(NotOurs):
                await relay(port).deliver(MAIL, "ada@example.org", TEXT, before_the_end=refuse)
            assert await deliver(relay(port)) == Delivery(Fate.SENT, "taken")
        assert len(office.taken) == 1


@pytest.fixture(scope="module")
def pair(authority: Authority) -> PairFiles:
    return authority.issue("post")


def context_of(pair: PairFiles) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pair.certificate, pair.key)
    return context


@pytest.fixture
def trusted(authority: Authority) -> Iterator[None]:
    """The system trusts the authority, as OpenSSL is told by a variable."""
    os.environ["SSL_CERT_FILE"] = str(authority.file)
    yield
    del os.environ["SSL_CERT_FILE"]


@pytest.mark.filterwarnings("ignore:Requiring AUTH")  # aiosmtpd does not see that all of it is encrypted
@pytest.mark.parametrize("tls", [Tls.STARTTLS, Tls.IMPLICIT])
class TestTls:
    @pytest.mark.usefixtures("trusted")
    async def test_protects_mail_and_password(self, tls: Tls, pair: PairFiles) -> None:
        office = Office(users={"candor": "a long password"})
        with office.open(tls=context_of(pair), implicit=tls is Tls.IMPLICIT) as port:
            gateway = relay(port, tls, Patience(), username="candor", password="a long password")
            assert (await deliver(gateway)).fate is Fate.SENT
        assert (office.taken[0].encrypted, office.taken[0].user) == (True, "candor")

    @pytest.mark.usefixtures("trusted")
    async def test_goes_with_the_right_password_only(self, tls: Tls, pair: PairFiles) -> None:
        office = Office(users={"candor": "a long password"})
        with office.open(tls=context_of(pair), implicit=tls is Tls.IMPLICIT) as port:
            gateway = relay(port, tls, Patience(), username="candor", password="another")
            assert await deliver(gateway) == Delivery(Fate.PUT_OFF, "authentication")
        assert not office.taken

    async def test_is_refused_under_a_certificate_that_nobody_vouches_for(
        self, tls: Tls, pair: PairFiles
    ) -> None:
        office = Office()
        with office.open(tls=context_of(pair), implicit=tls is Tls.IMPLICIT) as port:
            assert await deliver(relay(port, tls, Patience())) == Delivery(Fate.PUT_OFF, "tls")
        assert not office.taken

    @pytest.mark.usefixtures("trusted")
    async def test_is_refused_under_the_certificate_of_another_host(self, tls: Tls, pair: PairFiles) -> None:
        office = Office()
        with office.open(tls=context_of(pair), implicit=tls is Tls.IMPLICIT) as port:
            elsewhere = Relay("127.0.0.2", port, tls, "candor@example.org", "cloud.example.org")
            assert (await deliver(SmtpRelay(elsewhere, SHORT))).fate is Fate.PUT_OFF
        assert not office.taken

    async def test_is_never_left_out(self, tls: Tls, pair: PairFiles) -> None:
        office = Office()
        with office.open() as port:
            assert (await deliver(relay(port, tls))).fate is Fate.PUT_OFF
        assert not office.taken


class TestARefusal:
    @pytest.mark.parametrize(
        ("step", "answer", "expected"),
        [
            ("RCPT", "450 mailbox busy", Delivery(Fate.PUT_OFF, "recipient")),
            ("RCPT", "550 no such user", Delivery(Fate.REFUSED, "recipient")),
            ("DATA", "451 come again", Delivery(Fate.PUT_OFF, "content")),
            ("DATA", "554 not with me", Delivery(Fate.REFUSED, "content")),
            ("DATA", "421 closing", Delivery(Fate.PUT_OFF, "content")),
        ],
    )
    async def test_is_for_now_or_for_good(self, step: str, answer: str, expected: Delivery) -> None:
        office = Office(refuses_at=step)
        office.refusals = [answer]
        with office.open() as port:
            assert await deliver(relay(port)) == expected
            assert await deliver(relay(port)) == Delivery(Fate.SENT, "taken")
        assert len(office.taken) == 1

    @pytest.mark.parametrize(
        ("point", "answer", "reason"),
        [
            ("greeting", "554 not now", "connection"),
            ("MAIL", "553 not from there", "sender"),
            ("DATA", "503 no", "data"),
            ("MAIL", "nonsense", "protocol"),
        ],
    )
    async def test_before_the_message_is_put_off(self, point: str, answer: str, reason: str) -> None:
        rude, told = Rude(point, answer), Told()
        with rude.open() as port:
            assert await deliver(relay(port), told) == Delivery(Fate.PUT_OFF, reason)
        assert (rude.ends, told.times) == (0, 0)

    async def test_that_is_nobody_there(self) -> None:
        with Rude("greeting", "close").open() as port:
            pass
        assert await deliver(relay(port)) == Delivery(Fate.PUT_OFF, "connection")


class TestASilentServer:
    @pytest.mark.parametrize("point", ["greeting", "EHLO", "MAIL", "RCPT", "DATA"])
    async def test_is_left_before_the_message(self, point: str) -> None:
        rude, told = Rude(point, "hang"), Told()
        with rude.open() as port:
            assert await deliver(relay(port), told) == Delivery(Fate.PUT_OFF, "timeout")
        assert told.times == 0

    async def test_is_left_within_it_when_it_does_not_read(self) -> None:
        rude, told = Rude("body", "hang"), Told()
        with rude.open() as port:
            large = TEXT + b"and many more\r\n" * 2_000_000
            left = await relay(port).deliver(MAIL, "ada@example.org", large, before_the_end=told)
        assert left == Delivery(Fate.PUT_OFF, "timeout")
        assert (rude.ends, told.times) == (0, 0)

    async def test_after_the_end_may_have_taken_it(self) -> None:
        rude, told = Rude("end", "hang"), Told()
        with rude.open() as port:
            assert await deliver(relay(port), told) == Delivery(Fate.UNKNOWN, "timeout")
        assert (rude.ends, told.times) == (1, 1)


class TestALineThatIsCut:
    @pytest.mark.parametrize("point", ["EHLO", "MAIL", "RCPT", "DATA"])
    async def test_before_the_message(self, point: str) -> None:
        rude, told = Rude(point, "close"), Told()
        with rude.open() as port:
            assert (await deliver(relay(port), told)).fate is Fate.PUT_OFF
        assert told.times == 0

    async def test_in_the_middle_of_it(self) -> None:
        rude = Rude("body", "close")

        async def once_it_is_cut() -> None:
            await asyncio.to_thread(rude.there.wait)
            for _ in range(10):  # what the kernel knows by now, this loop learns in its next rounds
                await asyncio.sleep(0)

        with rude.open() as port:
            cut = await relay(port).deliver(MAIL, "ada@example.org", TEXT, before_the_end=once_it_is_cut)
        assert cut == Delivery(Fate.PUT_OFF, "disconnected")
        assert rude.ends == 0

    async def test_after_the_end_may_have_taken_it(self) -> None:
        rude = Rude("end", "close")
        with rude.open() as port:
            assert await deliver(relay(port)) == Delivery(Fate.UNKNOWN, "disconnected")
        assert rude.ends == 1

    async def test_nor_does_an_answer_that_is_none_say_anything(self) -> None:
        with Rude("end", "nonsense").open() as port:
            assert (await deliver(relay(port))).fate is Fate.UNKNOWN

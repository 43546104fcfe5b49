"""The HTTP under the questions: answers of odd shapes, what keeps and what ends connections, TLS."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest

from api.gateways.assistant.models import Models
from api.gateways.assistant.transport import Transport
from contract_tests.providers.conftest import asked, question
from contract_tests.transport.authority import Authority

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Server:
    """Answers each request on a connection with the next of the given bytes."""

    def __init__(self, *answers: bytes, close: bool = False) -> None:
        self.answers = list(answers)
        self.requests: list[bytes] = []
        self.connections = 0
        self.ended = 0
        self.writers: list[asyncio.StreamWriter] = []
        self._close = close

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.writers.append(writer)
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
                self.requests.append(head + await reader.readexactly(length))
                writer.write(self.answers.pop(0) if self.answers else OK)
                if self._close:
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.ended += 1
            writer.close()

    @asynccontextmanager
    async def serving(
        self, context: ssl.SSLContext | None = None, *, host: str = "127.0.0.1"
    ) -> AsyncIterator[str]:
        """Its URL, inside of the block."""
        server = await asyncio.start_server(self, host, 0, ssl=context)
        port = server.sockets[0].getsockname()[1]
        try:
            yield f"{'https' if context else 'http'}://{host}:{port}/v1"
        finally:
            server.close()


@asynccontextmanager
async def client(
    *, trusted: ssl.SSLContext | None = None, kept_open_s: float = 30, kept_open: int = 4
) -> AsyncIterator[httpx2.AsyncClient]:
    transport = Transport(
        trusted=trusted or ssl.create_default_context(),
        connect_s=2,
        kept_open=kept_open,
        kept_open_s=kept_open_s,
    )
    async with httpx2.AsyncClient(transport=transport, trust_env=False) as http:
        yield http


async def until(so: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not so():  # noqa: ASYNC110 (it becomes so in another task, which tells nobody)
            await asyncio.sleep(0.01)


class TestAnswers:
    @pytest.mark.parametrize(
        ("answer", "text"),
        [
            (OK, "ok"),
            (b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + OK, "ok"),
            (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n" + OK, "ok"),
            (CHUNKED + b"1\r\no\r\n1;x=y\r\nk\r\n0\r\nTrailer: v\r\n\r\n", "ok"),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", ""),
        ],
    )
    async def test_of_any_framing_leave_the_connection_open(self, answer: bytes, text: str) -> None:
        server = Server(answer, OK)
        async with server.serving() as url, client() as http:
            assert (await http.post(url, content=b"?")).text == text
            assert (await http.post(url, content=b"?")).text == "ok"
        assert server.connections == 1

    async def test_may_end_with_the_connection(self) -> None:
        async with Server(b"HTTP/1.1 200 OK\r\n\r\nok", close=True).serving() as url, client() as http:
            assert (await http.post(url, content=b"?")).text == "ok"

    @pytest.mark.parametrize(
        "answer",
        [
            b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok",
            CHUNKED + b"2\r\nok\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Le",
            CHUNKED + b"zz\r\nok\r\n",
            b"SSH-2.0-OpenSSH_9.2\r\n",
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
            b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 500_000 + b"\r\n",
            b"",
        ],
    )
    async def test_that_are_none_or_half_are_failures_of_transport(self, answer: bytes) -> None:
        async with Server(answer, close=True).serving() as url, client() as http:
            with pytest.raises(httpx2.TransportError):
                await http.post(url, content=b"?")

    async def test_wait_for_whoever_reads_them(self) -> None:
        """However much there is, no more than a bit of it is taken before it is wanted."""
        size = 50_000_000
        server = Server(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + b"x" * size)
        async with (
            server.serving() as url,
            client() as http,
            http.stream("POST", url, content=b"?") as response,
        ):
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(server.writers[0].drain(), 0.3)
            assert sum([len(part) async for part in response.aiter_raw()]) == size


class TestRequests:
    async def test_are_sent_as_they_are(self) -> None:
        server = Server()
        async with server.serving() as url, client() as http:
            headers = {b"X-Other": "\u00e9".encode("latin-1")}
            await http.post(f"{url}/a%20b", content=b"\x00body", headers=headers)
        (sent,) = server.requests
        assert sent.startswith(b"POST /v1/a%20b HTTP/1.1\r\n")
        assert b"\r\nX-Other: \xe9\r\n" in sent
        assert sent.endswith(b"\r\n\r\n\x00body")

    @pytest.mark.parametrize("value", [b"a\r\nX-Injected: b", b"a\nX-Injected: b", b"a\rb"])
    async def test_with_a_line_in_a_line_are_not(self, value: bytes) -> None:
        server = Server()
        async with server.serving() as url, client() as http:
            with pytest.raises(httpx2.LocalProtocolError):
                await http.post(url, content=b"?", headers={b"Authorization": value})
        assert server.requests == []


class TestConnections:
    @pytest.mark.parametrize(
        "answer",
        [
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok",
            b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
            OK + OK,
        ],
        ids=["said so", "HTTP/1.0", "two answers to one question"],
    )
    async def test_that_are_no_good_for_more_are_closed(self, answer: bytes) -> None:
        server = Server(answer)
        async with server.serving() as url, client() as http:
            for _ in range(2):
                assert (await http.post(url, content=b"?")).text == "ok"
            assert server.connections == 2
            await until(lambda: server.ended >= 1)

    async def test_that_say_what_nobody_asked_are_closed(self) -> None:
        server = Server()
        async with server.serving() as url, client() as http:
            await http.post(url, content=b"?")
            server.writers[0].write(OK.replace(b"ok", b"no"))
            await until(lambda: server.ended == 1)
            assert (await http.post(url, content=b"?")).text == "ok"
        assert server.connections == 2

    async def test_are_kept_for_a_while(self) -> None:
        server = Server()
        async with server.serving() as url, client(kept_open_s=0.05) as http:
            await http.post(url, content=b"?")
            await asyncio.sleep(0.1)
            await http.post(url, content=b"?")
        assert server.connections == 2

    async def test_and_not_too_many(self) -> None:
        server = Server()
        async with server.serving() as url, client(kept_open=2) as http:
            await asyncio.gather(*(http.post(url, content=b"?") for _ in range(5)))
            await until(lambda: server.ended == 3)

    async def test_end_with_the_client(self) -> None:
        server = Server()
        async with server.serving() as url:
            async with client() as http:
                await http.post(url, content=b"?")
            await until(lambda: server.ended == 1)

    async def test_belong_to_one_place(self) -> None:
        one, other = Server(), Server()
        async with one.serving() as first, other.serving() as second, client() as http:
            for url in (first, second, first, second):
                await http.post(url, content=b"?")
        assert (one.connections, other.connections) == (1, 1)

    @pytest.mark.parametrize("host", ["127.0.0.1:9", "[::1]:9"])
    async def test_that_cannot_be_made_are_failures_to_connect(self, host: str) -> None:
        async with client() as http:
            with pytest.raises(httpx2.ConnectError):
                await http.post(f"http://{host}/v1", content=b"?")


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def served(authority: Authority) -> ssl.SSLContext:
    """A server's side, with a certificate for 127.0.0.1."""
    pair = authority.issue("server")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pair.certificate, pair.key)
    return context


class TestTls:
    async def test_is_spoken_with_whom_the_authority_knows(
        self, authority: Authority, served: ssl.SSLContext
    ) -> None:
        server = Server()
        async with server.serving(served) as url, client(trusted=authority.client_context()) as http:
            for _ in range(2):
                assert (await http.post(url, content=b"?")).text == "ok"
        assert server.connections == 1

    async def test_refuses_whom_it_knows_by_another_name(
        self, authority: Authority, served: ssl.SSLContext
    ) -> None:
        server = Server()
        trusted = authority.client_context()
        async with server.serving(served, host="127.0.0.2") as url, client(trusted=trusted) as http:
            with pytest.raises(httpx2.ConnectError):
                await http.post(url, content=b"?")
        assert server.requests == []

    async def test_refuses_an_authority_that_this_machine_does_not_know(self, served: ssl.SSLContext) -> None:
        server, models = Server(), Models()
        async with server.serving(served) as url:
            assert (await asked(models, question(url))).fault == "unreachable"
        await models.close()
        assert server.requests == []

"""Bodies that are too large, chunked, slow or cut off (behaviour 15)."""

import resource
import socket
from contextlib import suppress

from contract_tests.engine.conftest import Sample, read_answer

HEAD = b"POST /things HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


class TestLimit:
    def test_trap_16_a_declared_length_is_refused_before_it_is_sent(self, sample: Sample) -> None:
        answer = sample.raw(HEAD + b"Content-Length: 20001\r\n\r\n")
        assert (answer.status, answer.json()["error"]) == (413, "content_too_large")
        assert sample.raw(HEAD + b"Content-Length: " + b"9" * 18 + b"\r\n\r\n").status == 413

    def test_trap_16_an_undeclared_length_is_refused_while_it_is_read(self, sample: Sample) -> None:
        answer = sample.raw(CHUNKED + chunk(b'{"name":"' + b"A" * 20_000))
        assert answer.status == 413
        assert sample.surroundings.stored == []

    def test_the_limit_itself_is_taken(self, sample: Sample) -> None:
        body = b'{"name":"A"' + b" " * (20_000 - 12) + b"}"
        assert sample.post("/things", body).status == 201
        assert sample.post("/things", body + b" ").status == 413

    def test_other_operations_have_the_setting(self, sample: Sample) -> None:
        assert sample.post("/anything", b'"' + b"a" * 49_998 + b'"').status == 200
        assert sample.post("/anything", b'"' + b"a" * 49_999 + b'"').status == 413

    def test_trap_16_a_client_that_sends_on_reads_its_answer(self, sample: Sample) -> None:
        with sample.open() as connection:
            body = b"a" * 3_000_000
            connection.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body)
            answer = read_answer(connection)
            assert (answer.status, answer.headers["connection"]) == (413, "close")
            assert connection.recv(1) == b""

    def test_trap_16_memory_does_not_grow_with_the_body(self, sample: Sample) -> None:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        with sample.open() as connection:
            connection.sendall(CHUNKED)
            # 40 MiB: the server stops reading long before, and then its closed socket may refuse the rest.
            with suppress(ConnectionError, TimeoutError):
                for _ in range(640):
                    connection.sendall(chunk(b"a" * 65_536))
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 5 * 1024

    def test_expecting_clients_are_told_before_they_send(self, sample: Sample) -> None:
        answer = sample.raw(HEAD + b"Expect: 100-continue\r\nContent-Length: 999999\r\n\r\n")
        assert answer.status == 413

    def test_expecting_clients_are_told_to_go_on(self, sample: Sample) -> None:
        with sample.open() as connection:
            connection.sendall(HEAD + b"Expect: 100-continue\r\nContent-Length: 12\r\n\r\n")
            assert connection.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
            connection.sendall(b'{"name":"A"}')
            assert read_answer(connection).status == 201


class TestReading:
    def test_trap_06_chunked_bodies_are_read(self, sample: Sample) -> None:
        body = chunk(b'{"na') + chunk(b'me":"A"') + chunk(b"}") + b"0\r\n\r\n"
        assert sample.raw(CHUNKED + body).status == 201

    def test_trap_06_an_empty_chunked_body_is_an_absent_one(self, sample: Sample) -> None:
        request = b"POST /maybe HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
        assert sample.raw(request).json() == {"body": None}

    def test_a_client_that_leaves_while_sending_is_no_error(self, sample: Sample) -> None:
        with sample.open() as connection:
            connection.sendall(HEAD + b'Content-Length: 100\r\n\r\n{"name":')
        with sample.open() as connection:
            connection.sendall(CHUNKED + b"5\r\n{")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        assert sample.ask("GET", "/things").status == 200
        assert sample.surroundings.log.getvalue() == b""
        assert sample.surroundings.stored == []

    def test_the_connection_stays_usable(self, sample: Sample) -> None:
        with sample.open() as connection:
            for _ in range(3):
                connection.sendall(HEAD + b'Content-Length: 12\r\n\r\n{"name":"A"}')
                assert read_answer(connection).status == 201
                connection.sendall(b"POST /nowhere HTTP/1.1\r\nHost: t\r\nContent-Length: 4\r\n\r\nbody")
                assert read_answer(connection).status == 404

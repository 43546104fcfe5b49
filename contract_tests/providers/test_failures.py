"""Answers that are none: which fault each is, when the question is asked again, and that nothing of what a
provider said is kept."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from api.gateways.assistant.models import Models
from contract_tests.assistant.answers import (
    END_OF_BODY,
    STREAM,
    WORDS,
    Answer,
    Step,
    after,
    chunk,
    error,
    event,
    head,
    normal,
    piece,
    status,
)
from contract_tests.assistant.upstream import Upstream
from contract_tests.providers.conftest import Said, asked, question

MARK = "MARKED-4f1c9e-by-the-provider"
Faults = Mapping[str, tuple[Answer, str]]

REFUSED_AT_ONCE: Faults = {
    "no such key": (error(401, "invalid_api_key", MARK), "key_refused"),
    "not for you": (error(403, "permission_denied", MARK), "key_refused"),
    "no such model": (error(404, "model_not_found", MARK), "unknown_model"),
    "too long": (error(400, "context_length_exceeded", MARK), "too_long"),
    "too long, in llama.cpp's words": (error(400, "exceed_context_size_error", MARK), "too_long"),
    "too long, in Anthropic's": (error(400, "bad_request", f"prompt is too long: {MARK}"), "too_long"),
    "too long, in a proxy's": (status(413, b"<html>", media_type="text/html"), "too_long"),
    "bad": (error(400, "invalid_request_error", MARK), "refused"),
    "bad, and no JSON": (status(400, MARK.encode()), "refused"),
    "conflict": (error(409, "conflict", MARK), "refused"),
    "overloaded": (error(429, "rate_limit_exceeded", MARK), "overloaded"),
    "overloaded for long": (error(429, "rate_limit_exceeded", MARK, "Retry-After: 3"), "overloaded"),
    "overloaded all over": (error(503, "overloaded", MARK, "Retry-After: 60"), "overloaded"),
    "redirected": (status(307, MARK, "Location: http://127.0.0.1:9/v1/chat/completions"), "invalid"),
    "created": (status(201, MARK), "invalid"),
    "JSON in place of events": (status(200, {"choices": [{"message": {"content": MARK}}]}), "invalid"),
    "half of a JSON": ([STREAM + chunk(b'data: {"choices": [\n\n') + END_OF_BODY], "invalid"),
    "no object": ([STREAM + event([MARK]) + END_OF_BODY], "invalid"),
    "choices that are none": ([STREAM + event({"choices": MARK}) + END_OF_BODY], "invalid"),
    "a text that is none": ([STREAM + event({"choices": [{"delta": {"content": [MARK]}}]})], "invalid"),
    "compressed": ([head(200, "text/event-stream", "Content-Encoding: gzip") + END_OF_BODY], "invalid"),
    "an event without an end": ([STREAM + chunk(b"data: " + b"x" * 2_000_000), Step.HANG], "invalid"),
    "far too much": ([STREAM + piece("x" * 5_000) * 200, Step.HANG], "invalid"),
    "nothing": ([Step.HANG], "timeout"),
    "a head and nothing": ([STREAM, Step.HANG], "timeout"),
    "a refusal without an end": ([head(400, "application/json") + chunk(b"{"), Step.HANG], "timeout"),
    "a refusal that is huge": ([head(400, "text/html") + chunk(b"x" * 1_000_000), Step.HANG], "refused"),
    "an error that says too long": (
        [STREAM + event({"error": {"code": "context_length_exceeded", "message": MARK}})],
        "too_long",
    ),
}  # fmt: skip
WORTH_ANOTHER: Faults = {
    "broken": (status(500, MARK), "failed"),
    "bad gateway": (status(502, MARK.encode(), media_type="text/html"), "failed"),
    "away": (status(503, MARK), "failed"),
    "overloaded for a moment": (error(429, "rate_limit_exceeded", MARK, "Retry-After: 0"), "overloaded"),
    "closed": ([Step.CLOSE], "unreachable"),
    "reset": ([Step.RESET], "unreachable"),
    "closed after the head": ([STREAM, Step.CLOSE], "unreachable"),
    "an empty stream": ([STREAM + END_OF_BODY], "unreachable"),
    "an error event": ([STREAM + event({"error": {"message": MARK, "type": "server_error"}})], "failed"),
}
LATER: Faults = {
    "closed": (after(3, Step.CLOSE), "cut_off"),
    "reset": (after(3, Step.RESET), "cut_off"),
    "ended early": (after(3, END_OF_BODY), "cut_off"),
    "an error event": (after(3, event({"error": {"message": MARK}})), "cut_off"),
    "silent": (after(3, Step.HANG), "timeout"),
    "wrong": (after(3, chunk(b"data: {]\n\n")), "invalid"),
}


async def failed(models: Models, upstream: Upstream) -> Said:
    said = await asked(models, question(upstream.url))
    assert said.failure is not None
    assert said.end is None
    return said


class TestRefusals:
    @pytest.mark.parametrize("how", REFUSED_AT_ONCE)
    async def test_are_told_apart_and_final(self, models: Models, upstream: Upstream, how: str) -> None:
        answer, fault = REFUSED_AT_ONCE[how]
        upstream.play(answer)
        assert (await failed(models, upstream)).fault == fault
        assert len(upstream.asked) == 1

    async def test_a_redirect_is_not_followed(self, models: Models, upstream: Upstream) -> None:
        upstream.play(status(307, {}, f"Location: {upstream.url}/chat/completions"))
        assert (await failed(models, upstream)).fault == "invalid"
        assert len(upstream.asked) == 1


class TestAskingAgain:
    @pytest.mark.parametrize("how", WORTH_ANOTHER)
    async def test_once_before_the_first_piece(self, models: Models, upstream: Upstream, how: str) -> None:
        upstream.play(WORTH_ANOTHER[how][0])
        said = await asked(models, question(upstream.url))
        assert said.text == "".join(WORDS)
        first, second = upstream.asked
        assert first.body == second.body

    @pytest.mark.parametrize("how", WORTH_ANOTHER)
    async def test_and_no_third_time(self, models: Models, upstream: Upstream, how: str) -> None:
        answer, fault = WORTH_ANOTHER[how]
        upstream.play(answer, answer)
        assert (await failed(models, upstream)).fault == fault
        assert len(upstream.asked) == 2

    @pytest.mark.parametrize("how", LATER)
    async def test_never_after_it(self, models: Models, upstream: Upstream, how: str) -> None:
        answer, fault = LATER[how]
        upstream.play(answer)
        said = await failed(models, upstream)
        assert (said.pieces, said.fault) == (list(WORDS[:3]), fault)
        assert len(upstream.asked) == 1

    async def test_as_soon_as_the_provider_wants(self, models: Models, upstream: Upstream) -> None:
        upstream.play(error(429, "rate_limit_exceeded", MARK, "Retry-After: 1"))
        assert (await asked(models, question(upstream.url))).end is not None
        first, second = upstream.asked
        assert 0.9 < second.at - first.at < 2.4

    async def test_where_nobody_is_it_is_unreachable(self, models: Models) -> None:
        assert (await asked(models, question("http://127.0.0.1:9/v1"))).fault == "unreachable"


class TestRetryAfter:
    @pytest.mark.parametrize(
        ("said", "seconds"),
        [
            ("30", 30),
            (" 30 ", 30),
            ("999999999999", 3600),
            ("-5", None),
            ("soon", None),
            ("\u0663", None),
            ("Wed, 21 Oct 2015 07:28:00 GMT", 0),
            ("Fri, 31 Dec 9999 23:59:59 GMT", 3600),
        ],
    )
    async def test_is_read_either_way_and_bounded(
        self, models: Models, upstream: Upstream, said: str, seconds: int | None
    ) -> None:
        answer = error(429, "rate_limit_exceeded", MARK, f"Retry-After: {said}")
        upstream.play(answer, answer)
        failure = (await failed(models, upstream)).failure
        assert failure is not None
        assert (failure.fault, failure.retry_after_s) == ("overloaded", seconds)

    async def test_as_a_date_it_is_seconds_from_now(self, models: Models, upstream: Upstream) -> None:
        then = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
        upstream.play(error(429, "rate_limit_exceeded", MARK, f"Retry-After: {then}"))
        failure = (await failed(models, upstream)).failure
        assert failure is not None
        assert failure.retry_after_s is not None
        assert 55 <= failure.retry_after_s <= 60


class TestWhatIsKept:
    @pytest.mark.parametrize(
        "answer",
        [
            *(answer for answer, _ in {**REFUSED_AT_ONCE, **WORTH_ANOTHER, **LATER}.values()),
            error(500, MARK, MARK, f"X-Request-Id: {MARK}", f"Server: {MARK}"),
            error(429, MARK, MARK, f"Retry-After: {MARK}"),
            status(307, MARK, f"Location: http://127.0.0.1/{MARK}"),
            [STREAM + chunk(f"data: {MARK}\n\n".encode())],
            [f"HTTP/1.1 2oo {MARK}\r\n{MARK}\r\n\r\n".encode(), Step.CLOSE],
        ],
    )
    async def test_of_a_failure_is_one_word(
        self, models: Models, upstream: Upstream, answer: Answer, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Neither in the exception, nor in what it hangs on, nor in what was logged meanwhile."""
        caplog.set_level(logging.INFO)
        upstream.play(answer, answer)
        failure = (await failed(models, upstream)).failure
        assert failure is not None
        assert failure.args == (failure.fault,)
        seen: BaseException | None = failure
        while seen is not None:
            assert type(seen).__module__.split(".")[0] in ("handlers", "api"), "nothing of the SDK's"
            assert MARK not in repr(vars(seen)) + "".join(traceback.format_exception(seen))
            seen = seen.__cause__ or seen.__context__
        assert MARK not in caplog.text
        assert "héron" not in caplog.text

    async def test_a_whole_answer_leaves_nothing_in_the_logs(
        self, models: Models, upstream: Upstream, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.INFO)
        upstream.play(normal([MARK]))
        assert (await asked(models, question(upstream.url))).text == MARK
        assert MARK not in caplog.text

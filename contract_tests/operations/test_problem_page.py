"""Where a browser is sent to an address that cannot be answered, its person gets a page, and everybody else a
document."""

from __future__ import annotations

import pytest

from api.contract.accept import wants_page
from api.dashboard import assets
from api.dashboard.problem_page import ProblemPage
from contract_tests.harness.checking import CheckedClient
from handlers.answers import Answer

CHROMIUM = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
FIREFOX = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
HTML = "text/html; charset=utf-8"
PROBLEM = "application/problem+json"
NOWHERE = "/no-such-page"


class TestWhoWantsAPage:
    @pytest.mark.parametrize(
        "accept",
        [
            CHROMIUM,
            FIREFOX,
            "text/html",
            "TEXT/HTML;level=1",
            "application/json;q=0.5, text/html;q=0.6",
            "text/html;q=0.001",
            "nonsense, text/html",
            " text/html ; q=1 ,*/*",
        ],
    )
    def test_names_it(self, accept: str) -> None:
        assert wants_page(accept.encode())

    @pytest.mark.parametrize(
        "accept",
        [
            "*/*",
            "",
            "text/*",
            "application/json",
            "application/json, text/html",
            "application/problem+json, text/html;q=0.9",
            "text/html;q=0",
            "text/html;q=0.000, */*",
            "application/xhtml+xml",
            "text/htmlx",
            "text/html text/html",
            "\xe9" * 9,
            "text/html," * 200,
        ],
    )
    def test_does_not(self, accept: str) -> None:
        assert not wants_page(accept.encode("latin-1"))

    def test_nobody_who_says_nothing(self) -> None:
        assert not wants_page(None)


class TestThePage:
    @pytest.mark.parametrize("accept", [CHROMIUM, FIREFOX])
    def test_says_that_there_is_none(self, client: CheckedClient, accept: str) -> None:
        answer = client.get(NOWHERE, headers={"Accept": accept})
        assert (answer.status_code, answer.headers["Content-Type"]) == (404, HTML)
        assert "<h1>Page not found</h1>" in answer.text
        assert f"Request {answer.headers['X-Request-Id']}" in answer.text
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cache-Control"] == "no-store"
        assert "<!-- " not in answer.text

    @pytest.mark.parametrize("accept", ["*/*", "application/json", "application/json, text/html"])
    def test_is_not_for_programs(self, client: CheckedClient, accept: str) -> None:
        answer = client.get(NOWHERE, headers={"Accept": accept})
        assert (answer.status_code, answer.headers["Content-Type"]) == (404, PROBLEM)
        assert "Content-Security-Policy" not in answer.headers

    def test_is_only_where_the_contract_says_so(self, client: CheckedClient) -> None:
        answer = client.get("/assets/none.js", headers={"Accept": CHROMIUM})
        assert (answer.status_code, answer.headers["Content-Type"]) == (404, PROBLEM)

    def test_repeats_nothing_of_the_address(self, client: CheckedClient) -> None:
        answer = client.get("/marked<script>?marked=%3Cscript%3E", headers={"Accept": CHROMIUM})
        assert answer.status_code == 404
        assert "marked" not in answer.text

    def test_tells_what_is_wrong_with_a_request_to_authorize(self, client: CheckedClient) -> None:
        wrong = {"client_id": "marked<b>", "redirect_uri": "https://marked.example/<b>"}
        for query, told in (
            (wrong, "The client is unknown, or did not register this address to return to."),
            ({"client_id": "marked"}, "<li><code>/query/redirect_uri</code> It is missing.</li>"),
        ):
            answer = client.get("/oauth2/authorize", params=query, headers={"Accept": CHROMIUM})
            assert (answer.status_code, answer.headers["Content-Type"]) == (400, HTML)
            assert "<h1>This cannot be answered</h1>" in answer.text
            assert told in answer.text
            assert "marked" not in answer.text
            document = client.get("/oauth2/authorize", params=query)
            assert document.headers["Content-Type"] == "application/json"

    def test_has_the_length_of_the_page_without_it(self, client: CheckedClient) -> None:
        head = client.head(NOWHERE, headers={"Accept": CHROMIUM})
        assert (head.status_code, head.content) == (404, b"")
        assert int(head.headers["Content-Length"]) > 1000

    def test_lets_no_markup_in(self) -> None:
        hostile = "<script>'\"&"
        body = {
            "message": hostile,
            "request_id": hostile,
            "errors": [{"pointer": hostile, "code": "x", "detail": hostile}],
        }
        page = ProblemPage(assets.load().problem)(Answer(404, body))
        assert isinstance(page.body, bytes)
        assert b"<script>'" not in page.body
        assert page.body.count(b"&lt;script&gt;&#x27;&quot;&amp;") == 4

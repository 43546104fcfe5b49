"""What the core needs from outside, as protocols. `api/gateways` and `api/wiring.py` provide the real ones,
tests small real ones.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Literal, Protocol

from handlers.policy import Policy

if TYPE_CHECKING:
    from handlers.assistant.calls import Calls  # loads asyncio, which the process that hashes does without


class Randomness(Protocol):
    """Where unguessable values come from. Every secret has 256 bits."""

    def id(self, now: datetime) -> str:
        """A new ULID (26 characters, Crockford base 32), its time part taken from `now`."""
        ...

    def secret(self, prefix: str) -> str:
        """A new secret: prefix, 43 characters of 256 random bits, and a checksum of 6 characters."""
        ...

    def letters(self, alphabet: str, length: int) -> str:
        """Uniformly random characters of an alphabet."""
        ...


class CannotOpen(Exception):
    """A sealed value was changed, belongs to another context, or its key is not there."""


class Sealing(Protocol):
    """Encryption at rest of what the server must read again (AES-256-GCM); what it need not read again is
    kept as a digest instead.
    """

    def seal(self, plain: bytes, *, context: str) -> bytes:
        """The value sealed for this context, which says whose it is and what for."""
        ...

    def open(self, sealed: bytes, *, context: str) -> bytes:
        """The value that was sealed for the same context. Raises CannotOpen."""
        ...

    def fingerprints(self, plain: bytes, *, context: str) -> tuple[bytes, ...]:
        """By which the value is known again without being kept: 32 bytes under each key, of which the first
        is to be stored. Without the key file nobody can try what it may have been.
        """
        ...


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a password was the right one. `rehashed` is to be stored in place of the old hash, whose
    parameters are no longer those in use; None when they are.
    """

    matches: bool
    rehashed: str | None = None


class Passwords(Protocol):
    """Hashes and verifies passwords, one at a time.

    Both raise PasswordsBusy when too many wait, and wait themselves: no connection to the database should be
    held meanwhile, so they come before a handler's first write.
    """

    async def hashed(self, password: str, *, about: Sequence[str]) -> str:
        """The form in which a new password is stored (argon2id, its parameters and salt included).

        `about` is what others know of the person: username, name, e-mail address. Raises UnusablePassword,
        and GuessablePassword for one that is common or made of those.
        """
        ...

    async def verify(self, password: str, stored: str | None) -> Verdict:
        """Compare a typed password with a stored hash. Nothing stored takes as long as a mismatch."""
        ...

    async def close(self) -> None:
        """End what stands behind it; called once, by the composition root."""


CaptchaAction = Literal["sign_up", "sign_in"]
"""What a token was solved for: the operation that asks."""

CaptchaVerdict = Literal["passed", "refused", "unavailable", "misconfigured"]
"""`refused`: unknown, used, too old, or made for another site or action. `unavailable`: no answer in time.
`misconfigured`: the service does not accept the operator's secret."""


class Captcha(Protocol):
    """A service that tells people from programs, by a token which it gives to a page and takes back once."""

    @property
    def site_key(self) -> str:
        """What a page names to the service. Public."""
        ...

    @property
    def script(self) -> str:
        """The URL of the script that a page loads from the service."""
        ...

    async def judge(self, token: str, *, action: CaptchaAction, client_ip: str | None) -> CaptchaVerdict:
        """Ask about a token, which is spent by that. Takes 5 s at most; to be asked outside of a
        transaction."""
        ...

    async def close(self) -> None:
        """Give back what is held open. Nothing is asked afterwards."""
        ...


class Fate(Enum):
    """What became of an attempt to send a mail: `put_off` may be tried again, `refused` is for good, and of
    `unknown` nobody can say whether it arrived."""

    SENT = "sent"
    PUT_OFF = "put_off"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Delivery:
    """The fate of an attempt, and why, in one word for the operator."""

    fate: Fate
    reason: str


class MailGateway(Protocol):
    """Where mails go: to an SMTP server or into a directory."""

    async def deliver(
        self, id: str, to: str, message: bytes, *, before_the_end: Callable[[], Awaitable[None]]
    ) -> Delivery:
        """Hand over one message (RFC 5322, lines that end with CR LF) to one address.

        `before_the_end` is awaited when everything but the end of the message has been taken without an
        objection: only from then on can it arrive. If that raises, the message is not handed over, and what
        was raised is raised. Raises nothing else.
        """
        ...


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation with a language model. `role` says whose: `system`, `developer`, `user`
    or `assistant`.
    """

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class Question:
    """What a language model is asked: exactly what leaves the server, and to whom. `base_url` and `key` are
    None for the server's own providers; `max_tokens` bounds the answer.
    """

    provider: str
    base_url: str | None
    key: str | None
    model: str
    messages: Sequence[Message]
    max_tokens: int
    temperature: float | None


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of the answer's text, as it comes. Not empty."""

    text: str


@dataclass(frozen=True, slots=True)
class Usage:
    """How many tokens the provider says were used. What came from a cache is in `prompt_tokens`."""

    prompt_tokens: int
    completion_tokens: int


FinishReason = Literal["stop", "length", "content_filter"]


@dataclass(frozen=True, slots=True)
class End:
    """The answer is whole: why it ended, and what it used; None when the provider never says so."""

    finish_reason: FinishReason
    usage: Usage | None


UpstreamFault = Literal[
    "unreachable",  # no connection, or it broke before the answer began
    "timeout",  # nothing, or nothing more, within the time limits
    "overloaded",  # 429, or 503 with Retry-After
    "failed",  # any other 5xx
    "cut_off",  # the answer began and never ended
    "invalid",  # an answer that is none: wrong JSON, wrong shape, a redirect, too large
    "key_refused",  # 401 or 403: the operator's key is no good
    "unknown_model",  # 404: the operator's name for the model is no good
    "too_long",  # the provider says that the messages do not fit its model
    "refused",  # any other 4xx
    "queue_full",  # too many already wait for this provider here
]


class UpstreamFailed(Exception):
    """A question was not answered, or not to the end. Holds nothing of what the provider said.

    `retry_after_s` is when the provider wants to be asked again, if it said so.
    """

    def __init__(self, fault: UpstreamFault, *, retry_after_s: int | None = None) -> None:
        super().__init__(fault)
        self.fault: UpstreamFault = fault
        self.retry_after_s = retry_after_s


class LanguageModels(Protocol):
    """Whoever answers questions: outside services, and the server's own models."""

    @property
    def own(self) -> frozenset[str]:
        """The server's own providers that can be asked: `demo`, and `local` where it was set up."""
        ...

    def ask(self, question: Question) -> AsyncGenerator[Piece | End, None]:
        """The answer in pieces, and its End last. Raises UpstreamFailed, and nothing else.

        Asked again by itself only before the first piece. Closing the generator, or cancelling the task that
        is in it, closes the connection to the provider at once.
        """
        ...

    async def close(self) -> None:
        """Give back what is held open. Nothing is asked afterwards."""
        ...


@dataclass(frozen=True, slots=True)
class CodedCopy:
    """The same content in another coding: its bytes, and a strong ETag of its own."""

    body: bytes
    etag: str


@dataclass(frozen=True, slots=True)
class StaticFile:
    """A file that the server publishes, held in memory: exact bytes, media type and strong ETag (quoted
    SHA-256).

    An `unchanging` file has a digest of its bytes in its name.
    """

    name: str
    media_type: str
    body: bytes
    etag: str
    gzip: CodedCopy | None = None
    content_security_policy: str | None = None
    unchanging: bool = False


@dataclass(frozen=True, slots=True)
class Published:
    """The contract in force, byte for byte, the pages by their names, the page in place of an error document
    (`api/dashboard/problem_page.py`), and their static files by theirs.
    """

    yaml: StaticFile
    json: StaticFile
    version: str
    pages: Mapping[str, StaticFile]
    problem: StaticFile
    files: Mapping[str, StaticFile]


@dataclass(frozen=True, slots=True)
class Ports:
    """Everything from outside that handlers may be given. Without a captcha none is asked for."""

    randomness: Randomness
    policy: Policy
    published: Published
    passwords: Passwords
    sealing: Sealing
    captcha: Captcha | None
    models: LanguageModels
    calls: Calls

"""TLS on the public listener: 1.2 or newer, ciphers with forward secrecy, and a pair that can be renewed.

The certificate and its key are two files that some other program renews, often every few weeks, one file
after the other. Every handshake takes the newest pair that was whole and valid; connections that are open
keep theirs, and a pair that cannot be used leaves the one before it in place. Nothing is restarted for it.

Versions and ciphers follow RFC 9325 (sections 3.1.1, 4.1 and 4.2).
"""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from api.logs import Event, Logs
from api.settings import BadSetting

if TYPE_CHECKING:
    from api.metrics import Metrics

HANDSHAKE_SECONDS: Final = 10.0  # from the first byte to the last; a client that stalls is cut off then
# Closing includes sending what is still in memory: a slow reader of a large answer is given this long for it.
CLOSING_SECONDS: Final = 60.0
RENEWAL_SECONDS: Final = 2.0  # between two looks at the files
HSTS: Final = ("Strict-Transport-Security", "max-age=31536000")  # a year; subdomains are others' business

_CERTIFICATE: Final = "--tls-cert (CANDOR_TLS_CERT)"
_KEY: Final = "--tls-key (CANDOR_TLS_KEY)"
# Ephemeral keys and authenticated encryption. These are TLS 1.2's; all of 1.3's are of this kind.
_CIPHERS: Final = "ECDHE+AESGCM:ECDHE+CHACHA20"


class Unusable(BadSetting):
    """Certificate and key cannot be served. The text is a sentence for the operator, `reason` a word for the
    log."""

    def __init__(self, reason: str, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate chain and the key of its first certificate, ready for handshakes."""

    context: ssl.SSLContext
    expires_at: datetime


def load(certificate: Path, key: Path, *, now: datetime) -> Pair:
    """The pair in two PEM files. Raises Unusable."""
    leaf = _leaf(_read(certificate, _CERTIFICATE))
    _refuse_other_key(leaf, _read(key, _KEY))
    _refuse_other_time(leaf, now)
    context = _prepared(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))
    try:
        # Without a password OpenSSL would ask for one at the terminal if the file changed since it was read.
        context.load_cert_chain(certificate, key, password=lambda: b"")
    except (OSError, ValueError) as failure:
        word = getattr(failure, "reason", None) or "unreadable"
        raise Unusable("refused", f"OpenSSL does not take {_CERTIFICATE} and {_KEY} ({word}).") from None
    return Pair(context, leaf.not_valid_after_utc)


class Tls:
    """What the public listener presents, followed as the files change."""

    def __init__(self, certificate: Path, key: Path, *, metrics: Metrics, logs: Logs) -> None:
        """Load the pair. Raises Unusable."""
        self._certificate = certificate
        self._key = key
        self._metrics = metrics
        self._logs = logs
        self._seen = self._look()
        self._present(load(certificate, key, now=datetime.now(UTC)))
        self._listener = _prepared(_Listening(ssl.PROTOCOL_TLS_SERVER))
        self._listener.sni_callback = self._give

    header: Final = HSTS
    """What every answer carries (RFC 6797)."""

    def for_listener(self) -> dict[str, Any]:
        """What asyncio's `create_server` must be told."""
        return {
            "ssl": self._listener,
            "ssl_handshake_timeout": HANDSHAKE_SECONDS,
            "ssl_shutdown_timeout": CLOSING_SECONDS,
        }

    async def follow(self) -> None:
        """Take over what the files hold whenever they change, until cancelled."""
        while True:
            await asyncio.sleep(RENEWAL_SECONDS)
            looks = self._look()
            if looks != self._seen:
                self._seen = looks
                await self._renew()

    async def _renew(self) -> None:
        try:
            pair = await asyncio.to_thread(load, self._certificate, self._key, now=datetime.now(UTC))
        except Unusable as failure:
            self._logs.emit(Event.CERTIFICATE_NOT_RENEWED, reason=failure.reason)
            return
        self._present(pair)
        self._logs.emit(Event.CERTIFICATE_RENEWED)

    def _present(self, pair: Pair) -> None:
        self._pair = pair
        self._metrics.certificate_expires(pair.expires_at)

    def _give(
        self, connection: ssl.SSLSocket | ssl.SSLObject, name: str | None, listener: ssl.SSLContext
    ) -> None:
        """Called by OpenSSL for every handshake, whether or not the client names a host."""
        connection.context = self._pair.context

    def _look(self) -> tuple[object, ...]:
        return tuple(_appearance(path) for path in (self._certificate, self._key))


class _Handshake(ssl.SSLObject):
    """A connection that says why before it is closed.

    Event loops close at once when a handshake fails, and OpenSSL's alert (RFC 8446 section 6.2) stays unsent:
    the client would see a broken connection instead of, say, `protocol_version`. Asking for more bytes first
    has the alert sent; the client's next word, its leaving or the deadline then ends the connection.
    """

    outgoing: ssl.MemoryBIO
    _failure: ssl.SSLError | None = None

    def do_handshake(self) -> None:
        """Go on with the handshake. Raises ssl.SSLError."""
        if self._failure is not None:
            raise self._failure
        try:
            super().do_handshake()
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            raise
        except ssl.SSLError as failure:
            if not self.outgoing.pending:
                raise
            self._failure = failure
            raise ssl.SSLWantReadError from None


class _Listening(ssl.SSLContext):
    sslobject_class = _Handshake

    def wrap_bio(
        self, incoming: ssl.MemoryBIO, outgoing: ssl.MemoryBIO, *arguments: Any, **options: Any
    ) -> ssl.SSLObject:
        made = super().wrap_bio(incoming, outgoing, *arguments, **options)
        assert isinstance(made, _Handshake), "that is what `sslobject_class` says"
        made.outgoing = outgoing
        return made


def _prepared(context: ssl.SSLContext) -> ssl.SSLContext:
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(_CIPHERS)
    context.set_alpn_protocols(["http/1.1"])
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    return context


def _leaf(pem: bytes) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificates(pem)[0]
    except ValueError:
        raise Unusable("no_certificate", f"{_CERTIFICATE} names no file with a PEM certificate.") from None


def _refuse_other_key(leaf: x509.Certificate, pem: bytes) -> None:
    try:
        public = load_pem_private_key(pem, password=None).public_key()
    except TypeError:
        raise Unusable(
            "key_encrypted", f"The key that {_KEY} names is encrypted; it must be plain."
        ) from None
    except (ValueError, AttributeError):
        raise Unusable("no_key", f"{_KEY} names no file with a PEM private key.") from None
    of_key, of_leaf = (
        each.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        for each in (public, leaf.public_key())
    )
    if of_key != of_leaf:
        raise Unusable(
            "mismatched", f"The key of {_KEY} does not belong to the certificate of {_CERTIFICATE}."
        )


def _refuse_other_time(leaf: x509.Certificate, now: datetime) -> None:
    if now >= leaf.not_valid_after_utc:
        ended = leaf.not_valid_after_utc.date()
        raise Unusable("expired", f"The certificate that {_CERTIFICATE} names expired on {ended}.")
    if now < leaf.not_valid_before_utc:
        begins = leaf.not_valid_before_utc
        raise Unusable(
            "not_yet_valid", f"The certificate of {_CERTIFICATE} is not valid before {begins:%F %T} UTC."
        )


def _read(path: Path, setting: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as failure:
        raise Unusable(
            "unreadable", f"The file that {setting} names cannot be read ({failure.strerror})."
        ) from None


def _appearance(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None  # between the old file and the new one
    return found.st_ino, found.st_mtime_ns, found.st_size

"""A certificate authority of the tests' own, and the pairs that it issues for loopback addresses."""

from __future__ import annotations

import ipaddress
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

DAY = timedelta(days=1)
NAMES = [
    x509.DNSName("localhost"),
    x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
    x509.IPAddress(ipaddress.ip_address("::1")),
]

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


def rsa_key(bits: int = 2048) -> Key:
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def elliptic_key() -> Key:
    return ec.generate_private_key(ec.SECP256R1())


@dataclass(frozen=True, slots=True)
class PairFiles:
    """Where a certificate and its key lie."""

    certificate: Path
    key: Path

    @property
    def flags(self) -> dict[str, str]:
        return {"tls_cert": str(self.certificate), "tls_key": str(self.key)}

    @property
    def serial_number(self) -> int:
        return x509.load_pem_x509_certificate(self.certificate.read_bytes()).serial_number


class Authority:
    """Signs certificates that nobody but the tests trusts."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._key = elliptic_key()
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Authority of the tests")])
        usage = x509.KeyUsage(
            digital_signature=True,
            key_cert_sign=True,
            crl_sign=True,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            encipher_only=False,
            decipher_only=False,
        )
        now = datetime.now(UTC)
        own = (
            self._signed(self._name, self._key, now - DAY, now + 30 * DAY)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage, critical=True)
            .sign(self._key, hashes.SHA256())
        )
        self.file = directory / "authority.pem"
        self.file.write_bytes(own.public_bytes(Encoding.PEM))

    def issue(
        self,
        name: str,
        *,
        key: Key | None = None,
        begins: timedelta = -DAY,
        ends: timedelta = 10 * DAY,
        password: bytes | None = None,
    ) -> PairFiles:
        """A pair for this machine, in the files `name`.pem and `name`.key; times are counted from now."""
        of_server = key or elliptic_key()
        now = datetime.now(UTC)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
        certificate = (
            self._signed(subject, of_server, now + begins, now + ends)
            .add_extension(x509.SubjectAlternativeName(NAMES), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False
            )
            .sign(self._key, hashes.SHA256())
        )
        files = PairFiles(self._directory / f"{name}.pem", self._directory / f"{name}.key")
        files.certificate.write_bytes(certificate.public_bytes(Encoding.PEM))
        encryption = NoEncryption() if password is None else BestAvailableEncryption(password)
        files.key.write_bytes(of_server.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption))
        return files

    def client_context(self) -> ssl.SSLContext:
        """A client that trusts this authority and no other."""
        return ssl.create_default_context(cafile=self.file)

    def _signed(
        self, subject: x509.Name, key: Key, begins: datetime, ends: datetime
    ) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(begins)
            .not_valid_after(ends)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        )

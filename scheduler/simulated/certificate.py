"""The certificate a simulated gateway shows, in the shape of the real ones.

Self-signed, P-256, names teg, powerwall and powerpack, and no address. The key stays in memory
unless an identity file is asked for.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import ssl
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

NAMES: Final = ("teg", "powerwall", "powerpack")
# 25 years, as on real gateways. Fixed dates: a certificate does not depend on the clock of the day.
_NOT_BEFORE: Final = datetime(2018, 1, 1, tzinfo=UTC)
_NOT_AFTER: Final = datetime(2043, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class OwnCertificate:
    """A certificate with its key; the key is in no repr."""

    pem: str
    key_pem: bytes = field(repr=False)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the DER form, lower case hex."""
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(self.pem)).hexdigest()


def make_certificate(*, site_ca: bool = False) -> OwnCertificate:
    """A new certificate. With `site_ca` it names, like those since about 2023, a per-device
    authority as its issuer, and does not verify against itself alone."""
    key = ec.generate_private_key(ec.SECP256R1())
    common_name = secrets.token_hex(16)
    issuer = _name(f"{common_name} CA") if site_ca else _name(common_name)
    signer = ec.generate_private_key(ec.SECP256R1()) if site_ca else key
    names = x509.SubjectAlternativeName([x509.DNSName(name) for name in NAMES])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(_name(common_name))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_NOT_BEFORE)
        .not_valid_after(_NOT_AFTER)
        .add_extension(names, critical=False)
        .sign(signer, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM).decode()
    return OwnCertificate(pem, _key_pem(key))


def load_or_make(path: Path, *, site_ca: bool = False) -> OwnCertificate:
    """The certificate kept in `path`, or a new one that is then kept there with mode 0600.
    Raises ValueError when the file holds something else."""
    if path.exists():
        return _read(path)
    certificate = make_certificate(site_ca=site_ca)
    keep(certificate, path)
    return certificate


def keep(certificate: OwnCertificate, path: Path) -> None:
    """Write certificate and key to `path`, readable by its owner alone."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(certificate.pem.encode() + certificate.key_pem)


def server_context(certificate: OwnCertificate) -> ssl.SSLContext:
    """A server's TLS that shows the certificate, TLS 1.2 and up, and turns away unknown names."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    context.sni_callback = _check_name
    _load(context, certificate.pem.encode() + certificate.key_pem)
    return context


def _check_name(_socket: object, name: str | None, _context: ssl.SSLContext) -> int | None:
    """A client that connects by address sends no name; an unknown one ends the handshake."""
    if name is None or name in NAMES:
        return None
    return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME


def _load(context: ssl.SSLContext, pem: bytes) -> None:
    """`ssl` reads keys from files only: give it one that lives in memory where there is such."""
    if not hasattr(os, "memfd_create"):
        with tempfile.NamedTemporaryFile() as file:
            file.write(pem)
            file.flush()
            context.load_cert_chain(file.name)
        return
    descriptor = os.memfd_create("identity")
    try:
        os.write(descriptor, pem)
        context.load_cert_chain(f"/proc/self/fd/{descriptor}")
    finally:
        os.close(descriptor)


def _read(path: Path) -> OwnCertificate:
    text = path.read_bytes()
    try:
        certificate = x509.load_pem_x509_certificate(text)
        key = serialization.load_pem_private_key(text, password=None)
    except ValueError as error:
        raise ValueError(
            f"{path} does not hold a certificate with its key. Remove it to have a new one made."
        ) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ValueError(  # noqa: TRY004 - what is wrong is the file, not an argument
            f"{path} does not hold a P-256 key. Remove it to have a new one made."
        )
    pem = certificate.public_bytes(serialization.Encoding.PEM).decode()
    return OwnCertificate(pem, _key_pem(key))


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "US"),
            x509.NameAttribute(NameOID.STATE_OR_PROVINCE_NAME, "California"),
            x509.NameAttribute(NameOID.LOCALITY_NAME, "Palo Alto"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Tesla"),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, "Tesla Energy Products"),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )

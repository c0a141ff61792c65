"""Trust in one gateway's certificate: a SHA-256 fingerprint, compared inside the TLS handshake.

The gateway's certificate is self-signed, or issued by a CA that nobody has; names and dates in it
prove nothing. A stranger is noticed before the first byte of a request, so no password reaches
them.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import ssl
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from scheduler.errors import (
    GatewayIdentityError,
    GatewayProtocolError,
    GatewayUnreachableError,
    SettingsError,
)
from scheduler.outside import said

# Gateways drop a handshake that asks for a name they do not know; this one is in every
# certificate of theirs (vloschiavo/powerwall2 README, jrester/tesla_powerwall #28).
SERVER_NAME: Final = "powerwall"
CONNECT_SECONDS: Final = 10.0
MOST_NAMES: Final = 20
# A handshake sends no secret and costs nothing, so a stranger is looked at again soon.
LOOK_AGAIN_SECONDS: Final = 60.0
_HEX = re.compile(r"[0-9a-f]{64}")
_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a gateway shows of itself; only the fingerprint is worth comparing."""

    pem: str
    fingerprint: str
    """SHA-256 of the DER form, 64 lower-case hex digits."""
    subject: str
    names: tuple[str, ...]
    not_before: datetime | None
    not_after: datetime | None


def normalise(fingerprint: str) -> str:
    """64 lower-case hex digits of a fingerprint in any usual spelling. Raises SettingsError."""
    digits = re.sub(r"[\s:]", "", fingerprint).lower().removeprefix("sha256=")
    if _HEX.fullmatch(digits):
        return digits
    raise SettingsError(
        f'TOU_GATEWAY_FINGERPRINT: "{fingerprint[:100]}" is not a SHA-256 fingerprint. Write its '
        "64 hex digits, with or without colons; `tou gateway trust` shows them."
    )


def fingerprint_of(der: bytes) -> str:
    """SHA-256 of a certificate, 64 lower-case hex digits."""
    return hashlib.sha256(der).hexdigest()


def with_colons(fingerprint: str) -> str:
    """A fingerprint as people and openssl write it."""
    upper = fingerprint.upper()
    return ":".join(upper[index : index + 2] for index in range(0, len(upper), 2))


def read_certificate(path: Path) -> str:
    """The fingerprint of the first certificate of a PEM file. Raises SettingsError."""
    try:
        text = path.read_bytes()
    except OSError as error:
        raise SettingsError(
            f"TOU_GATEWAY_CERTIFICATE: {path} cannot be read: {error.strerror}. "
            "Run `tou gateway trust` to fetch the certificate, or correct the path."
        ) from None
    if der := _first_certificate(text):
        return fingerprint_of(der)
    raise SettingsError(
        f"TOU_GATEWAY_CERTIFICATE: {path} holds no PEM certificate. "
        "Run `tou gateway trust` to fetch it anew."
    )


def _first_certificate(text: bytes) -> bytes | None:
    """DER of the first certificate; the leaf, in a file with its chain."""
    match = _PEM.search(text)
    try:
        return ssl.PEM_cert_to_DER_cert(match[0].decode("ascii")) if match else None
    except ValueError:
        return None


def trusted_fingerprint(fingerprint: str | None, certificate: Path | None) -> str:
    """The one fingerprint that is trusted. Raises SettingsError where there is none, or two."""
    pinned = normalise(fingerprint) if fingerprint else None
    read = read_certificate(certificate) if certificate else None
    if pinned and read and pinned != read:
        raise SettingsError(
            f"TOU_GATEWAY_FINGERPRINT and TOU_GATEWAY_CERTIFICATE ({certificate}) name different "
            "certificates. Keep the one that `tou gateway trust` shows, and remove the other."
        )
    if found := pinned or read:
        return found
    raise SettingsError(
        "No certificate of the gateway is trusted yet. Run `tou gateway trust`, which shows its "
        "fingerprint and what to set; TOU_GATEWAY_FINGERPRINT or TOU_GATEWAY_CERTIFICATE names it."
    )


class Pin:
    """The certificate that a gateway must show."""

    __slots__ = ("_fingerprint", "_where")

    def __init__(self, fingerprint: str, where: str) -> None:
        self._fingerprint, self._where = fingerprint, where

    def compare(self, der: bytes | None) -> None:
        """Raises GatewayIdentityError for anybody else."""
        seen = fingerprint_of(der or b"")
        if seen == self._fingerprint:
            return
        raise GatewayIdentityError(
            f"{self._where} shows another certificate than the paired one, so nothing was sent to "
            f"it. Paired: {with_colons(self._fingerprint)}. Shown: {with_colons(seen)}. An upgrade "
            "of the gateway can replace its certificate; so can somebody between you and it. Run "
            "`tou gateway trust` after checking that the address is your gateway's.",
            retry_after=LOOK_AGAIN_SECONDS,
            delivered="no",
        )


@cache
def shared_context() -> ssl.SSLContext:
    """The client context of all gateways, a quarter of a megabyte; whom it speaks to, it does not
    ask."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


async def fetch_certificate(url: str) -> Certificate:
    """The certificate shown at a URL; no request is sent and nothing is trusted by it.

    Raises SettingsError for a URL that is not https, GatewayUnreachableError without an answer.
    """
    host, port = address_of(url)
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            _, writer = await asyncio.open_connection(
                host, port, ssl=shared_context(), server_hostname=SERVER_NAME
            )
    except (OSError, UnicodeError) as error:  # TimeoutError and SSLError are OSErrors
        reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or "no answer"
        raise GatewayUnreachableError(
            f"{url} shows no certificate ({reason}). Check TOU_GATEWAY_URL, the network, and that "
            "the gateway is on."
        ) from None
    der = writer.get_extra_info("ssl_object").getpeercert(True)
    writer.transport.abort()
    if not der:
        raise GatewayProtocolError(f"{url} speaks TLS but shows no certificate.")
    return describe(der)


def address_of(url: str) -> tuple[str, int]:
    """Host and port of an https URL that names a gateway and nothing else. Raises SettingsError."""
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname, parts.port or 443
    except ValueError:
        host, port, parts = None, 443, urlsplit("")
    if host is None or parts.scheme != "https":
        raise SettingsError(
            "TOU_GATEWAY_URL is not an https address. Write it such as https://powerwall or "
            "https://192.168.1.10; plain http would show the password to the network."
        )
    if parts.username or parts.password or parts.query or parts.fragment:
        raise SettingsError(
            f"TOU_GATEWAY_URL holds more than an address. Write https://{host} and give the login "
            "by TOU_GATEWAY_USERNAME and TOU_GATEWAY_PASSWORD."
        )
    if parts.path.strip("/"):
        raise SettingsError(
            f"TOU_GATEWAY_URL holds a path. Write https://{host}, without {parts.path}."
        )
    return host, port


def shown_address(url: str) -> str:
    """The URL as one spelling, such as https://192.168.1.10:8443. Raises SettingsError."""
    host, port = address_of(url)
    bracketed = f"[{host}]" if ":" in host else host
    return f"https://{bracketed}" if port == 443 else f"https://{bracketed}:{port}"


def describe(der: bytes) -> Certificate:
    """What a certificate says of itself; a part that cannot be read is left empty."""
    from cryptography import x509

    pem, fingerprint = ssl.DER_cert_to_PEM_cert(der), fingerprint_of(der)
    try:
        parsed = x509.load_der_x509_certificate(der)
        subject = said(parsed.subject.rfc4514_string())
        dates = parsed.not_valid_before_utc, parsed.not_valid_after_utc
    except ValueError:
        return Certificate(pem, fingerprint, "", (), None, None)
    try:
        found = parsed.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        names = tuple(said(name.value, limit=80) for name in found)[:MOST_NAMES]
    except (ValueError, x509.ExtensionNotFound):
        names = ()
    return Certificate(pem, fingerprint, subject, names, *dates)

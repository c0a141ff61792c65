"""The keys a simulated unit knows, how far each has come, and whether a request is signed well."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from scheduler.simulated.timepiece import Instant

WINDOW: Final = 120.0
"""Seconds in which the switch must be moved after a key was added."""
LONGEST_LIFE: Final = 30
"""Seconds for which a signature may be good at most."""
_LONGEST_DESCRIPTION: Final = 100


class KeyState(IntEnum):
    """How far a key has come."""

    PENDING = 1
    TIMED_OUT = 2
    VERIFIED = 3
    REMOVED = 4


@dataclass(slots=True)
class Paired:
    public_der: bytes
    state: KeyState
    description: str
    added: float
    """Machine time."""


class Keyring:
    """Keys by their public half."""

    def __init__(self) -> None:
        self._keys: dict[bytes, Paired] = {}

    def add(self, public_der: bytes, moment: Instant, description: str = "") -> None:
        """Take a key that waits for the switch; one that is verified stays so."""
        known = self._keys.get(public_der)
        if known is None or known.state is not KeyState.VERIFIED:
            text = description[:_LONGEST_DESCRIPTION]
            self._keys[public_der] = Paired(public_der, KeyState.PENDING, text, moment.elapsed)

    def verify(self, public_der: bytes) -> None:
        self._keys[public_der] = Paired(public_der, KeyState.VERIFIED, "", 0.0)

    def move_switch(self, moment: Instant) -> None:
        """Somebody switches a unit off and on: what waits is verified."""
        for each in self.all(moment):
            if each.state is KeyState.PENDING:
                each.state = KeyState.VERIFIED

    def remove(self, public_der: bytes) -> None:
        if public_der in self._keys:
            self._keys[public_der].state = KeyState.REMOVED

    def all(self, moment: Instant) -> list[Paired]:
        """Every key; those that waited too long have timed out."""
        for each in self._keys.values():
            if each.state is KeyState.PENDING and moment.elapsed - each.added > WINDOW:
                each.state = KeyState.TIMED_OUT
        return list(self._keys.values())

    def fault_of(self, message: Any, din: str, seconds: float, moment: Instant) -> str | None:
        """What is wrong with a signed message, by the name of the fault; None where nothing is.
        `seconds` is the gateway's own clock."""
        data = message.signature_data
        der, expires = data.signer_identity.public_key, data.rsa_data.expires_at
        key = self._keys.get(der)
        if key is None or key.state is KeyState.REMOVED:
            return "UNKNOWN_KEY_ID"
        signed = _signed(din, expires, message.protobuf_message_as_bytes)
        if not _fits(der, data.rsa_data.signature, signed):
            return self._why_not(message, der, data, expires)
        if expires < seconds:
            return "TIME_EXPIRED"
        return "TIME_TO_LIVE_TOO_LONG" if expires > seconds + LONGEST_LIFE else None

    def waits(self, message: Any, moment: Instant) -> bool:
        """Whether the key of a message is known and not verified."""
        key = self._keys.get(message.signature_data.signer_identity.public_key)
        self.all(moment)
        return key is not None and key.state in (KeyState.PENDING, KeyState.TIMED_OUT)

    def _why_not(self, message: Any, der: bytes, data: Any, expires: int) -> str:
        """For another device, where the inner message says so; else signed badly."""
        inner = message.protobuf_message_as_bytes
        for din in _dins(inner):
            if _fits(der, data.rsa_data.signature, _signed(din, expires, inner)):
                return "WRONG_PERSONALIZATION"
        return "INVALID_SIGNATURE"


def _dins(inner: bytes) -> list[str]:
    from scheduler.simulated.v1r.messages import envelope_of

    envelope = envelope_of(inner)
    return ["", *([envelope.recipient.din] if envelope is not None else [])]


def _signed(din: str, expires: int, inner: bytes) -> bytes:
    """The bytes under a signature: type RSA, domain energy device, DIN, expiry, end, message."""
    name = din.encode()
    head = bytes([0, 1, 7, 1, 1, 7, 2, len(name)]) + name
    return head + bytes([4, 4]) + struct.pack(">I", expires) + b"\xff" + inner


def _fits(der: bytes, signature: bytes, signed: bytes) -> bool:
    try:
        key = serialization.load_der_public_key(der)
    except ValueError:
        return False
    if not isinstance(key, rsa.RSAPublicKey):
        return False
    try:
        key.verify(signature, signed, padding.PKCS1v15(), hashes.SHA512())
    except InvalidSignature:
        return False
    return True

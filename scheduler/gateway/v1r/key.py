"""The RSA key that is paired with a Powerwall: read with care, made, and never shown.

Whoever has it can part the house from the grid, and can lock every other key out.
"""

from __future__ import annotations

import base64
import errno
import hashlib
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from scheduler import files
from scheduler.errors import SchedulerError, SettingsError

BITS: Final = 4096
_LEAST_BITS: Final = 2048
_LARGEST: Final = 20_000


@dataclass(frozen=True, slots=True)
class Key:
    """A private key in PEM, in no repr, and what may be shown of its public half."""

    pem: bytes = field(repr=False)
    public_der: bytes = field(repr=False)
    """PKCS#1, as the gateway keeps it."""

    @property
    def public_text(self) -> str:
        """The public half as it is registered: base64 of the PKCS#1 DER."""
        return base64.b64encode(self.public_der).decode()

    @property
    def short(self) -> str:
        """What tells this key from another: the begin of the SHA-256 of its public half."""
        return hashlib.sha256(self.public_der).hexdigest()[:8]


def read_key(path: Path) -> Key:
    """The key of a file that nobody else may read. Raises SettingsError or AccessError with the
    way out."""
    try:
        found = path.stat()
        text = files.read_bounded(path, _LARGEST)
    except FileNotFoundError:
        raise SettingsError(
            f"TOU_V1R_KEY: {path} does not exist. `tou gateway pair` makes a key and pairs it."
        ) from None
    except OSError as error:
        raise files.denied(path, error) or SettingsError(
            f"TOU_V1R_KEY: {path} cannot be read: {error.strerror}."
        ) from None
    if stat.S_IMODE(found.st_mode) & 0o077 and not _is_credential(path):
        raise SettingsError(
            f"TOU_V1R_KEY: {path} may be read or written by other users, and whoever has this key "
            f"can part the house from the grid. Run: chmod 600 {path}"
        )
    return key_of(text, path)


def _is_credential(path: Path) -> bool:
    """What systemd hands over is for its service alone, by rights that the mode does not show."""
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    return bool(folder) and path.parent == Path(str(folder))


def key_of(text: bytes, path: Path) -> Key:
    """The key in a PEM. Raises SettingsError that repeats nothing of it."""
    try:
        key = serialization.load_pem_private_key(text, password=None)
    except TypeError:
        raise SettingsError(
            f"{path}: the key is encrypted with a passphrase, which nobody can type at a boot. "
            "Take the passphrase off: openssl rsa -in KEY -out NEW"
        ) from None
    except ValueError:
        raise SettingsError(f"{path}: this is no private key in PEM form.") from None
    if not isinstance(key, rsa.RSAPrivateKey) or key.key_size < _LEAST_BITS:
        raise SettingsError(
            f"{path}: this is no RSA key of {BITS} bits. `tou gateway pair` makes one."
        )
    return _key(key)


def make_key(path: Path, *, bits: int = BITS) -> Key:
    """A new key, on the disk with 0600 when this returns. Never overwrites. Raises
    SchedulerError."""
    made = _key(rsa.generate_private_key(public_exponent=65537, key_size=bits))
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
    try:
        file = os.open(path, flags, 0o600)
        with os.fdopen(file, "wb") as stream:
            os.fchmod(file, 0o600)
            stream.write(made.pem)
            stream.flush()
            os.fsync(file)
    except OSError as error:
        if error.errno == errno.EEXIST:
            raise SchedulerError(
                f"{path}: exists already, and a key is never overwritten."
            ) from None
        raise files.denied(path, error) or SchedulerError(
            f"{path}: the key cannot be written: {error.strerror}."
        ) from None
    return made


def _key(key: rsa.RSAPrivateKey) -> Key:
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    der = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.PKCS1
    )
    return Key(pem, der)

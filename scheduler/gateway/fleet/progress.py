"""How far a set-up has come, beside the database (0600), so that it goes on where it was left."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from scheduler import files

PROGRESS: Final = ".fleet-setup"
KEY: Final = ".fleet-key.pem"
_LARGEST: Final = 100_000


@dataclass(slots=True)
class Progress:
    """What is known and done so far."""

    provider: str = ""
    region: str = ""
    domain: str = ""
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    """Kept until the sign-in is done, and no longer."""
    registered: list[str] = field(default_factory=list)
    """Regions in which the domain is registered."""
    signed_in: bool = False
    site: str = ""


class ProgressFile:
    """The file of a set-up."""

    def __init__(self, database: Path) -> None:
        self.path = database.with_suffix(PROGRESS)
        self.key_path = database.with_suffix(KEY)

    def read(self) -> Progress:
        """How far it has come; nothing where the file is missing or damaged."""
        try:
            data = json.loads(files.read_private(self.path, _LARGEST))
            known = {each.name for each in fields(Progress)}
            return Progress(**{name: data[name] for name in known & set(data)})
        except (FileNotFoundError, ValueError, TypeError, RecursionError):
            return Progress()

    def keep(self, progress: Progress) -> None:
        files.replace_private(self.path, json.dumps(asdict(progress), indent=1).encode())

    def forget(self) -> None:
        """Begin anew; the key stays."""
        self.path.unlink(missing_ok=True)

    def public_key(self) -> str:
        """The public half of the key, as PEM; made where there is none. Raises OSError."""
        try:
            found = files.read_private(self.key_path, _LARGEST)
            key = serialization.load_pem_private_key(found, None)
        except FileNotFoundError:
            key = ec.generate_private_key(ec.SECP256R1())
            files.replace_private(self.key_path, _private_pem(key))
        public = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return public.decode()


def _private_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )

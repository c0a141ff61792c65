"""What a pypowerwall proxy or server has to be told, and where its secret may be sent."""

from __future__ import annotations

import ipaddress
from typing import Annotated, Final, Literal
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator

from scheduler.environment import AWord, OptionalSecret, TransportSettings

DEFAULT_URL: Final = "http://127.0.0.1:8675"
# Names that a router or mDNS gives out; nobody on the internet can own one.
_LOCAL_ENDS: Final = (".local", ".lan", ".home", ".internal", ".home.arpa", ".localdomain")

Backend = Literal["unknown", "fleet", "v1r"]


def stays_home(host: str) -> bool:
    """Whether what is sent to a host stays in this machine or network, as far as its name or
    address tells."""
    try:
        return not ipaddress.ip_address(host.split("%", maxsplit=1)[0]).is_global
    except ValueError:
        name = host.lower().rstrip(".")
        return "." not in name or name.endswith(_LOCAL_ENDS)


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - raises for what is no port
    except ValueError:
        raise ValueError(f"is not an address. Write one such as {DEFAULT_URL}.") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"is not an address. Write one such as {DEFAULT_URL}.")
    if parts.username or parts.password:
        raise ValueError("has a login in it. Write the address alone.")
    return parts


def _url(text: str) -> str:
    """An address that may be asked: over plain http the secret can be read on the way."""
    parts = _parts(text.strip())
    if parts.scheme == "http" and not stays_home(str(parts.hostname)):
        raise ValueError(
            "is plain http to a host outside this network, where anybody on the way can read the "
            "secret. Write https, or a private address."
        )
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"


class ProxySettings(TransportSettings):
    """Where the proxy answers, the secret its controls ask for, and what stands behind it."""

    proxy_url: Annotated[str, AfterValidator(_url)] = DEFAULT_URL
    proxy_secret: OptionalSecret = None
    proxy_backend: Annotated[Backend, AWord] = "unknown"

    @property
    def address(self) -> str:
        return self.proxy_url

    @property
    def identity(self) -> str:
        """What tells this gateway from others."""
        return self.proxy_url.lower()


SETTINGS = ProxySettings

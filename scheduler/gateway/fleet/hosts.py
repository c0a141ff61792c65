"""Where the cloud answers, by who runs it and in which region; what an address must be."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

PROVIDERS: Final = ("tesla", "teslemetry", "tessie")
REGIONS: Final = ("na", "eu", "cn")


@dataclass(frozen=True, slots=True)
class Hosts:
    """The addresses of one provider, without a slash at the end."""

    api: str
    sign_in: str = ""
    """Where a person signs in; empty where the token is made on the provider's own pages."""
    tokens: str = ""
    """Where tokens are exchanged and refreshed; empty where they are not."""


# auth.tesla.com is not dependable for exchanges (Tesla, 2025-07-21); the fleet-auth host is.
_TESLA: Final = {
    "na": Hosts(
        "https://fleet-api.prd.na.vn.cloud.tesla.com",
        "https://auth.tesla.com",
        "https://fleet-auth.prd.vn.cloud.tesla.com",
    ),
    "eu": Hosts(
        "https://fleet-api.prd.eu.vn.cloud.tesla.com",
        "https://auth.tesla.com",
        "https://fleet-auth.prd.vn.cloud.tesla.com",
    ),
    "cn": Hosts(
        "https://fleet-api.prd.cn.vn.cloud.tesla.cn",
        "https://auth.tesla.cn",
        "https://fleet-auth.prd.vn.cloud.tesla.cn",
    ),
}
_OTHERS: Final = {
    "teslemetry": Hosts("https://api.teslemetry.com"),
    "tessie": Hosts("https://api.tessie.com"),
}


def hosts_of(provider: str, region: str) -> Hosts:
    return _OTHERS.get(provider) or _TESLA[region]


def region_of(text: str) -> str | None:
    """The region that a code, a refresh token or a claim begins with, such as `NA_...`."""
    word = text[:2].lower()
    return word if word in REGIONS and text[2:3] in ("", "_") else None


def checked_address(text: str) -> str:
    """An address without its last slash. Raises ValueError where a token could be read on the
    way: plain HTTP is for this machine alone."""
    address = text.rstrip("/")
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise ValueError("is not an address. Write one such as https://example.com.") from None
    if parts.scheme not in ("http", "https") or not host or parts.username or parts.query:
        raise ValueError("is not an address. Write one such as https://example.com.")
    if parts.scheme == "http" and not is_here(host):
        raise ValueError("must begin with https://, since a token is sent there.")
    return address


def is_here(host: str) -> bool:
    """Whether a host is this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

"""Having a gateway take a key, by way of the cloud: what is asked, and what the answers mean.

Plain values; the request itself is the cloud transport's. Answers come in two spellings, and now
and then as null.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from enum import IntEnum
from ipaddress import IPv4Address
from typing import Final, Protocol

from scheduler.gateway.base import Steps

DESCRIPTION: Final = "tou-scheduler"
_DEEPEST: Final = 12


class Pairing(IntEnum):
    """How far a key has come, by the gateway's own numbers."""

    UNKNOWN = 0
    PENDING = 1
    TIMED_OUT = 2
    VERIFIED = 3
    REMOVED = 4


class KeyCloud(Protocol):
    """What of the cloud transport is needed."""

    @property
    def relay(self) -> Callable[[Steps, Mapping[str, object]], Awaitable[object]]:
        """Hand a message on to the gateway at the house; its answer."""

    async def close(self) -> None:
        """Close the connections."""


def add_message(public_text: str) -> dict[str, object]:
    """Have a key taken, which then waits for the switch."""
    wanted = {
        "key_type": 1,
        "public_key": public_text,
        "authorized_client_type": 1,
        "description": DESCRIPTION,
    }
    return {"authorization": {"add_authorized_client_request": wanted}}


def list_message() -> dict[str, object]:
    """Which keys the gateway knows."""
    return {"authorization": {"list_authorized_clients_request": {}}}


def network_message() -> dict[str, object]:
    """Where the gateway answers."""
    return {"common": {"get_networking_status_request": {}}}


def state_in(answer: object, public_text: str) -> Pairing:
    """The state of a key in an answer that lists them; UNKNOWN where it is not among them."""
    for found in _mappings(answer):
        if found.get("public_key") == public_text:
            return _state(found.get("state"))
    return Pairing.UNKNOWN


def added_in(answer: object) -> Pairing:
    """The state of the key that was added."""
    for found in _mappings(answer):
        if "state" in found:
            return _state(found["state"])
    return Pairing.UNKNOWN


def address_in(answer: object) -> str | None:
    """The address on the home's network: of the wire first, then of the Wi-Fi that is in use;
    never of the mobile one."""
    for found in _mappings(answer):
        if "eth" not in found and "wifi" not in found:
            continue
        for name in ("eth", "wifi"):
            link = found.get(name)
            if isinstance(link, Mapping) and (name == "eth" or link.get("active_route")):
                address = _address(link.get("ipv4_config"))
                if address is not None:
                    return address
    return None


def _address(config: object) -> str | None:
    """Dotted text, or a number with the first part highest."""
    value = config.get("address") if isinstance(config, Mapping) else None
    try:
        if not isinstance(value, int | str) or isinstance(value, bool):
            return None
        address = IPv4Address(value)
    except ValueError:
        return None
    return str(address) if address.is_private and not address.is_unspecified else None


def _state(value: object) -> Pairing:
    if isinstance(value, int) and not isinstance(value, bool) and value in set(Pairing):
        return Pairing(value)
    word = str(value).upper().removeprefix("AUTHORIZED_STATE_")
    names = {"PENDING_VERIFICATION": "PENDING", "PENDING_VERIFICATION_TIMEOUT": "TIMED_OUT"}
    return Pairing.__members__.get(names.get(word, word), Pairing.UNKNOWN)


def _mappings(value: object, depth: int = 0) -> Iterator[Mapping[str, object]]:
    """Every object within an answer, the outer ones first."""
    if depth > _DEEPEST:
        return
    if isinstance(value, Mapping):
        yield value
        for each in value.values():
            yield from _mappings(each, depth + 1)
    elif isinstance(value, list):
        for each in value:
            yield from _mappings(each, depth + 1)

"""What a simulated unit answers to messages that the cloud hands on: its keys, and where it is."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from ipaddress import IPv4Address
from typing import Any, Final

from scheduler.simulated.v1r.unit import Unit

ADDRESS: Final = "127.0.0.1"


def relay_of(unit: Unit) -> Callable[[Mapping[str, Any]], object]:
    """The way from the cloud to a unit; see `fleet.door.Door.relay`."""

    def relay(message: Mapping[str, Any]) -> object:
        asked = message.get("authorization", {})
        if "add_authorized_client_request" in asked:
            return _added(unit, asked["add_authorized_client_request"])
        if "list_authorized_clients_request" in asked:
            return _listed(unit)
        if "get_networking_status_request" in message.get("common", {}):
            return _network()
        return None

    return relay


def _added(unit: Unit, wanted: Mapping[str, Any]) -> object:
    try:
        key = base64.b64decode(str(wanted["public_key"]), validate=True)
    except (binascii.Error, KeyError):
        return None
    unit.keyring.add(key, unit.turn(), str(wanted.get("description", "")))
    return _told("Authorization", "AddAuthorizedClientResponse", {"client": {"state": 1}})


def _listed(unit: Unit) -> object:
    clients = [
        {
            "type": 1,
            "description": each.description,
            "key_type": 1,
            "public_key": base64.b64encode(each.public_der).decode(),
            "roles": [1],
            "state": int(each.state),
            "verification": 1,
        }
        for each in unit.keyring.all(unit.turn())
    ]
    return _told("Authorization", "ListAuthorizedClientsResponse", {"clients": clients})


def _network() -> object:
    wired = {"enabled": True, "ipv4_config": {"address": int(IPv4Address(ADDRESS))}}
    found = {"eth": wired, "wifi": {"enabled": False}, "gsm": {"enabled": True}}
    return _told("Common", "GetNetworkingStatusResponse", found)


def _told(room: str, name: str, found: object) -> object:
    return {"message": {"Payload": {room: {"Message": {name: found}}}}}

"""How a cloud is given a message for the gateway at the house: Tesla hands on an envelope, and
Teslemetry has a call of its own for each (tesla-fleet-api 1.18.1).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

# By the name of the request: the path, and whether its fields are sent as a body.
_OWN: Final = {
    "add_authorized_client_request": ("/command/add_authorized_client", True),
    "list_authorized_clients_request": ("/command/authorized_clients", False),
    "get_networking_status_request": ("/command/networking_status", False),
}

Fields = Mapping[str, object]


def relayed(message: Fields, provider: str) -> tuple[str, Fields | None]:
    """The path below the site, and the body; none where it is a GET."""
    if provider == "teslemetry":
        for group in message.values():
            for name, fields in group.items() if isinstance(group, dict) else ():
                path, sends = _OWN[name]
                return path, fields if sends else None
    envelope = {"identifier_type": 1, "message": message}
    return "/command", {"command_type": "grpc_command", "command_properties": envelope}

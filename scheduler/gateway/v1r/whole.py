"""The library's client, made to replace no configuration that it did not get whole: before each
update it reads the file once more by itself, and nobody else sees that answer.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from scheduler.errors import GatewayProtocolError
from scheduler.gateway.v1r.bodies import is_whole


def careful(library: Any, where: str) -> Any:
    """The class of the client. Its updates raise GatewayProtocolError for half a file."""

    class Careful(library.PowerwallClient):  # type: ignore[misc]
        _updating = False

        async def write_config(self, updates: Mapping[str, object]) -> None:
            self._updating = True
            try:
                await super().write_config(updates)
            finally:
                self._updating = False

        async def _read_filestore(self, din: str, name: str) -> tuple[bytes, bytes]:
            blob, version = await super()._read_filestore(din, name)
            if self._updating:
                check_whole(json.loads(blob), where)
            return blob, version

    return Careful


def check_whole(config: object, where: str) -> None:
    """Raises GatewayProtocolError where this is not a unit's configuration."""
    if not isinstance(config, dict) or not is_whole(config):
        raise GatewayProtocolError(
            f"{where}: its configuration has no mode or no reserve in it. A write replaces the "
            "whole file, so nothing was written.",
            delivered="no",
        )

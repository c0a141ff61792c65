"""What v1r has to be told."""

from __future__ import annotations

import re
from typing import Annotated, Final

from pydantic import AfterValidator

from scheduler.environment import (
    Flag,
    OptionalPath,
    OptionalSecret,
    OptionalText,
    TransportSettings,
)

_HOST: Final = re.compile(r"(?:[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")


def _host(text: str | None) -> str | None:
    if text is not None and not _HOST.fullmatch(text):
        raise ValueError("write a name or an address alone, such as 10.42.1.40, without https://.")
    return text


class V1rSettings(TransportSettings):
    """Where the gateway answers, its password, and the key that is paired with it."""

    v1r_host: Annotated[OptionalText, AfterValidator(_host)] = None
    v1r_password: OptionalSecret = None
    """The whole password of the label."""
    v1r_key: OptionalPath = None
    """A PEM file of 0600."""
    v1r_full_password: Flag = False
    """Early Gateway 1 units take the whole password where others take its last five characters."""

    @property
    def address(self) -> str | None:
        return self.v1r_host and f"https://{self.v1r_host}"


SETTINGS = V1rSettings

"""What `tou mqtt` has to be told; docs/mqtt.md says what each means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final
from urllib.parse import SplitResult, urlsplit

from scheduler.environment import (
    Flag,
    FromEnvironment,
    OptionalPath,
    OptionalSecret,
    OptionalText,
    of_text,
)

_PORTS: Final = {"mqtt": 1883, "mqtts": 8883}
_ADVICE: Final = "Write one such as mqtt://broker:1883 or mqtts://broker:8883."


@dataclass(frozen=True, slots=True)
class Broker:
    """Where the broker answers."""

    host: str
    port: int
    encrypted: bool

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'mqtts' if self.encrypted else 'mqtt'}://{host}:{self.port}"


def parse_broker(text: str) -> Broker:
    """The broker of an address. Raises ValueError that does not repeat it: people write passwords
    into addresses."""
    try:
        parts = urlsplit(text.strip())
        port = parts.port
    except ValueError:
        raise ValueError(f"is not an address. {_ADVICE}") from None
    if parts.username is not None or parts.password is not None:
        raise ValueError(
            "has a user in it. Put the name into TOU_MQTT_USERNAME and the password into "
            "TOU_MQTT_PASSWORD or the credential mqtt_password."
        )
    if parts.scheme not in _PORTS or not parts.hostname or _more_than_a_place(parts):
        raise ValueError(f"is not a broker's address. {_ADVICE}")
    return Broker(parts.hostname, port or _PORTS[parts.scheme], parts.scheme == "mqtts")


def _more_than_a_place(parts: SplitResult) -> bool:
    return parts.path not in {"", "/"} or bool(parts.query or parts.fragment)


def parse_topic(text: str) -> str:
    """A topic without wildcards, slashes at its ends, or an empty part. Raises ValueError."""
    found = text.strip()
    if not found or len(found) > 100 or set(found) & set("+#$\0 ") or "" in found.split("/"):
        raise ValueError("is not a topic to put others below. Write one such as tou, or house/tou.")
    return found


def _discovery(text: str) -> str | None:
    return None if text.strip().lower() == "off" else parse_topic(text)


class MqttSettings(FromEnvironment):
    """Where the broker is, and what is told there."""

    mqtt_url: Annotated[
        Broker | None, of_text(lambda text: parse_broker(text) if text.strip() else None)
    ] = None
    mqtt_username: OptionalText = None
    mqtt_password: OptionalSecret = None
    mqtt_ca: OptionalPath = None
    mqtt_topic: Annotated[str, of_text(parse_topic)] = "tou"
    mqtt_discovery: Annotated[str | None, of_text(_discovery)] = "homeassistant"
    mqtt_set: Flag = False

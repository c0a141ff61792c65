"""What Home Assistant is told of a site: one device with its entities, in the form of 2026. Pure.

`object_id` is no longer heard since 2026.4; `default_entity_id` takes its place. Compared with the
source of 2026.11.0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from scheduler.outlets.mqtt.topics import Topics
from scheduler.setting import Mode
from scheduler.words import Outcome

Json = dict[str, Any]

_MODES: Final = [mode.value for mode in Mode]
_WORDS: Final = ["good", "waiting", "attention", "failing"]
_NAME: Final = "tou-scheduler"


@dataclass(frozen=True, slots=True)
class Entity:
    """One value of the state."""

    key: str
    name: str
    platform: str = "sensor"
    device_class: str | None = None
    more: tuple[tuple[str, Any], ...] = ()
    diagnostic: bool = False
    outlives: bool = False
    """Whether it tells something where the service is gone."""


def _chosen_from(options: list[str]) -> tuple[tuple[str, Any], ...]:
    return (("options", options),)


_PERCENT: Final = (("unit_of_measurement", "%"),)
_MEASURED: Final = (*_PERCENT, ("state_class", "measurement"))
_WHY: Final = (("json_attributes_template", "{{ {'reasons': value_json.reasons} | tojson }}"),)

ENTITIES: Final = (
    Entity("mode", "Mode", device_class="enum", more=_chosen_from(_MODES)),
    Entity("reserve", "Reserve", more=_PERCENT),
    Entity("wanted_mode", "Wanted mode", device_class="enum", more=_chosen_from(_MODES)),
    Entity("wanted_reserve", "Wanted reserve", more=_PERCENT),
    Entity("as_wanted", "As wanted", platform="binary_sensor"),
    Entity("charge", "Charge", device_class="battery", more=_MEASURED),
    Entity("rule", "Rule"),
    Entity("period", "Period"),
    Entity("next_at", "Next boundary", device_class="timestamp"),
    Entity("next_mode", "Next mode", device_class="enum", more=_chosen_from(_MODES)),
    Entity("override_until", "Override until", device_class="timestamp"),
    Entity("paused_until", "Paused until", device_class="timestamp"),
    Entity("confirmed_at", "Confirmed", device_class="timestamp", diagnostic=True),
    Entity("next_job_at", "Next job", device_class="timestamp", diagnostic=True),
    Entity("last_run_at", "Last run", device_class="timestamp", diagnostic=True),
    Entity(
        "last_outcome",
        "Last outcome",
        device_class="enum",
        more=_chosen_from([each.value for each in Outcome]),
        diagnostic=True,
    ),
    Entity("gateway", "Gateway", "binary_sensor", "connectivity", diagnostic=True),
    Entity(
        "health",
        "Health",
        device_class="enum",
        more=(*_chosen_from(_WORDS), *_WHY),
        diagnostic=True,
        outlives=True,
    ),
    Entity("problem", "Problem", "binary_sensor", "problem", diagnostic=True, outlives=True),
    Entity("running", "Service", "binary_sensor", "running", diagnostic=True, outlives=True),
)


def topic(prefix: str, topics: Topics) -> str:
    """Where the device is described."""
    return f"{prefix}/device/{topics.device}/config"


def birth_topic(prefix: str) -> str:
    """Where Home Assistant says that it is there."""
    return f"{prefix}/status"


def payload(
    topics: Topics, *, connection: str, version: str, expire_seconds: int, acts: bool
) -> Json:
    """The device. What only a running service can know is unavailable without one; every value
    expires, so that silence is seen. `connection` is where the last will is said."""
    return {
        "dev": {
            "ids": [topics.device],
            "name": f"Battery schedule {topics.site}",
            "mf": _NAME,
            "mdl": "Time-of-use scheduler",
            "sw": version,
        },
        "o": {"name": _NAME, "sw": version},
        "state_topic": topics.state,
        "availability": [{"topic": connection}, {"topic": topics.service}],
        "availability_mode": "all",
        "qos": 1,
        "cmps": {
            **{each.key: _component(each, topics, connection, expire_seconds) for each in ENTITIES},
            "end_override": _button(topics) if acts else {"p": "button"},
        },
    }


def _component(entity: Entity, topics: Topics, connection: str, expire_seconds: int) -> Json:
    found: Json = {
        "p": entity.platform,
        "unique_id": f"{topics.device}_{entity.key}",
        "default_entity_id": _entity_id(entity.platform, topics, entity.key),
        "name": entity.name,
        "value_template": _template(entity),
        "expire_after": expire_seconds,
        **dict(entity.more),
    }
    if entity.device_class:
        found["device_class"] = entity.device_class
    if entity.diagnostic:
        found["entity_category"] = "diagnostic"
    if entity.outlives:
        found["availability"] = [{"topic": connection}]
    if "json_attributes_template" in found:
        found["json_attributes_topic"] = topics.state
    return found


def _template(entity: Entity) -> str:
    """A null of the state renders as None, which Home Assistant takes for unknown."""
    if entity.platform != "binary_sensor":
        return f"{{{{ value_json.{entity.key} }}}}"
    value = f"value_json.{entity.key}"
    return f"{{{{ none if {value} is none else 'ON' if {value} else 'OFF' }}}}"


def _button(topics: Topics) -> Json:
    return {
        "p": "button",
        "unique_id": f"{topics.device}_end_override",
        "default_entity_id": _entity_id("button", topics, "end_override"),
        "name": "End override",
        "command_topic": topics.set,
        "payload_press": '{"clear": true}',
        "entity_category": "config",
    }


def _entity_id(platform: str, topics: Topics, key: str) -> str:
    return f"{platform}.{topics.device.lower().replace('-', '_')}_{key}"

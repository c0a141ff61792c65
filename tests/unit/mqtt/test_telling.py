"""What is told of a site, what Home Assistant is told of it, and what may be asked; in memory."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from scheduler.environment import names_of
from scheduler.outlets.mqtt import discovery, request
from scheduler.outlets.mqtt.message import gone, is_live, of_state
from scheduler.outlets.mqtt.request import RefusedError
from scheduler.outlets.mqtt.settings import MqttSettings, parse_broker, parse_topic
from scheduler.outlets.mqtt.topics import Topics, fit

PATIENCE = timedelta(minutes=6)


def state(**more: Any) -> dict[str, Any]:
    return {
        "site": "home",
        "now": "2026-11-25T12:00:00Z",
        "health": {"ok": True, "word": "good", "reasons": [], "details": []},
        "wanted": {
            "mode": "backup", "reserve_percent": 100.0, "rule": "charge", "period": None,
        },
        "confirmed": {"mode": "backup", "reserve_percent": 100.0, "at": "2026-11-25T11:00:00Z"},
        "read": {"charge": 55.54, "age_seconds": 4.0},
        "next": {"at": "2026-11-25T16:00:00Z", "mode": "autonomous", "reserve_percent": "hold",
                 "name": "hold it"},
        "next_job": None,
        "leases": [{"kind": "override", "until": "2026-11-25T13:00:00Z"}],
        "last_run": None,
        "gateway": {"reachable": True, "simulated": False},
        "service": {"running": True, "turned": "2026-11-25T11:59:50Z", "version": "9.9"},
        "dry_run": False,
        **more,
    }  # fmt: skip


def test_the_state_is_flat_and_says_when_it_was() -> None:
    told = of_state(state(), patience=PATIENCE)

    assert (told["at"], told["mode"], told["reserve"]) == ("2026-11-25T12:00:00Z", "backup", 100.0)
    assert (told["as_wanted"], told["charge"], told["next_reserve"]) == (True, 55.5, None)
    assert told["override_until"] == "2026-11-25T13:00:00Z"
    assert not [key for key, value in told.items() if isinstance(value, dict)]
    assert is_live(told)


def test_what_is_not_proven_is_not_told_as_it() -> None:
    told = of_state(state(confirmed=None), patience=PATIENCE)

    assert (told["as_wanted"], told["mode"], told["reserve"]) == (False, None, None)


def test_a_charge_of_an_hour_ago_is_not_told() -> None:
    told = of_state(state(read={"charge": 55.0, "age_seconds": 3600.0}), patience=PATIENCE)

    assert told["charge"] is None


def test_a_controller_that_hangs_leaves_no_old_word_behind() -> None:
    turned = {"running": True, "turned": "2026-11-25T11:50:00Z", "version": "9.9"}

    told = of_state(state(service=turned), patience=PATIENCE)

    assert (told["health"], told["problem"], told["running"]) == ("failing", True, True)
    assert (told["mode"], told["as_wanted"], told["charge"]) == (None, None, None)
    assert "has not looked for 10 min" in told["reasons"][0]


@pytest.mark.parametrize(("running", "health", "problem"), [(False, "failing", True), (None,) * 3])
def test_a_service_that_is_gone_has_the_same_keys_and_no_values(
    running: bool | None, health: str | None, problem: bool | None
) -> None:
    told = gone("home", "2026-11-25T12:00:00Z", "It is gone.", running=running)

    assert set(told) == set(of_state(state(), patience=PATIENCE))
    assert (told["health"], told["problem"], told["mode"]) == (health, problem, None)
    assert not is_live(told)


def test_long_reasons_are_shortened_and_few() -> None:
    health = {"ok": False, "word": "failing", "reasons": ["x" * 999] * 9}

    told = of_state(state(health=health), patience=PATIENCE)

    assert [len(reason) for reason in told["reasons"]] == [200] * 5


# --- Home Assistant


def described(**more: bool) -> dict[str, Any]:
    asked: dict[str, Any] = {
        "connection": "tou/home/connection",
        "version": "9.9",
        "expire_seconds": 150,
        "acts": True,
        **more,
    }
    return discovery.payload(Topics("tou", "home"), **asked)


ROOT = {"dev", "o", "state_topic", "availability", "availability_mode", "qos", "cmps"}
"""Of the keys that Home Assistant takes at the root of a device. These tables are ours, from
its source of 2026.11.0, whose package needs a newer Python than this one."""
COMMON = {
    "p", "unique_id", "default_entity_id", "name", "availability", "entity_category",
    "device_class", "value_template", "json_attributes_topic", "json_attributes_template",
}  # fmt: skip
OWN = {
    "sensor": {"expire_after", "options", "unit_of_measurement", "state_class"},
    "binary_sensor": {"expire_after"},
    "button": {"command_topic", "payload_press"},
}
CLASSES = {
    "sensor": {"enum", "timestamp", "battery"},
    "binary_sensor": {"connectivity", "problem", "running"},
}


def test_the_device_is_one_that_home_assistant_takes() -> None:
    told = described()

    assert set(told) == ROOT
    assert told["dev"]["ids"] == ["tou_home"]
    assert told["o"]["name"] == "tou-scheduler"
    assert told["availability_mode"] == "all"
    assert len(json.dumps(told)) < 16_000


@pytest.mark.parametrize("key", described()["cmps"])
def test_each_entity_is_one_that_home_assistant_takes(key: str) -> None:
    found = described()["cmps"][key]

    platform = found["p"]
    assert set(found) <= COMMON | OWN[platform]
    assert found["unique_id"] == f"tou_home_{key}"
    assert re.fullmatch(rf"{platform}\.[a-z0-9_]+", found["default_entity_id"])
    assert "object_id" not in found
    assert found.get("entity_category") in {None, "diagnostic", "config"}
    if "device_class" in found:
        assert found["device_class"] in CLASSES[platform]
    assert (found.get("device_class") == "enum") == ("options" in found)
    assert not ("options" in found and {"state_class", "unit_of_measurement"} & set(found))
    if platform != "button":
        assert found["expire_after"] == 150
        assert key in of_state(state(), patience=PATIENCE)


def test_what_outlives_the_service_is_there_without_it() -> None:
    found = described()["cmps"]

    for key in ("health", "problem", "running"):
        assert found[key]["availability"] == [{"topic": "tou/home/connection"}]
    assert {"topic": "tou/home/service"} in described()["availability"]
    assert "availability" not in found["mode"]


def test_an_entity_of_acting_is_taken_back_where_nobody_may_act() -> None:
    assert described(acts=False)["cmps"]["end_override"] == {"p": "button"}


def test_topics_and_ids_are_fit_and_never_shared() -> None:
    assert fit("home") == "home"
    names = ["a/b", "a+b", "a_b", "Haus am See", "#"]
    assert len({fit(name) for name in names}) == len(names)
    for name in names:
        assert re.fullmatch(r"[A-Za-z0-9_-]+", Topics("x/tou", name).device)
        assert re.fullmatch(r"x/tou/[A-Za-z0-9_-]+/state", Topics("x/tou", name).state)


# --- what is asked


def read(
    data: bytes | dict[str, Any] | list[int], *, retained: bool = False
) -> request.LeaseRequest:
    payload = data if isinstance(data, bytes) else json.dumps(data).encode()
    return request.read(payload, retained=retained)


ASKED = {"mode": "backup", "reserve": 100, "until": "2h"}


def test_a_setting_with_an_end_becomes_a_lease_with_who() -> None:
    found = read({**ASKED, "reason": "storm", "who": "Ann", "id": 7})

    assert found.path == "/leases"
    assert found.body == {
        "kind": "override", "mode": "backup", "reserve": 100, "until": "2h",
        "reason": "storm", "who": "mqtt: Ann",
    }  # fmt: skip
    assert found.id == 7


def test_an_override_is_ended_by_clear_alone() -> None:
    found = read({"clear": True})

    assert (found.path, found.body) == ("/leases/end", {"kind": "override", "who": "mqtt"})


BAD: dict[str, tuple[Any, str]] = {
    "no end": ({"mode": "backup", "reserve": 100}, 'no "until", so nothing would end it'),
    "an end of null": ({**ASKED, "until": None}, 'no "until"'),
    "an end that is no text": ({**ASKED, "until": 5}, "is not a text"),
    "no JSON": (b"backup", "not JSON"),
    "no object": ([1], "not an object"),
    "not UTF-8": (b"\xff\xfe\x00", "not JSON"),
    "no number": (b'{"mode": "backup", "reserve": NaN, "until": "2h"}', "not JSON"),
    "too deep": (b"[" * 1900, "not JSON"),
    "too long": ({"reason": "x" * 3000, **ASKED}, "longer than 2000 bytes"),
    "another key": ({**ASKED, "mod\n\x1be": 1}, "is not understood. There are mode, reserve"),
    "clear with more": ({"clear": True, **ASKED}, "alone"),
    "clear that is not true": ({"clear": "yes"}, "alone"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_meant_is_refused_with_the_way_out(name: str) -> None:
    data, why = BAD[name]

    with pytest.raises(RefusedError, match=re.escape(why)) as refused:
        read(data)
    assert str(refused.value).isprintable()


def test_a_retained_request_is_refused_since_it_would_come_again() -> None:
    with pytest.raises(RefusedError, match="come again with every connection"):
        read(ASKED, retained=True)


def test_a_refusal_carries_the_id_of_who_asked() -> None:
    with pytest.raises(RefusedError) as refused:
        read({"mode": "backup", "reserve": 5, "id": "a7"})
    assert refused.value.id == "a7"


# --- settings


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("mqtt://broker", "mqtt://broker:1883"),
        ("mqtts://broker", "mqtts://broker:8883"),
        ("mqtt://[::1]:1884/", "mqtt://[::1]:1884"),
    ],
)
def test_an_address_has_its_usual_port(text: str, shown: str) -> None:
    assert str(parse_broker(text)) == shown


@pytest.mark.parametrize(
    "text", ["broker", "http://x", "mqtt://", "mqtt://x:99999", "mqtt://x/y", "mqtt://u:hunter2@x"]
)
def test_an_address_that_is_none_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(ValueError, match=r"Write one such as|TOU_MQTT_USERNAME") as refused:
        parse_broker(text)
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize("text", ["", "a//b", "/a", "a/", "a/+", "#", "$SYS", "a b", "x" * 101])
def test_a_topic_that_others_cannot_stand_below_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="Write one such as tou"):
        parse_topic(text)


def test_every_setting_is_on_its_page() -> None:
    page = (Path(__file__).parents[3] / "docs" / "mqtt.md").read_text()

    assert [name for name in names_of(MqttSettings) if f"`{name}`" not in page] == []

"""`tou mqtt` as a process, beside a real service and before a real broker."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from scheduler import cli

from .conftest import PASSWORD, Broker, House, Listener


async def test_a_house_is_told_acted_on_and_lost(house: House, ear: Listener, base: str) -> None:
    """The whole way, in one life of one service: it takes seconds to begin."""
    key = {"TOU_ACT_KEY": "a key of at least thirty-two characters"}
    service = house.begin("run", **key)
    bridge = house.begin("mqtt", TOU_MQTT_SET="true", **key)
    state, result = f"{base}/home/state", f"{base}/home/result"
    await ear.until(lambda: (ear.json(state) or {}).get("as_wanted"))

    told, status = ear.json(state), house.status()
    assert ear.last[f"{base}/home/connection"] == ear.last[f"{base}/home/service"] == "online"
    assert (told["mode"], told["reserve"]) == (
        status["confirmed"]["mode"],
        status["confirmed"]["reserve_percent"],
    )
    assert told["rule"] == status["wanted"]["rule"]
    assert ear.json(f"{base}-ha/device/{base}_home/config")["state_topic"] == state

    # Without an end: refused with the reason, and nothing changes.
    await ear.say(f"{base}/home/set", {"mode": "backup", "reserve": 77, "id": "no end"})
    refused = await ear.until(lambda: ear.json(result))
    assert (refused["ok"], refused["id"]) == (False, "no end")
    assert 'no "until"' in refused["error"]
    assert house.status()["leases"] == []

    # With one: a lease, in force, with who asked.
    asked = {"mode": "backup", "reserve": 77, "until": "23:59", "reason": "storm", "who": "Ann"}
    await ear.say(f"{base}/home/set", {**asked, "id": "tonight"})
    taken = await ear.until(lambda: (found := ear.json(result))["id"] == "tonight" and found)
    assert (taken["ok"], taken["outcome"], taken["lease"]["reason"]) == (True, "confirmed", "storm")
    assert taken["lease"]["who"] == "mqtt: Ann"
    until = datetime.fromisoformat(taken["lease"]["until"])
    assert f"{until.astimezone(ZoneInfo(house.status()['timezone'])):%H:%M}" == "23:59"
    await ear.until(lambda: ear.json(state)["reserve"] == 77)
    assert ear.json(state)["override_until"] == taken["lease"]["until"]

    # What the service refuses is told in its words, and what is no time in ours.
    for number, (wrong, why) in enumerate(
        (({"mode": "warp"}, "warp"), ({"until": "soon"}, "soon"))
    ):

        def answer(number: int = number) -> Any:
            return (found := ear.json(result))["id"] == number and found

        await ear.say(f"{base}/home/set", {**asked, **wrong, "id": number})
        refused = await ear.until(answer)
        assert (refused["ok"], why in refused["error"]) == (False, True)

    await ear.say(f"{base}/home/set", {"clear": True, "id": "end"})
    ended = await ear.until(lambda: (found := ear.json(result))["id"] == "end" and found)
    assert (ended["ok"], ended["ended"][0]["kind"]) == (True, "override")
    await ear.until(lambda: ear.json(state)["override_until"] is None)

    # The service dies: no word of it is left that could be taken for one of now.
    service.send_signal(signal.SIGKILL)
    await ear.until(lambda: ear.last[f"{base}/home/service"] == "offline")
    told = ear.json(state)
    assert (told["running"], told["health"], told["mode"]) == (False, "failing", None)
    assert (told["as_wanted"], told["charge"], told["reasons"]) == (
        None,
        None,
        ["The service is not running."],
    )

    # And the last will, where we die ourselves.
    assert ear.last[f"{base}/home/connection"] == "online"
    bridge.send_signal(signal.SIGKILL)
    await ear.until(lambda: ear.last[f"{base}/home/connection"] == "offline")


async def test_a_stop_leaves_nothing_that_looks_like_now(
    house: House, ear: Listener, base: str
) -> None:
    bridge = house.begin("mqtt")
    await ear.until(lambda: ear.json(f"{base}/home/state"))

    bridge.send_signal(signal.SIGTERM)

    assert bridge.wait(60) == 0
    await ear.until(lambda: ear.last[f"{base}/home/connection"] == "offline")
    told = ear.json(f"{base}/home/state")
    assert (told["running"], told["health"]) == (None, None)
    assert told["reasons"] == ["`tou mqtt` was stopped."]
    assert "error" not in house.log("mqtt")


Tou = Callable[..., tuple[Any, str]]


def test_a_wrong_password_is_told_with_the_way_out_and_never_shown(
    tou: Tou, broker: Broker
) -> None:
    safe = {"TOU_MQTT_URL": broker.safe_url, "TOU_MQTT_CA": str(broker.ca)}
    wrong = {**safe, "TOU_MQTT_USERNAME": "ann", "TOU_MQTT_PASSWORD": "wrong-secret"}

    code, told = tou("mqtt", **wrong)

    assert code == 77
    assert 'does not let us in as user "ann". Check TOU_MQTT_USERNAME' in told
    assert "wrong-secret" not in told
    code, told = tou("mqtt", **safe)
    assert (code, "nobody without a name" in told) == (77, True)


async def test_a_password_comes_from_a_credential_over_tls(
    house: House, broker: Broker, ear: Listener, base: str
) -> None:
    (house.folder / "mqtt_password").write_text(f"{PASSWORD}\n")
    # A gateway's secret beside it is not for this process, and not read.
    (house.folder / "gateway_password").write_bytes(b"\xff no text")
    house.begin(
        "mqtt",
        TOU_MQTT_URL=broker.safe_url,
        TOU_MQTT_CA=str(broker.ca),
        TOU_MQTT_USERNAME="ann",
        TOU_GATEWAY="local",
        CREDENTIALS_DIRECTORY=str(house.folder),
    )

    await ear.until(lambda: ear.json(f"{base}/home/state"))

    told = str(ear.all) + house.log("mqtt")
    assert PASSWORD not in told


async def test_a_broker_that_takes_everything_and_shows_nothing_is_told(
    house: House, broker: Broker, ear: Listener, base: str
) -> None:
    house.begin(
        "mqtt",
        TOU_MQTT_URL=broker.safe_url,
        TOU_MQTT_CA=str(broker.ca),
        TOU_MQTT_USERNAME="mute",
        TOU_MQTT_PASSWORD=PASSWORD,
    )

    await ear.until(lambda: "in the broker's access list" in house.log("mqtt"))

    assert ear.last == {}


# The client's library leaves a socket whose TLS fails for the collector to close.
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_certificate_that_nobody_vouches_for_is_refused(tou: Tou, broker: Broker) -> None:
    code, told = tou("mqtt", TOU_MQTT_URL=broker.safe_url)

    assert code == 77
    assert "certificate that is not trusted" in told
    assert "TOU_MQTT_CA" in told
    gc.collect()
    code, told = tou("mqtt", TOU_MQTT_URL=broker.safe_url, TOU_MQTT_CA="nowhere.pem")
    assert (code, "TOU_MQTT_CA: nowhere.pem is not a file" in told) == (78, True)


async def test_without_a_broker_it_goes_on_trying_and_can_be_stopped(
    house: House, ear: Listener, base: str
) -> None:
    process = house.begin("mqtt", TOU_MQTT_URL="mqtt://127.0.0.1:1")
    await ear.until(lambda: "does not answer" in house.log("mqtt"))
    assert process.poll() is None

    process.send_signal(signal.SIGTERM)

    assert process.wait(60) == 0
    assert house.log("mqtt").count("does not answer") == 1


async def test_forget_deletes_all_that_the_broker_keeps(
    house: House, ear: Listener, base: str, tou: Tou
) -> None:
    bridge = house.begin("mqtt")
    await ear.until(lambda: ear.json(f"{base}/home/state"))
    code, told = await asyncio.to_thread(tou, "mqtt", "forget", **house.settings)
    assert (code, "Stop it first" in told) == (1, True)
    bridge.send_signal(signal.SIGTERM)
    bridge.wait(60)

    old = f"{base}/old/state"
    await ear.say(old, "{}", retain=True)
    code, told = await asyncio.to_thread(tou, "mqtt", "forget", "--site", "old", **house.settings)
    assert (code, f"deleted: {old}" in told) == (0, True)
    assert ear.json(f"{base}/home/state")

    code, told = await asyncio.to_thread(tou, "mqtt", "forget", **house.settings)

    assert code == 0, told
    assert f"deleted: {base}-ha/device/{base}_home/config" in told
    await ear.until(lambda: not any(ear.last.values()))


def test_an_address_that_is_none_and_a_name_that_is_none_are_told(tou: Tou) -> None:
    code, told = tou("mqtt", TOU_MQTT_TOPC="x", TOU_MQTT_TOPIC="a/#")

    assert code == 78
    assert "Did you mean TOU_MQTT_TOPIC?" in told
    assert "TOU_MQTT_TOPIC: is not a topic" in told
    code, told = tou("mqtt")
    assert (code, "such as mqtt://broker:1883" in told) == (78, True)
    code, told = tou("mqtt", "forget", TOU_MQTT_URL="mqtt://127.0.0.1:1")
    assert (code, "does not answer" in told) == (69, True)


def test_it_loads_neither_the_audit_nor_what_only_a_request_needs() -> None:
    text = (
        "import sys, scheduler.cli.mqtt, scheduler.outlets.mqtt.bridge; "
        "words = ('sqlalchemy', 'alembic', 'apscheduler', 'cryptography'); "
        "print([each for each in sys.modules if each.split('.')[0] in words])"
    )
    told = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)

    assert told.stdout == "[]\n"


@pytest.fixture
def tou(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Tou:
    """The command in this process, for what ends at once."""
    for name in list(os.environ):
        if name.startswith("TOU_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)

    def run(*words: str, **settings: Any) -> tuple[Any, str]:
        with monkeypatch.context() as within:
            within.setattr(sys, "argv", ["tou", *words])
            for name, value in settings.items():
                within.setenv(name, value)
            with pytest.raises(SystemExit) as ended:
                cli.main()
        told = capsys.readouterr()
        return ended.value.code, told.out + told.err

    return run

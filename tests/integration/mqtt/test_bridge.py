"""The bridge in this process, before a real broker: connections that end, births, many sites."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from scheduler.errors import AccessError
from scheduler.outlets.mqtt.bridge import Bridge, Program
from scheduler.outlets.mqtt.message import gone
from scheduler.outlets.mqtt.request import LeaseRequest
from scheduler.outlets.mqtt.settings import MqttSettings, parse_broker

from .conftest import Broker, Listener


class World:
    """The program around the bridge, as it is told to be."""

    def __init__(self, *sites: str) -> None:
        self.sites, self.looks = list(sites), 0
        self.acts: list[tuple[str, object]] = []
        self.mark = self.begun = 0
        self.fault: Exception | None = None
        self.go = threading.Event()
        self.go.set()

    def look(self) -> dict[str, Any]:
        if self.fault:
            raise self.fault
        self.looks += 1
        return {
            site: {**gone(site, "now", "x"), "look": self.looks, "as_wanted": True}
            for site in self.sites
        }

    def act(self, site: str, asked: LeaseRequest) -> dict[str, Any]:
        self.begun += 1
        assert self.go.wait(60)
        self.acts.append((site, asked.body))
        return {"outcome": "confirmed", "lease": {"id": "x"}, "error": None, "exit_code": 0}

    def program(self) -> Program:
        return Program(
            look=self.look,
            act=self.act,
            sign=lambda: self.mark,
            beat=lambda status: None,
            pulse=timedelta(hours=1),
            version="9.9",
        )


@asynccontextmanager
async def at_work(world: World, broker: Broker, base: str, **more: Any) -> AsyncIterator[None]:
    table = MqttSettings.model_construct(
        mqtt_url=parse_broker(broker.url),
        mqtt_username=None,
        mqtt_password=SecretStr("x") if more.get("mqtt_username") else None,
        mqtt_ca=None,
        mqtt_topic=base,
        **{"mqtt_discovery": f"{base}-ha", "mqtt_set": False, **more},
    )
    ended = asyncio.Event()
    task = asyncio.create_task(Bridge(table, world.sites[0], world.program()).run(ended))
    try:
        yield
    finally:
        ended.set()
        await asyncio.wait_for(task, 60)


async def test_what_is_told_is_kept_for_who_comes_later(
    broker: Broker, base: str, ear: Listener
) -> None:
    world = World("home")
    async with at_work(world, broker, base):
        await ear.until(lambda: ear.json(f"{base}/home/state"))
        ear.all.clear()

        await ear.client.unsubscribe([f"{base}/#", f"{base}-ha/#"])
        await ear.client.subscribe([(f"{base}/#", 1), (f"{base}-ha/#", 1)])

        # What is told anew meanwhile comes as well, and is not marked as kept.
        await ear.until(lambda: len({topic for topic, _, kept in ear.all if kept}) == 4)


async def test_a_birth_of_home_assistant_is_answered_by_the_description(
    broker: Broker, base: str, ear: Listener
) -> None:
    world = World("home")
    config = f"{base}-ha/device/{base}_home/config"
    async with at_work(world, broker, base):
        await ear.until(lambda: config in ear.last and ear.json(f"{base}/home/state"))
        ear.last.clear()

        await ear.say(f"{base}-ha/status", "online")

        await ear.until(lambda: config in ear.last and ear.json(f"{base}/home/state"))


async def test_an_offline_that_another_one_said_is_put_right_at_once(
    broker: Broker, base: str, ear: Listener
) -> None:
    world = World("home")
    async with at_work(world, broker, base):
        await ear.until(lambda: ear.json(f"{base}/home/state"))

        await ear.say(f"{base}/home/connection", "offline", retain=True)

        await ear.until(lambda: ear.last[f"{base}/home/connection"] == "online")


async def test_a_sign_of_the_audit_is_told_at_once_and_once_more(
    broker: Broker, base: str, ear: Listener
) -> None:
    world = World("home")
    async with at_work(world, broker, base):
        await ear.until(lambda: ear.json(f"{base}/home/state"))

        world.mark += 1

        await ear.until(lambda: (ear.json(f"{base}/home/state") or {}).get("look") == 3)


async def test_a_broker_that_was_away_is_told_the_state_of_now(
    broker: Broker, base: str, ear: Listener, tmp_path: Path
) -> None:
    from .conftest import Broker, Listener

    own = Broker(tmp_path, ca=broker.ca)
    (tmp_path / "passwords").write_bytes((broker.folder / "passwords").read_bytes())
    (tmp_path / "key.pem").write_bytes((broker.folder / "key.pem").read_bytes())
    (tmp_path / "access").write_text("")
    own.start()
    world = World("home")
    try:
        async with at_work(world, own, base):
            while not world.looks:
                await asyncio.sleep(0.02)
            own.stop()
            own.start()

            from aiomqtt import Client

            async with Client("127.0.0.1", own.open_port) as client:
                again = Listener(client)
                await client.subscribe(f"{base}/#", qos=1)
                await again.until(lambda: (again.json(f"{base}/home/state") or {}).get("look", 0))
                await again.until(lambda: again.last.get(f"{base}/home/connection") == "online")
                await again.close()
    finally:
        own.stop()


async def test_every_site_has_topics_and_a_device_of_its_own(
    broker: Broker, base: str, ear: Listener
) -> None:
    world = World("home", "cabin at the lake")
    async with at_work(world, broker, base, mqtt_set=True):
        await ear.until(lambda: len([t for t in ear.last if t.endswith("/state")]) == 2)
        configs = [json.loads(text) for topic, text in ear.last.items() if "/device/" in topic]

        assert len({config["dev"]["ids"][0] for config in configs}) == 2
        assert {f"{base}/home/connection"} == {each["availability"][0]["topic"] for each in configs}
        cabin = next(t for t in ear.last if t.endswith("/state") and "cabin" in t)
        asked = {"mode": "backup", "reserve": 5, "until": "next"}
        await ear.say(cabin.replace("/state", "/set"), asked)
        await ear.until(lambda: world.acts)
        assert world.acts[0][0] == "cabin at the lake"


async def test_acting_is_off_unless_it_is_switched_on(
    broker: Broker, base: str, ear: Listener
) -> None:
    world = World("home")
    async with at_work(world, broker, base):
        await ear.until(lambda: ear.json(f"{base}/home/state"))
        looks = world.looks

        await ear.say(f"{base}/home/set", {"mode": "backup", "reserve": 5, "until": "next"})
        world.mark += 1
        await ear.until(lambda: world.looks > looks)

        assert world.acts == []
        assert f"{base}/home/result" not in ear.last
        assert ear.json(f"{base}-ha/device/{base}_home/config")["cmps"]["end_override"] == {
            "p": "button"
        }


async def test_a_retained_request_is_refused_and_not_done(
    broker: Broker, base: str, ear: Listener
) -> None:
    world = World("home")
    asked = {"mode": "backup", "reserve": 5, "until": "next"}
    await ear.say(f"{base}/home/set", asked, retain=True)
    async with at_work(world, broker, base, mqtt_set=True):
        told = await ear.until(lambda: ear.json(f"{base}/home/result"))

    assert "without retain" in told["error"]
    assert world.acts == []
    await ear.say(f"{base}/home/set", "", retain=True)


async def test_a_flood_of_requests_is_refused_and_not_piled_up(
    broker: Broker, base: str, ear: Listener
) -> None:
    world = World("home")
    world.go.clear()
    answered = f"{base}/home/result"

    def answers() -> list[Any]:
        return [json.loads(text) for topic, text, _ in ear.all if topic == answered]

    async with at_work(world, broker, base, mqtt_set=True):
        await ear.until(lambda: ear.json(f"{base}/home/state"))
        try:
            for number in range(12):
                asked = {"mode": "backup", "reserve": 5, "until": "next", "id": number}
                await ear.say(f"{base}/home/set", asked)
                await ear.until(lambda: world.begun == 1)  # the others wait for the first
            await ear.until(lambda: len(answers()) == 3)
        finally:
            world.go.set()
        await ear.until(lambda: len(answers()) == 12)

    assert [each["id"] for each in answers() if "at once" in (each["error"] or "")] == [9, 10, 11]
    assert len(world.acts) == 9


async def test_who_may_not_ask_says_so_and_takes_leave(
    broker: Broker, base: str, ear: Listener
) -> None:
    world = World("home")

    async def life() -> None:
        async with at_work(world, broker, base):
            await ear.until(lambda: ear.json(f"{base}/home/state"))
            world.fault = AccessError()
            world.mark += 1
            await ear.until(lambda: ear.last[f"{base}/home/connection"] == "offline")

    with pytest.raises(AccessError):
        await life()
    assert ear.json(f"{base}/home/state")["reasons"] == ["`tou mqtt` was stopped."]


async def test_discovery_that_is_switched_off_is_taken_back(
    broker: Broker, base: str, ear: Listener
) -> None:
    config = f"homeassistant/device/{base}_home/config"
    await ear.client.subscribe(config, qos=1)
    await ear.say(config, {"an": "old one"}, retain=True)
    world = World("home")

    async with at_work(world, broker, base, mqtt_discovery=None):
        await ear.until(lambda: ear.last.get(config) == "")

"""Nothing secret leaves the client: not in a step, an error, its traces, or a log line."""

import asyncio
import json
import logging
import traceback
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from scheduler.errors import GatewayError
from scheduler.gateway.base import Part, Spend
from scheduler.setting import Mode, Setting
from scheduler.simulated import ALWAYS, SimulatedGateway

from .conftest import EMAIL, PASSWORD, Connect, Start, Told, at_speed

CHARGE = Setting(Mode.BACKUP, 100)


def _stranger(simulation: SimulatedGateway) -> None:
    simulation.change_certificate()


FAULTS = {
    "all is well": lambda _: None,
    "password lost": lambda s: setattr(s.faults, "password_reverted", True),
    "login lost": lambda s: setattr(s.faults, "login_lost", ALWAYS),
    "too many logins": lambda s: setattr(s.faults, "too_many", ALWAYS),
    "reads forbidden": lambda s: setattr(s.faults, "reads_forbidden", True),
    "sessions die": lambda s: setattr(s.faults, "kill_tokens", ALWAYS),
    "busy": lambda s: setattr(s.faults, "busy", ALWAYS),
    "bad gateway": lambda s: setattr(s.faults, "bad_gateway", ALWAYS),
    "answers break off": lambda s: setattr(s.faults, "drop", ALWAYS),
    "errors in a 200": lambda s: setattr(s.faults, "error_body", ALWAYS),
    "no mode": lambda s: setattr(s.faults, "null", {"real_mode": ALWAYS}),
    "no token": lambda s: setattr(s.faults, "without", {"token": ALWAYS}),
    "no operation": lambda s: setattr(s.faults, "missing", {"operation": ALWAYS}),
    "no commit": lambda s: setattr(s.faults, "answer_lost", {"config/completed": ALWAYS}),
    "stays down": lambda s: setattr(s.faults, "stays_down", ALWAYS),
    "gone": lambda s: setattr(s.faults, "refuse", True),
    "a stranger": _stranger,
}


ONLY_NEWER = ["password lost", "reads forbidden", "sessions die", "errors in a 200", "no token"]
PATHS = [("1.49", fault) for fault in FAULTS] + [("21.44", fault) for fault in ONLY_NEWER]


@pytest.mark.parametrize(("profile", "fault"), PATHS)
async def test_no_path_shows_a_secret(
    start: Start,
    connect: Connect,
    told: Told,
    session_file: Path,
    caplog: pytest.LogCaptureFixture,
    *,
    profile: str,
    fault: str,
) -> None:
    caplog.set_level(logging.DEBUG)
    simulation = await start(profile)
    username = "customer" if profile == "21.44" else "installer"
    client = connect(simulation, username=username, **at_speed(500))
    await client.read(told, spend=Spend.DUE)
    secrets = _secrets(session_file)
    FAULTS[fault](simulation)
    texts = []
    for part in Part:
        texts += await _attempt(client.read(told, spend=Spend.DUE, want=frozenset({part})))
    for ask in (client.update, client.make_safe, client.commit):
        texts += await _attempt(ask(told))
    simulation.device.drop_sessions()
    texts += await _attempt(client.read(told, spend=Spend.DUE))
    texts += await _attempt(client.write(CHARGE, None, told))
    await client.close()

    texts += [repr(client), repr(told.steps), caplog.text, str([r.args for r in caplog.records])]
    shown = "\n".join(texts)
    assert [each for each in secrets | _secrets(session_file) if each in shown] == []


async def test_a_secret_that_is_given_as_a_mode_is_not_read(
    start: Start, connect: Connect, told: Told
) -> None:
    simulation = await start("1.49")
    device = simulation.device
    device.send(replace(device.active, mode=PASSWORD))

    reading = await connect(simulation).read(told, spend=Spend.DUE)

    assert reading.setting is not None
    assert reading.setting.mode == "[hidden]"


def _secrets(session_file: Path) -> set[str]:
    session = json.loads(session_file.read_text())["session"]
    found = {PASSWORD, EMAIL}
    return found | ({session["token"], *session["cookies"].values()} if session else set())


async def _attempt(work: Any) -> list[str]:
    """The texts of what an attempt raises, with its traces and chain."""
    try:
        await asyncio.wait_for(work, 20)
    except GatewayError as error:
        chain = [error, error.__cause__, error.__context__]
        return [*traceback.format_exception(error), *map(repr, chain), str(error)]
    return []

"""What `tou mqtt` makes of a service's answers; no broker is needed for it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from scheduler import clock
from scheduler.cli.mqtt import Looker, act
from scheduler.errors import AccessError, ServiceSilentError
from scheduler.host.instance import Instance
from scheduler.httpserver import Bounds, Request, Response, Server, json_response, problem
from scheduler.outlets.mqtt.request import LeaseRequest
from scheduler.settings import Settings

ASKED = LeaseRequest("/leases", {"kind": "override"})
BOUNDS = Bounds(
    head=8192, body=8192, idle_seconds=5, request_seconds=5, send_seconds=5, connections=4
)

STATE = """{
 "site": "home", "now": "2026-11-25T12:00:00Z", "dry_run": false, "leases": [], "read": null,
 "health": {"ok": true, "word": "good", "reasons": []}, "next": null, "next_job": null,
 "wanted": {"mode": "backup", "reserve_percent": 100.0, "rule": "charge", "period": null},
 "confirmed": {"mode": "backup", "reserve_percent": 100.0, "at": "2026-11-25T11:00:00Z"},
 "last_run": null, "gateway": {"reachable": true, "simulated": false},
 "service": {"running": true, "turned": "2026-11-25T11:59:50Z", "version": "9.9"}
}"""


@pytest.fixture
async def answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[dict[str, Response]]:
    """A service of this database that answers by a table; what is not in it is refused."""
    monkeypatch.setenv("TOU_DATABASE", str(tmp_path / "tou.db"))
    table: dict[str, Response] = {}

    async def answer(request: Request) -> Response:
        return table.get(request.path, problem(403, "This user may not make the service act."))

    held, server = Instance(tmp_path / "tou.db"), Server(answer, bounds=BOUNDS)
    held.take()
    await server.listen_unix(tmp_path / "sock", mode=0o600)
    held.describe(since=clock.now(), gateway=None, control=tmp_path / "sock")
    yield table
    await server.close(grace=0.1)
    held.release()


async def test_who_may_not_act_is_told_how_that_is_mended(answers: dict[str, Response]) -> None:
    with pytest.raises(AccessError, match=r"may not make .* the same TOU_ACT_KEY; docs/mqtt.md"):
        await asyncio.to_thread(act, Settings(), "home", ASKED)


async def test_an_act_that_ends_in_the_middle_is_not_taken_for_done(
    answers: dict[str, Response],
) -> None:
    lines = json.dumps({"step": "write"}).encode() + b"\n"
    answers["/leases"] = Response(200, lines, content_type="application/x-ndjson")

    with pytest.raises(ServiceSilentError, match="ended before the act did"):
        await asyncio.to_thread(act, Settings(), "home", ASKED)


async def test_a_service_that_answers_nonsense_is_told_as_gone(
    answers: dict[str, Response],
) -> None:
    answers["/sites"] = json_response({"sites": [{"site": "home"}]})
    answers["/status"] = Response(500, b'{"error": "a defect"}', content_type="application/json")

    told = await asyncio.to_thread(Looker(Settings()).look)

    assert (told["home"]["health"], told["home"]["mode"]) == ("failing", None)
    assert told["home"]["reasons"] == ["a defect"]


@pytest.mark.parametrize("status", [{}, {"service": None}, {"site": "home", "service": {}}])
async def test_a_service_of_another_version_is_no_reason_to_die(
    answers: dict[str, Response], status: dict[str, Any]
) -> None:
    answers["/sites"] = json_response({"sites": [{"site": "home"}]})
    answers["/status"] = json_response(status)

    told = await asyncio.to_thread(Looker(Settings()).look)

    assert (told["home"]["health"], told["home"]["mode"]) == ("failing", None)
    assert "as another version does" in told["home"]["reasons"][0]


async def test_a_site_that_was_taken_away_does_not_stay_as_it_was(
    answers: dict[str, Response],
) -> None:
    looker, state = Looker(Settings()), json.loads(STATE)
    answers["/status"] = json_response(state)
    for sites in (["home", "cabin"], ["home"]):
        answers["/sites"] = json_response({"sites": [{"site": site} for site in sites]})
        told = await asyncio.to_thread(looker.look)

    assert told["home"]["as_wanted"] is True
    assert (told["cabin"]["as_wanted"], told["cabin"]["mode"]) == (None, None)
    assert told["cabin"]["reasons"] == ["The service has no such site any more."]


async def test_a_service_that_begins_is_told_as_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOU_DATABASE", str(tmp_path / "tou.db"))
    held = Instance(tmp_path / "tou.db")
    held.take()
    told = Looker(Settings()).look()
    held.release()

    assert told["home"]["reasons"] == ["The service is starting."]
    assert Looker(Settings()).look()["home"]["reasons"] == ["The service is not running."]

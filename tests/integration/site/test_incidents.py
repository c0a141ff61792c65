"""What a person should know: opened once, closed once, whatever restarts in between."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from scheduler.audit import review
from scheduler.errors import AuditUnwritableError, GatewayRefusedError, GatewayUnreachableError
from scheduler.site.incidents import AFTER, Incidents
from scheduler.site.state import Reason, to_json
from scheduler.words import Wake

from .conftest import Home, Lost


def told(house: Home) -> list[tuple[str | None, str]]:
    house.runs()
    events = review.events(house.database, kind="incident")
    return [(each.name, str(each.detail["reason"])) for each in events]


async def pulses(house: Home, minutes: float) -> None:
    for _ in range(int(2 * minutes)):
        house.clock.move(seconds=30)
        await house.look(Wake.PULSE)


def lose(house: Home, lost: Callable[..., GatewayUnreachableError], times: int) -> None:
    house.device.fails("read", *[lost() for _ in range(times)])


async def test_a_gateway_that_is_away_for_a_moment_opens_none(house: Home, lost: Lost) -> None:
    await house.look(Wake.START)
    lose(house, lost, 4)
    await pulses(house, 6)

    assert told(house) == []


async def test_a_gateway_that_stays_away_opens_one_and_closes_it_when_it_is_back(
    house: Home, lost: Lost
) -> None:
    await house.look(Wake.START)
    lose(house, lost, 14)
    await pulses(house, 6)
    state = to_json(house.state())
    await pulses(house, 4)

    assert told(house) == [("opened", "gateway_lost"), ("closed", "gateway_lost")]
    opened, closed = review.events(house.database, kind="incident")
    assert state["incidents"] == [
        {
            "id": opened.id,
            "reason": "gateway_lost",
            "text": state["health"]["reasons"][0],
            "word": "attention",
            "since": opened.detail["since"],
        }
    ]
    assert closed.detail["incident"] == opened.id
    assert 360 <= closed.detail["seconds"] <= 450
    assert house.state().incidents == ()


async def test_an_audit_that_is_gone_is_told_though_nothing_is_due(
    house: Home, caplog: pytest.LogCaptureFixture
) -> None:
    await house.look(Wake.START)
    path, away = house.database.path, house.database.path.with_name("away.db")
    path.rename(away)
    for _ in range(11):
        with suppress(AuditUnwritableError):
            await pulses(house, 1)

    assert house.reasons()["audit"].endswith("restart the service, which begins a new one.")
    assert caplog.text.count("a reading is not kept") == 1

    away.rename(path)
    await pulses(house, 6)

    assert "audit" not in house.reasons()
    assert told(house) == [("opened", "audit"), ("closed", "audit")]


async def test_a_reason_that_comes_and_goes_is_one_incident(house: Home, lost: Lost) -> None:
    await house.look(Wake.START)
    lose(house, lost, 14)
    await pulses(house, 7)
    await house.look(Wake.PULSE)
    lose(house, lost, 4)
    await pulses(house, 4)

    assert told(house) == [("opened", "gateway_lost"), ("closed", "gateway_lost")]


async def test_an_incident_is_not_opened_again_by_a_restart(house: Home, lost: Lost) -> None:
    await house.look(Wake.START)
    lose(house, lost, 40)
    await pulses(house, 7)

    await house.restart(gone_for=600)
    await house.look(Wake.START)
    await pulses(house, 7)

    assert told(house) == [("opened", "gateway_lost")]


async def test_what_is_over_when_a_process_starts_again_is_closed_by_it(
    house: Home, lost: Lost
) -> None:
    await house.look(Wake.START)
    lose(house, lost, 14)
    await pulses(house, 7)

    await house.restart(gone_for=600)
    await house.look(Wake.START)
    await pulses(house, 12)

    assert told(house) == [("opened", "gateway_lost"), ("closed", "gateway_lost")]


async def test_a_refusal_is_one_at_once_and_counts_the_runs_in_between(house: Home) -> None:
    house.device.fails("read", *[GatewayRefusedError("No.") for _ in range(3)])
    await house.look(Wake.START)
    for _ in range(3):
        await house.next(Wake.RETRY)
    await pulses(house, 2)

    assert told(house) == [("opened", "refused"), ("closed", "refused")]
    assert review.events(house.database, kind="incident")[-1].detail["runs"] == 3


async def test_a_setting_that_fails_for_minutes_is_one(house: Home) -> None:
    house.device.deaf = True
    await house.look(Wake.START)
    for _ in range(60):
        house.clock.move(seconds=10)
        await house.look(Wake.PULSE)

    assert told(house) == [("opened", "overdue")]


async def test_what_the_process_knows_beside_is_one_too(house: Home) -> None:
    broken = Reason("file_broken", "The file is broken.", None, "attention")
    house.site.told_beside = lambda: (broken,)
    await house.look(Wake.START)
    await pulses(house, 2)

    assert told(house) == [("opened", "file_broken")]


@pytest.mark.parametrize("quiet", ["other_writer", "file_differs", "trying"])
async def test_what_nobody_need_be_called_for_is_none(house: Home, quiet: str) -> None:
    incidents = Incidents(house.site.recorder, house.controller.known)
    reason = Reason(quiet, "So it is.", None, "attention")
    for minutes in range(60):
        await incidents.note([reason], house.clock.instant + timedelta(minutes=minutes))

    assert incidents.open == ()
    assert quiet not in AFTER


async def test_an_audit_that_cannot_be_written_is_told_when_it_can_be(
    house: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = house.start()
    kept = site.recorder.event
    failing = [True]

    async def event(kind: str, name: str, detail: dict[str, Any] | None = None) -> int:
        if failing[0]:
            raise AuditUnwritableError
        return await kept(kind, name, detail)

    monkeypatch.setattr(site.recorder, "event", event)
    incidents = Incidents(site.recorder, house.controller.known)
    at = house.clock.instant
    await incidents.note([Reason("audit", "It cannot be written.", at, "failing")], at)
    failing[0] = False
    await incidents.note([], at + timedelta(minutes=1))
    await incidents.note([], at + timedelta(minutes=3))

    assert told(house) == [("opened", "audit"), ("closed", "audit")]


async def test_an_audit_is_told_as_not_writable_until_something_was_written(
    house: Home, lost: Lost, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.look(Wake.START)
    await house.settle()
    failing = [True]
    kept = house.site.recorder.event

    async def event(kind: str, name: str, detail: dict[str, Any] | None = None) -> int:
        if failing[0]:
            raise AuditUnwritableError
        return await kept(kind, name, detail)

    monkeypatch.setattr(house.site.recorder, "event", event)
    lose(house, lost, 10)
    with pytest.raises(AuditUnwritableError):
        await house.look(Wake.PULSE)
    await pulses(house, 2)
    meanwhile = house.reasons()
    failing[0] = False
    await pulses(house, 8)

    assert {"audit", "gateway_lost"} <= meanwhile.keys()
    assert house.reasons() == {}
    assert told(house) == [("opened", "audit"), ("closed", "audit")]


async def test_a_peak_that_begins_while_the_gateway_is_away_is_made_true_when_it_is_back(
    house: Home, lost: Lost
) -> None:
    """The battery was filled overnight; the gateway does not answer from 7:50 to 9:20."""
    house.at(22, 5)
    await house.look(Wake.START)
    house.at(7, 50)
    lose(house, lost, 500)
    await pulses(house, 9)
    await house.next(Wake.BOUNDARY)
    await pulses(house, 80)
    house.device.errors.clear()
    house.clock.move(seconds=30)
    await house.look(Wake.PULSE)
    if house.controller.retry_in() is not None:
        await house.next(Wake.RETRY)
    await pulses(house, 2)

    assert house.device.shown().mode == "self_consumption"
    late = next(run for run in house.runs() if run.name == "run the house")
    assert late.outcome == "unreachable"
    assert (late.planned_at.hour, late.planned_at.minute) == (8, 0)
    assert house.runs()[-1].outcome == "confirmed"
    assert told(house) == [("opened", "gateway_lost"), ("closed", "gateway_lost")]
    assert house.reasons() == {}

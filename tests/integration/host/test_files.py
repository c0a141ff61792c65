"""The files of the schedule in force: kept in the audit, and watched on the disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from scheduler import clock, settings
from scheduler.audit import review
from scheduler.host.host import Host

SCHEDULE = """\
schedule: home
tariff: tariffs/own.yaml
rules:
  - {name: peak, during: on_peak, mode: self_consumption, reserve: 20%}
  - {name: rest, mode: self_consumption, reserve: 5%}
"""
TARIFF = """\
tariff: own
timezone: America/Los_Angeles
sources: [this test]
seasons: {all_year: 01-01..12-31}
windows:
  all_year:
    every_day: {on_peak: 16:00-21:00, off_peak: otherwise}
"""


@pytest.fixture
def tariff(tmp_path: Path) -> Path:
    (tmp_path / "tariffs").mkdir()
    path = tmp_path / "tariffs" / "own.yaml"
    path.write_text(TARIFF)
    return path


@pytest.fixture
def chosen(chosen: settings.Settings, tariff: Path, tmp_path: Path) -> settings.Settings:
    """A schedule with a tariff of its own."""
    (tmp_path / "home.yaml").write_text(SCHEDULE)
    return chosen


def kept(host: Host) -> list[dict[str, object]]:
    return [dict(each.detail) for each in review.events(host.opened.database, kind="schedule")]


async def test_the_texts_by_which_it_acts_are_kept_before_the_first_run(host: Host) -> None:
    entries = review.entries(host.opened.database)

    assert kept(host) == [{"text": SCHEDULE, "tariff": "tariffs/own.yaml", "tariff_text": TARIFF}]
    kinds = [each.kind for each in entries]
    assert kinds.index("schedule") < kinds.index("switch")


async def test_a_text_put_in_force_is_kept_and_the_same_one_is_not_kept_twice(
    host: Host, tmp_path: Path
) -> None:
    edited = SCHEDULE.replace("20%", "30%")
    for text in (SCHEDULE, edited, SCHEDULE):
        (tmp_path / "home.yaml").write_text(text)
        await host.reloads.reload()
        await host.keepers[0].quiet()

    assert [each["text"] for each in kept(host)] == [SCHEDULE, edited]


async def test_an_edit_of_the_tariff_alone_is_noticed(host: Host, tariff: Path) -> None:
    tariff.write_text(TARIFF.replace("16:00", "17:00"))
    await host.reloads.look()

    state = host.views.state(host.hosted[0].site, clock.now())

    assert state.schedule.file_differs
    assert "file_differs" in {reason.id for reason in state.reasons}

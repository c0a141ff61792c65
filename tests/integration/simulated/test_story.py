"""A story is played at its times, and read with places."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from scheduler.errors import ScheduleError
from scheduler.simulated import SimulatedGateway
from scheduler.simulated.device import Device
from scheduler.simulated.story import read_story, tell

START = datetime(2026, 7, 6, 22, 0, tzinfo=UTC)
"""15:00 in Los Angeles."""
STORY = """\
- {at: 15:50, restart: true, away: 2m, version: "20.49"}
- {after: 5m, faults: [busy:3, slow:0.5]}
- {after: 10m, well: true, stop: true}
- {after: 15m, forget_sessions: true}
"""


class Hands:
    """A clock that runs as fast as one sleeps."""

    def __init__(self, device: Device) -> None:
        self.device, self.instant = device, START
        self.seen: dict[Any, Any] = {}

    def now(self) -> datetime:
        return self.instant

    async def sleep(self, seconds: float) -> None:
        self.note()
        self.instant += timedelta(seconds=seconds)

    def note(self) -> None:
        faults = self.device.faults
        self.seen[round((self.instant - START).total_seconds() / 60)] = (faults.busy, faults.slow)


async def test_a_story_is_played_at_its_times(tmp_path: Path) -> None:
    path = tmp_path / "story.yaml"
    path.write_text(STORY)
    async with SimulatedGateway(profile="1.49") as gateway:
        hands = Hands(gateway.device)

        await tell(read_story(path), gateway.device, now=hands.now, sleep=hands.sleep)

        assert hands.seen[5] == (3, 0.5)
        assert hands.seen[15] == (0, 0.0)
        assert hands.instant == START + timedelta(minutes=50)
        assert 110 < gateway.device.away_seconds_left <= 120


BAD = {
    "at and after": ("{at: 15:50, after: 1m, stop: true}", "one of them"),
    "nothing": ("{at: 15:50}", "Nothing happens"),
    "an unknown key": ("{at: 15:50, stopp: true}", "not known here"),
    "an unknown fault": ("{after: 1m, faults: [bussy]}", "Did you mean busy"),
    "no time": ("{at: soon, stop: true}", "not a clock time"),
    "no scene": ("15:50", "A scene has"),
}


@pytest.mark.parametrize(("text", "told"), BAD.values(), ids=BAD.keys())
def test_a_bad_scene_is_told_with_its_place(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "story.yaml"
    path.write_text(f"- {{after: 1m, stop: true}}\n- {text}\n")

    with pytest.raises(ScheduleError) as raised:
        read_story(path)

    assert told in str(raised.value)
    assert "story.yaml:2:" in str(raised.value)

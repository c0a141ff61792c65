"""What the audit keeps of a reload."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from scheduler.schedule.load import parse_schedule
from scheduler.service.change import change, effect_of

NOW = datetime(2026, 10, 5, 7, tzinfo=UTC)
"""Midnight of Mon 2026-10-05 in Los Angeles."""
TEXT = """\
schedule: home
timezone: America/Los_Angeles
rules:
  - {name: evening, during: 16:00-21:00, mode: self_consumption, reserve: 20%}
  - {name: rest, mode: backup, reserve: 100%}
"""


def schedule(text):
    return parse_schedule(text, "/etc/home.yaml", folder=Path("nowhere")).schedule


def test_a_reload_keeps_the_digests_and_the_effect_of_the_edit():
    old, new = schedule(TEXT), schedule(TEXT.replace("20%", "5%"))

    detail = change(old, new, effect_of(old, new, NOW))

    assert detail == {
        "schedule": "home",
        "file": "home.yaml",
        "from": old.digest[:16],
        "to": new.digest[:16],
        "effect": "365 days change; first: Mon 2026-10-05 16:00, reserve 20 % -> 5 %",
    }


def test_a_comment_alone_is_no_change_in_behaviour():
    old, new = schedule(TEXT), schedule(f"# a remark\n{TEXT}")

    assert old.digest != new.digest
    assert effect_of(old, new, NOW) == "No change in behaviour"

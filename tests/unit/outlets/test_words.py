"""What the page and `tou why` say in sentences where the audit has data."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from scheduler.outlets.evidence import evidence_words
from scheduler.outlets.picture.day import DayPicture
from scheduler.outlets.picture.frame import wide
from scheduler.outlets.web.words import coded


@pytest.mark.parametrize(
    ("detail", "told"),
    [
        (
            {
                "after_seconds": 1800,
                "battery_w": -5000.0,
                "charge": 69.2243,
                "charge_before": 51.5,
                "effect": "seen",
                "evidence": "effect",
                "grid_w": 3707.71,
                "why": "the battery charges",
            },
            "the battery does it: the battery charges; "
            "battery -5.0 kW, grid 3.7 kW, charge 69 % (52 % before)",
        ),
        (
            {"effect": "cannot_tell", "why": "there is no reading of the meters"},
            "the meters cannot tell: there is no reading of the meters",
        ),
        (
            {"evidence": "accepted", "before": {"mode": "backup", "reserve_percent": 100.0}},
            "before: Backup-only, 100 %",
        ),
        ({"effect": "another"}, "another"),
        ({"battery_w": -0.0, "note": None}, "battery 0.0 kW"),
    ],
)
def test_evidence_is_told_in_words(detail: dict[str, object], told: str) -> None:
    assert evidence_words(detail) == told


@pytest.mark.parametrize(
    ("text", "markup"),
    [
        ("`tou run` begins one.", "<code>tou run</code> begins one."),
        ("a < b", "a &lt; b"),
        ("`<i>` and `b`", "<code>&lt;i&gt;</code> and <code>b</code>"),
        ("one ` alone", "one ` alone"),
    ],
)
def test_a_command_in_backquotes_is_shown_as_one(text: str, markup: str) -> None:
    assert str(coded(text)) == markup


def test_the_hours_are_drawn_also_after_a_change_of_half_an_hour() -> None:
    zone = ZoneInfo("Australia/Lord_Howe")
    start = datetime(2026, 10, 3, 13, 30, tzinfo=UTC)  # Sunday, on which 02:00 becomes 02:30
    end = start + timedelta(hours=23.5)
    day = DayPicture(start, end, start, zone, (), (), (), (), (), (), ())

    assert "".join(wide(day).hours(0, 10)).count("<line") == 9

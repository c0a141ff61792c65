"""The first page: short where it can be, and refreshed without a word where there is no script."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from starlette.testclient import TestClient

from scheduler.outlets.web import words

ZONE = ZoneInfo("America/Los_Angeles")
NOW = "2026-11-25T22:20:00Z"


@pytest.mark.parametrize(
    ("at", "told"),
    [
        ("2026-11-25T08:00:00Z", "00:00"),
        ("2026-11-26T07:59:00Z", "23:59"),
        ("2026-11-26T08:00:00Z", "Thu 00:00"),
        ("2026-11-20T08:00:00Z", "Fri 00:00"),
        ("2026-12-02T22:20:00Z", "2026-12-02 14:20"),
    ],
)
def test_an_instant_is_as_short_as_it_is_clear(at: str, told: str) -> None:
    assert words.near(at, NOW, ZONE) == told
    assert words.near(datetime.fromisoformat(at), datetime.fromisoformat(NOW), ZONE) == told


def test_a_percent_stays_with_its_number() -> None:
    assert words.setting({"mode": "backup", "reserve_percent": 100}) == "Backup-only, 100\u00a0%"


def test_the_first_page_looks_again_with_script_and_without(page: TestClient) -> None:
    text = page.get("/").text

    assert '<noscript><meta http-equiv="refresh" content="30"></noscript>' in text
    assert "data-again" in text
    assert '<script src="/page.js" type="module"></script>' in text

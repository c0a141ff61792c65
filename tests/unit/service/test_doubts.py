"""What the journal says of a doubtful schedule at the start, and what it costs."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from scheduler.schedule.load import parse_schedule
from scheduler.service import journal

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
TEXT = """\
schedule: Home
timezone: America/Los_Angeles
rules:
  - {name: charge, during: [01:00-02:00, 02:01-03:00], mode: backup, reserve: 95%}
  - {name: last, mode: self_consumption, reserve: 20%}
"""


def test_the_journal_shows_what_the_file_and_what_the_coming_year_make_doubtful(
    caplog: pytest.LogCaptureFixture,
) -> None:
    loaded = parse_schedule(TEXT, "home.yaml", folder=Path("nowhere"))

    journal.doubts(loaded, now=NOW)

    assert {record.levelname for record in caplog.records} == {"WARNING"}
    assert "[backup-below-100]" in caplog.text
    assert "[boundary-too-near]" in caplog.text


def test_the_journal_goes_on_where_the_time_to_come_cannot_be_laid_out(
    caplog: pytest.LogCaptureFixture,
) -> None:
    loaded = parse_schedule(TEXT, "home.yaml", folder=Path("nowhere"))

    journal.doubts(loaded, now=datetime(9999, 12, 30, tzinfo=UTC))

    assert "the time to come cannot be checked" in caplog.text

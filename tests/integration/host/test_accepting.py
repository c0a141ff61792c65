"""The service acts by no schedule that `tou check` refuses, and tells what is doubtful."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from scheduler import settings
from scheduler.errors import ScheduleError
from scheduler.host.sites import accepted_schedule

DOUBTFUL = """\
schedule: Home
timezone: America/Los_Angeles
rules:
  - {name: charge, during: [01:00-02:00, 02:01-03:00], mode: backup, reserve: 75%}
  - {name: last, mode: self_consumption, reserve: 20%}
"""
WRONG = """\
schedule: Home
tariff: tariffs/sce-tou-d-4-9pm.yaml
rules:
  - {name: charge, during: mid_peak, inset: 3h, mode: backup, reserve: 100%}
  - {name: last, mode: self_consumption, reserve: 20%}
"""


@pytest.fixture
def chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> settings.Settings:
    for name in [name for name in os.environ if name.startswith("TOU_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TOU_SCHEDULE", "home.yaml")
    return settings.load()


def test_what_the_file_and_what_the_coming_year_make_doubtful_is_told(
    chosen: settings.Settings, tmp_path: Path
) -> None:
    (tmp_path / "home.yaml").write_text(DOUBTFUL)

    told = {warning.id for warning in accepted_schedule(chosen).warnings}

    assert {"backup-below-100", "boundary-too-near"} <= told


def test_what_check_refuses_for_the_coming_year_is_refused_here(
    chosen: settings.Settings, tmp_path: Path
) -> None:
    (tmp_path / "home.yaml").write_text(WRONG)

    with pytest.raises(ScheduleError, match="inset-too-long"):
        accepted_schedule(chosen)

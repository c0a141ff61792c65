"""`tou diff`: what an edit changes, between files and git revisions."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from .conftest import Tou

SCHEDULE = """\
schedule: home
tariff: tariffs/own.yaml
rules:
  - {name: peak, during: on_peak, mode: self_consumption, reserve: RESERVE%}
  - {name: rest, mode: backup, reserve: 100%}
"""
TARIFF = """\
tariff: own
timezone: America/Los_Angeles
sources: [this test]
seasons: {all_year: 01-01..12-31}
windows:
  all_year:
    weekday: {on_peak: START-21:00, off_peak: otherwise}
    weekend: {off_peak: 00:00-24:00}
"""


def write(home: Path, reserve: int, start: str = "16:00") -> None:
    (home / "tariffs").mkdir(exist_ok=True)
    (home / "tariffs" / "own.yaml").write_text(TARIFF.replace("START", start))
    (home / "home.yaml").write_text(SCHEDULE.replace("RESERVE", str(reserve)))


def git(home: Path, *words: str) -> None:
    who = ("-c", "user.name=house", "-c", "user.email=house@example.org")
    subprocess.run(["git", "-C", str(home), *who, *words], check=True, capture_output=True)


@pytest.fixture
def edited(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository whose last commit had another reserve and another peak; uncommitted: 5 %."""
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    monkeypatch.setenv("TOU_SCHEDULE", str(home / "home.yaml"))
    git(home, "init", "-q")
    write(home, 20, start="17:00")
    git(home, "add", "home.yaml", "tariffs")
    git(home, "commit", "-q", "-m", "first")
    write(home, 5)
    return home


def test_two_files_are_compared_in_one_line_and_groups(tou: Tou, home: Path) -> None:
    write(home, 20)
    (home / "new.yaml").write_text(SCHEDULE.replace("RESERVE", "5"))

    lines = tou(
        "diff", "home.yaml", "new.yaml", "--from", "2026-10-05", "--days", "14"
    ).out.splitlines()

    assert lines[0] == "10 days change; first: Mon 2026-10-05 16:00, reserve 20 % -> 5 %"
    assert " ".join(lines[3].split()) == (
        "16:00-21:00 reserve 20 % -> 5 % 10 2026-10-05 2026-10-16 Mon-Fri"
    )


def test_json_has_the_groups_and_the_summary(tou: Tou, home: Path) -> None:
    write(home, 20)
    (home / "new.yaml").write_text(SCHEDULE.replace("RESERVE", "5"))

    answer = tou(
        "diff", "home.yaml", "new.yaml", "--from", "2026-10-05", "--days", "7", "--format", "json"
    )

    told = json.loads(answer.out)
    assert told["days_changed"] == 5
    assert told["first"]["at"] == "2026-10-05T23:00:00Z"
    assert told["groups"] == [
        {
            "from_time": "16:00",
            "to_time": "21:00",
            "old": {"mode": "self_consumption", "reserve_percent": 20.0},
            "new": {"mode": "self_consumption", "reserve_percent": 5.0},
            "days": 5,
            "first": "2026-10-05",
            "last": "2026-10-09",
            "weekdays": "Mon-Fri",
        }
    ]
    assert told["jobs"] == {"added": [], "removed": [], "moved": [], "altered": []}


def test_the_same_file_twice_changes_nothing(tou: Tou, home: Path) -> None:
    write(home, 20)

    answer = tou("diff", "home.yaml", "home.yaml")

    assert (answer.code, answer.out) == (0, "No change in behaviour\n")


@pytest.mark.parametrize("revision", ["HEAD", "HEAD:home.yaml"])
def test_a_revision_comes_with_the_tariff_of_its_time(
    tou: Tou, edited: Path, revision: str
) -> None:
    answer = tou("diff", revision, "home.yaml", "--from", "2026-10-05", "--days", "1")

    assert answer.code == 0, answer.err
    # The old peak began at 17:00, so from 16:00 to 17:00 the mode changes too.
    assert answer.out.startswith(
        "1 day changes; first: Mon 2026-10-05 16:00, "
        "mode Backup-only -> Self-Powered, reserve 100 % -> 5 %\n"
    )
    assert "17:00-21:00  reserve 20 % -> 5 %" in answer.out


def test_without_new_the_schedule_in_force_is_meant(tou: Tou, edited: Path) -> None:
    first, second = (tou("diff", "HEAD", *more).out for more in ((), ("home.yaml",)))

    assert first == second != "No change in behaviour\n"


REFUSED = {
    "the id of a tariff": ("octopus-go", "octopus-go is a tariff"),
    "a revision that does not exist": ("nothing-such", "neither a file nor a git revision"),
    "a path the revision lacks": ("HEAD:other.yaml", "git cannot show that"),
}


@pytest.mark.parametrize(("old", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_what_git_does_not_know_is_a_usage_error(
    tou: Tou, edited: Path, old: str, message: str
) -> None:
    answer = tou("diff", old, "home.yaml")

    assert answer.code == 2
    assert message in answer.err


def test_without_git_the_error_says_so(
    tou: Tou, edited: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(edited / "nowhere"))

    answer = tou("diff", "HEAD")

    assert answer.code == 2
    assert "git is not installed" in answer.err


def test_a_missing_file_is_a_configuration_error(tou: Tou) -> None:
    assert tou("diff", "missing.yaml", "missing.yaml").code == 78


def test_a_file_whose_folder_is_gone_is_read_from_its_revision(tou: Tou, edited: Path) -> None:
    (edited / "old").mkdir()
    shutil.copytree(edited / "tariffs", edited / "old" / "tariffs")
    shutil.copy(edited / "home.yaml", edited / "old" / "home.yaml")
    git(edited, "add", "old")
    git(edited, "commit", "-q", "-m", "old")
    shutil.rmtree(edited / "old")

    answer = tou("diff", "HEAD:old/home.yaml", "home.yaml")

    assert (answer.code, answer.out) == (0, "No change in behaviour\n")


def test_another_zone_is_said_first(tou: Tou, home: Path) -> None:
    write(home, 20)
    (home / "new.yaml").write_text(
        "schedule: home\ntimezone: UTC\nrules:\n  - {name: r, mode: backup, reserve: 100%}\n"
    )

    answer = tou("diff", "home.yaml", "new.yaml")
    told = json.loads(tou("diff", "home.yaml", "new.yaml", "--format", "json").out)

    assert answer.out.startswith("The zone changes from America/Los_Angeles to UTC.")
    assert told["timezones"] == {"old": "America/Los_Angeles", "new": "UTC"}


@pytest.mark.parametrize("columns", [20, 60, 80, 110])
def test_the_groups_fit_the_terminal(
    tou: Tou, home: Path, monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    write(home, 20)
    (home / "new.yaml").write_text(SCHEDULE.replace("RESERVE", "5").replace("backup", "autonomous"))
    monkeypatch.setenv("COLUMNS", str(columns))

    out = tou("diff", "home.yaml", "new.yaml", "--days", "14").out

    assert max(map(len, out.splitlines())) <= columns


def test_a_tariff_has_no_behaviour_to_compare(tou: Tou, home: Path) -> None:
    write(home, 20)

    answer = tou("diff", "tariffs/own.yaml", "home.yaml")

    assert answer.code == 2
    assert "tariffs/own.yaml is a tariff" in answer.err


def test_two_files_are_compared_whatever_the_settings_are(
    tou: Tou, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(home, 20)
    monkeypatch.setenv("TOU_PULSE", "never")

    assert tou("diff", "home.yaml", "home.yaml").code == 0
    assert tou("diff", "home.yaml").code == 78


def test_a_weekday_is_the_one_to_come(tou: Tou, home: Path) -> None:
    write(home, 20)
    write_new = SCHEDULE.replace("RESERVE", "5")
    (home / "new.yaml").write_text(write_new)

    told = tou("diff", "home.yaml", "new.yaml", "--from", "monday", "--days", "1").out

    assert "1 day changes; first: Mon " in told

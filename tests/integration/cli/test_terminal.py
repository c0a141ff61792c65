"""Wherever the answer goes, it breaks nothing: full disks, closed streams, terminals of ASCII."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ASCII = {"PYTHONIOENCODING": "ascii", "LC_ALL": "C"}
SCHEDULE = """\
schedule: Überschuss ☀
timezone: UTC
rules:
  - {name: nächtlich laden, mode: backup, reserve: 100%}
"""
VERBS = (("plan",), ("plan", "--format", "csv"), ("calendar", "--format", "json"), ("--help",))


def call(home: Path, *words: str, shell: str = "", **more: str) -> subprocess.CompletedProcess[str]:
    """`tou WORDS` as a process; `shell` redirects its streams."""
    (home / "home.yaml").write_text(SCHEDULE, encoding="utf-8")
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith("PYTEST")},
        "TOU_SCHEDULE": "home.yaml",
        **more,
    }
    command = f'"$0" -m scheduler "$@" {shell}'
    return subprocess.run(
        ["/bin/sh", "-c", command, sys.executable, *words],
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="strict",
        env=environment,
        cwd=home,
        check=False,
    )


@pytest.mark.parametrize("words", VERBS, ids=" ".join)
def test_a_full_disk_is_one_clear_error(home: Path, words: tuple[str, ...]) -> None:
    done = call(home, *words, shell=">/dev/full")

    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        "The answer cannot be written: No space left on device. Make room, or write elsewhere."
    )
    assert "Traceback" not in done.stderr
    assert "defect" not in done.stderr


@pytest.mark.parametrize("shell", [">&-", "2>&-", ">&- 2>&-"])
def test_closed_streams_are_no_error(home: Path, shell: str) -> None:
    done = call(home, "plan", shell=shell)

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("words", VERBS, ids=" ".join)
def test_a_terminal_of_ascii_breaks_nothing(home: Path, words: tuple[str, ...]) -> None:
    done = call(home, *words, **ASCII)

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("plan", "x" * 300), 78, "cannot be used: File name too long."),
        (("tariff", "show", "x" * 300), 78, "cannot be used: File name too long."),
        (("job", "\udcff"), 2, "is not UTF-8"),
        (("audit", "--site", "\udcff"), 2, "is not UTF-8"),
    ],
    ids=["a schedule", "a tariff", "a job", "a site"],
)
def test_a_word_that_can_name_nothing_is_answered(
    home: Path, words: tuple[str, ...], code: int, told: str
) -> None:
    assert call(home, "db", "upgrade").returncode == 0

    done = call(home, *words)

    assert (done.returncode, told in done.stderr) == (code, True), done.stderr
    assert "defect" not in done.stderr


def test_json_in_ascii_is_json(home: Path) -> None:
    done = call(home, "plan", "--format", "json", **ASCII)

    assert json.loads(done.stdout)["schedule"] == "Überschuss ☀"


def test_a_reader_that_has_seen_enough_hears_nothing(home: Path) -> None:
    done = call(home, "plan", "--days", "3000", shell="| head -1")

    assert done.stderr == ""

"""The Tab key: what the shells offer, asked of the shells themselves."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import Tou

SCHEDULE = """\
schedule: home
timezone: UTC
rules:
  - {name: charge at night, mode: backup, reserve: 100%}
  - {name: "evil\\e[2J", mode: backup, reserve: 100%}
jobs:
  - {name: firmware before the day, do: firmware_check, at: 07:15}
  - {name: "it's $(touch mark) `touch mark`", do: commit, at: 08:00}
"""
EVIL = "it's $(touch mark) `touch mark`"

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")


@pytest.fixture
def press(home: Path, tou: Tou, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """What bash offers for the words of a line, the last of which is being typed."""
    (home / "home.yaml").write_text(SCHEDULE)
    (home / "tou").write_text(f'#!/bin/sh\nexec {sys.executable} -m scheduler "$@"\n')
    (home / "tou").chmod(0o755)
    (home / "tou.bash").write_text(tou("completion", "bash").out)
    monkeypatch.setenv("TOU_SCHEDULE", "home.yaml")

    def offered(*words: str) -> list[str]:
        script = (
            'source ./tou.bash; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _tou ./tou;'
            ' [[ -z ${COMPREPLY[*]} ]] || printf "%s\\n" "${COMPREPLY[@]}"'
        )
        done = subprocess.run(
            ["bash", "-c", script, "bash", "tou", *words],
            capture_output=True, text=True, cwd=home, env=os.environ, check=True,
        )  # fmt: skip
        assert done.stderr == ""
        return done.stdout.splitlines()

    return offered


OFFERED = {
    ("pl",): ["plan"],
    ("tariff", "sh"): ["show"],
    ("tariff", "show", "pge-e-"): ["pge-e-6", "pge-e-elec", "pge-e-tou-b", "pge-e-tou-c",
                                   "pge-e-tou-d"],
    ("check", "sce-tou-d-4"): ["sce-tou-d-4-9pm"],
    ("plan", "--fo"): ["--format"],
    ("plan", "--format", ""): ["text", "json", "csv"],
    ("plan", "--format", "=", "j"): ["json"],
    ("plan", "--from", "to"): ["today", "tomorrow"],
    ("plan", "home.y"): ["home.yaml"],
    ("plan", "--days", "2", "home.y"): ["home.yaml"],
    ("plan", "--days", ""): [],
    ("job", "firm"): ["firmware before the day"],
    ("job", "firmware\\ be"): ["firmware before the day"],
    ("job", "'firmware be"): ["firmware before the day"],
    ("job", "--format", "json", "firm"): ["firmware before the day"],
    ("job", "it"): [EVIL],
    ("audit", "--job", "ch"): ["charge at night"],
    ("nonsense", "x"): [],
}  # fmt: skip


@pytest.mark.parametrize(("words", "names"), OFFERED.items(), ids=map(repr, OFFERED))
def test_bash_offers_what_fits(
    press: Callable[..., list[str]], home: Path, words: tuple[str, ...], names: list[str]
) -> None:
    assert press(*words) == names
    assert not (home / "mark").exists()


@pytest.mark.parametrize(
    "settings",
    [
        {"TOU_SCHEDULE": "missing.yaml"},
        {"TOU_SCHEDULE": "tou.bash"},
        {"TOU_PULSE": "nonsense", "TOU_SCHEDUEL": "x"},
        {"TOU_SETTINGS_FILE": "missing.env", "TOU_SCHEDULE": ""},
        {"TOU_SCHEDULE": "/dev/full"},
    ],
    ids=str,
)
def test_broken_settings_are_no_error_in_the_shell(
    press: Callable[..., list[str]],
    tou: Tou,
    monkeypatch: pytest.MonkeyPatch,
    settings: dict[str, str],
) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(name, value)

    press("job", "")
    answer = tou("completion", "--names", "jobs")

    assert (answer.code, answer.err) == (0, "")


def test_a_name_with_escapes_is_not_offered(
    tou: Tou, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "home.yaml").write_text(SCHEDULE)
    monkeypatch.setenv("TOU_SCHEDULE", "home.yaml")

    assert tou("completion", "--names", "rules").out == "charge at night\n"


def test_the_schedule_may_be_named_in_the_file_of_settings(
    tou: Tou, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "home.yaml").write_text(SCHEDULE)
    (home / "tou.env").write_text("TOU_SCHEDULE=home.yaml\n")
    monkeypatch.setenv("TOU_SETTINGS_FILE", "tou.env")

    assert "charge at night" in tou("completion", "--names", "names").out


def test_names_are_told_without_the_readers_of_settings_and_schedules() -> None:
    code = (
        "import sys; from scheduler.cli import known; known.names('jobs');"
        "print([m for m in ('pydantic', 'sqlalchemy', 'httpx') if m in sys.modules])"
    )
    place = Path(__file__).parents[3] / "schedules" / "sce-tou-d-a.yaml"

    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True, text=True, check=True, env={**os.environ, "TOU_SCHEDULE": str(place)},
    )  # fmt: skip

    assert done.stdout == "[]\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_can_read_its_script(tou: Tou, home: Path, shell: str) -> None:
    (home / "script").write_text(tou("completion", shell).out)
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")

    command = [shell, "-n", "script"]
    done = subprocess.run(command, cwd=home, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")

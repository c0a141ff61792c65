"""What this user may not read or write is said in one sentence with one code, by every command and
however the file was named; and never taken for "there is none" or for a defect."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from scheduler.audit.database import open_database

# Permissions do not bind root, so root becomes nobody, after importing what nobody may not: once,
# then a fork for each command.
STRANGER = """
import encodings, importlib, json, os, pkgutil, sys
import scheduler, pwd, _strptime, alembic.command, sqlalchemy.dialects.sqlite.pysqlite
for package in (scheduler, encodings):
    for each in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if not each.name.endswith(("__main__", ".mbcs", ".oem")) and "migrations" not in each.name:
            importlib.import_module(each.name)
from scheduler.cli import main

def run(words, told, folder, environment):
    out = os.open(told, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(out, 1)
    os.dup2(out, 2)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv[1:] = words
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
    main()

for line in sys.stdin:
    child = os.fork()
    if child == 0:
        run(**json.loads(line))
        sys.exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""

ALWAYS = """\
schedule: always
timezone: Etc/UTC
rules:
  - {name: run the house, mode: self_consumption, reserve: 5%}
"""


@pytest.fixture
def shelf(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that another user may enter, with a schedule; pytest's own are private."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    (folder / "home.yaml").write_text(ALWAYS)
    monkeypatch.delenv("TOU_DATABASE")
    monkeypatch.setenv("TOU_SCHEDULE", str(folder / "home.yaml"))
    monkeypatch.chdir(folder)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def state(shelf: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of state with an audit in it."""
    folder = shelf / "state"
    folder.mkdir()
    monkeypatch.setenv("STATE_DIRECTORY", str(folder))
    open_database(folder / "tou.db", create=True).close()
    yield folder
    folder.chmod(0o755)


@pytest.fixture(scope="module")
def stranger() -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", STRANGER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield process
        process.communicate(timeout=60)


AsStranger = Callable[..., tuple[int, str]]


@pytest.fixture
def as_stranger(stranger: subprocess.Popen[str], tmp_path: Path) -> AsStranger:
    """Runs a command; its exit code, and all that was said."""

    def run(*words: str) -> tuple[int, str]:
        assert stranger.stdin is not None
        assert stranger.stdout is not None
        told = tmp_path / "told"
        order = {
            "words": words,
            "told": str(told),
            "folder": str(Path.cwd()),
            "environment": dict(os.environ),
        }
        print(json.dumps(order), file=stranger.stdin, flush=True)
        return int(stranger.stdout.readline()), told.read_text()

    return run


def assert_denied(told: tuple[int, str], path: Path, act: str) -> None:
    code, words = told
    assert code == 77, words
    assert re.match(rf"{re.escape(str(path))}: this user \(\S+\) may not {act} it\. ", words), words
    assert len(words.splitlines()) == 1


READERS = (("status",), ("audit",), ("audit", "--format", "json"), ("db", "backup", "copy.db"))
ACTORS = (("apply",), ("db", "upgrade"), ("run",))


@pytest.mark.parametrize("words", READERS + ACTORS, ids=" ".join)
def test_a_state_folder_that_is_closed_to_this_user(
    as_stranger: AsStranger, state: Path, words: tuple[str, ...]
) -> None:
    state.chmod(0o000)

    code, told = as_stranger(*words)

    assert code == 77, told
    assert "may not read it" in told
    assert "none yet" not in told


@pytest.mark.parametrize("words", READERS, ids=" ".join)
def test_an_audit_that_this_user_may_not_read(
    as_stranger: AsStranger, state: Path, words: tuple[str, ...]
) -> None:
    (state / "tou.db").chmod(0o000)

    assert_denied(as_stranger(*words), state / "tou.db", "read")


def test_an_audit_that_this_user_may_only_read(as_stranger: AsStranger, state: Path) -> None:
    (state / "tou.db").chmod(0o444)
    state.chmod(0o555)

    assert as_stranger("audit", "--format", "json")[0] == 0
    assert_denied(as_stranger("apply"), state / "tou.db", "write")


@pytest.mark.parametrize(
    "words",
    [("check",), ("plan",), ("check", "FILE"), ("diff", "FILE"), ("tariff", "import", "FILE")],
    ids=" ".join,
)
def test_a_file_is_denied_in_the_same_words_however_it_is_named(
    as_stranger: AsStranger, shelf: Path, words: tuple[str, ...]
) -> None:
    path = shelf / "home.yaml"
    path.chmod(0o000)

    told = as_stranger(*(str(path) if word == "FILE" else word for word in words))

    assert_denied(told, path, "read")


def test_settings_that_cannot_be_read_are_never_taken_for_none(
    as_stranger: AsStranger, shelf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = shelf / "settings.env"
    path.write_text("TOU_GATEWAY=local\n")
    path.chmod(0o000)
    monkeypatch.setenv("TOU_SETTINGS_FILE", str(path))

    for words in (("status",), ("apply",), ("plan",)):
        assert_denied(as_stranger(*words), path, "read")


def test_a_password_that_cannot_be_read_is_missed_only_where_it_is_needed(
    as_stranger: AsStranger, state: Path, shelf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (shelf / "gateway_password").write_text("secret")
    (shelf / "gateway_password").chmod(0o000)
    state.chmod(0o777)
    (state / "tou.db").chmod(0o666)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(shelf))
    monkeypatch.setenv("TOU_GATEWAY", "local")
    monkeypatch.setenv("TOU_GATEWAY_FINGERPRINT", "ab" * 32)

    assert as_stranger("plan", "--days", "1")[0] == 0
    assert_denied(as_stranger("apply"), shelf / "gateway_password", "read")

"""`tou diff` in a repository that somebody else made: none of its programs is run."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from .conftest import Tou

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")

SCHEDULE = """\
schedule: home
timezone: UTC
rules:
  - {name: rest, mode: backup, reserve: RESERVE%}
"""


def git(folder: Path, *words: str) -> str:
    who = ("-c", "user.name=house", "-c", "user.email=house@example.org")
    done = subprocess.run(
        ["git", "-C", str(folder), *who, *words], check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.fixture
def hostile(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository in which every program that git knows of leaves a mark, also its environment;
    the mark's path is returned. Every way to the network is allowed."""
    monkeypatch.setenv("TOU_SCHEDULE", str(home / "home.yaml"))
    monkeypatch.setenv("TOU_GATEWAY_PASSWORD", "hunter2")
    mark = home / "mark"
    git(home, "init", "-q")
    for reserve in (20, 5):
        (home / "home.yaml").write_text(SCHEDULE.replace("RESERVE", str(reserve)))
        git(home, "add", "home.yaml")
        git(home, "commit", "-q", "-m", f"reserve {reserve}")
    program = home / "program"
    program.write_text(f"#!/bin/sh\nenv >> {mark}\ncat\n")
    program.chmod(0o755)
    for hook in ("post-checkout", "reference-transaction", "post-index-change", "fsmonitor"):
        shutil.copy(program, home / ".git" / "hooks" / hook)
    (home / ".gitattributes").write_text("* diff=evil filter=evil\n")
    for key in (
        "core.sshCommand", "core.fsmonitor", "core.pager", "core.editor", "core.askPass",
        "core.gitProxy", "credential.helper", "diff.external", "diff.evil.textconv",
        "diff.evil.command", "filter.evil.smudge", "filter.evil.clean", "filter.evil.process",
        "gpg.program", "alias.show", "alias.cat-file", "pager.show", "pager.cat-file",
    ):  # fmt: skip
        git(home, "config", key, str(program))
    for key, value in {
        "log.showSignature": "true",
        "core.repositoryFormatVersion": "1",
        "extensions.partialClone": "origin",
        "remote.origin.promisor": "true",
        "remote.origin.partialCloneFilter": "blob:none",
        "remote.origin.url": "ssh://nowhere.invalid/repository",
        "protocol.allow": "always",
        "protocol.ssh.allow": "always",
    }.items():
        git(home, "config", key, value)
    mark.unlink(missing_ok=True)
    return mark


def test_no_program_of_the_repository_is_run(tou: Tou, hostile: Path) -> None:
    answer = tou("diff", "HEAD~1", "--days", "7")

    assert answer.out.startswith("7 days change"), answer.err
    assert not hostile.exists()


def test_a_part_that_is_missing_is_not_fetched(tou: Tou, hostile: Path) -> None:
    blob = git(hostile.parent, "rev-parse", "HEAD~1:home.yaml")
    (hostile.parent / ".git" / "objects" / blob[:2] / blob[2:]).unlink()

    answer = tou("diff", "HEAD~1", "--days", "7")

    assert answer.code == 2
    assert "git cannot show that" in answer.err
    assert not hostile.exists()


def test_a_repository_that_never_answers_is_left(
    tou: Tou, hostile: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from scheduler.cli import repository

    monkeypatch.setattr(repository, "PATIENCE", 0.2)
    binary = hostile.parent / "bin"
    binary.mkdir()
    (binary / "git").write_text("#!/bin/sh\nsleep 60\n")
    (binary / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{binary}:/usr/bin:/bin")

    answer = tou("diff", "HEAD~1")

    assert answer.code == 2
    assert "git does not answer" in answer.err


def test_git_is_told_none_of_our_settings(
    tou: Tou, hostile: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    binary = hostile.parent / "bin"
    binary.mkdir()
    (binary / "git").write_text(f"#!/bin/sh\nenv > {hostile}\nexit 1\n")
    (binary / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{binary}:/usr/bin:/bin")
    monkeypatch.setenv("GIT_DIR", "/elsewhere")

    tou("diff", "HEAD~1")

    told = hostile.read_text()
    assert "PATH=" in told
    assert not [each for each in ("TOU_", "hunter2", "GIT_DIR") if each in told]


def test_a_message_of_git_cannot_move_the_cursor(tou: Tou, hostile: Path) -> None:
    answer = tou("diff", "HEAD:evil\x1b[2J.yaml")

    assert answer.code == 2
    assert "\x1b" not in answer.err


def test_a_file_of_a_revision_that_is_endless_is_not_read(tou: Tou, hostile: Path) -> None:
    home = hostile.parent
    (home / "home.yaml").write_text("# " + "x" * 300_000)
    git(home, "-c", "filter.evil.process=", "-c", "filter.evil.clean=cat", "add", "home.yaml")
    git(home, "commit", "-q", "-m", "long")

    answer = tou("diff", "HEAD", "HEAD~1")

    assert answer.code == 2
    assert "longer than 250,000 bytes" in answer.err

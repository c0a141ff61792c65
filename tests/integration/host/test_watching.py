"""Signs of life: what the supervisor hears, and what the lock file tells of the service."""

from __future__ import annotations

import os
import socket
from datetime import UTC, datetime
from pathlib import Path

import pytest

from scheduler.errors import LockedError, SchedulerError
from scheduler.host import instance
from scheduler.host.claim import Claim
from scheduler.host.instance import Instance, Presence
from scheduler.host.supervisor import notify

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_an_abstract_address_is_heard_too(monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"tou-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as made:
        made.bind("\0" + name)
        monkeypatch.setenv("NOTIFY_SOCKET", "@" + name)

        assert notify("READY=1", "STATUS=fine")

        assert made.recv(100) == b"READY=1\nSTATUS=fine"


def test_without_a_supervisor_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)

    assert notify("READY=1") is False


def test_the_lock_says_who_runs_and_afterwards_when_it_was_last_alive(tmp_path: Path) -> None:
    database = tmp_path / "tou.db"
    lock = Instance(database)
    lock.take()
    lock.describe(since=NOW, gateway=None)
    lock.beat(NOW)

    running = instance.inspect(instance.lock_path(database))
    lock.release()
    ended = instance.inspect(instance.lock_path(database))

    assert (running.running, running.since, running.pid) == (True, NOW, os.getpid())
    assert (ended.running, ended.since, ended.seen) == (False, None, NOW)


def test_a_second_service_is_told_the_first_ones_process(tmp_path: Path) -> None:
    first, second = Instance(tmp_path / "tou.db"), Instance(tmp_path / "tou.db")
    first.take()
    first.describe(since=NOW, gateway=None)

    with pytest.raises(SchedulerError, match=str(os.getpid())):
        second.take()


def test_only_the_first_of_two_acting_processes_is_alone(tmp_path: Path) -> None:
    first = Presence(tmp_path / "tou.db")
    first.settle()
    second = Presence(tmp_path / "tou.db")

    assert (first.alone, second.alone) == (True, False)

    first.leave()
    second.leave()
    third = Presence(tmp_path / "tou.db")
    assert third.alone
    third.leave()


def test_a_claim_names_both_processes_however_often_it_is_asked(tmp_path: Path) -> None:
    first, second = Claim(str(tmp_path)), Claim(str(tmp_path))
    assert first.take()
    assert first.rival(0.0) is None

    for ticks in range(50):
        assert not second.take()
        assert second.holder() == os.getpid()
        assert first.rival(float(ticks)) == os.getpid()

    assert first.rival(500.0) is None
    first.release()
    assert second.take()
    second.release()


def test_a_removed_lock_file_ends_nothing_and_is_put_back(tmp_path: Path) -> None:
    database = tmp_path / "tou.db"
    path, lock = instance.lock_path(database), Instance(database)
    lock.take()
    lock.describe(since=NOW, gateway=None)
    path.unlink()

    lock.beat(NOW)
    mended = lock.mend()

    assert mended
    assert instance.inspect(path).since == NOW
    with pytest.raises(SchedulerError, match="already runs"):
        Instance(database).take()


def test_a_service_whose_place_was_taken_meanwhile_is_told(tmp_path: Path) -> None:
    database = tmp_path / "tou.db"
    first, second = Instance(database), Instance(database)
    first.take()
    instance.lock_path(database).unlink()
    second.take()

    assert not first.mend()


def test_what_a_killed_service_told_of_itself_is_gone_when_the_next_one_begins(
    tmp_path: Path,
) -> None:
    database = tmp_path / "tou.db"
    first = Instance(database)
    first.take()
    first.describe(since=NOW, gateway={"url": "https://127.0.0.1:1", "fingerprint": "ab"})
    first.beat(NOW)
    first.release()

    second = Instance(database)
    alive_until = second.take()

    running = instance.inspect(instance.lock_path(database))
    assert (running.running, running.gateway, running.control) == (True, None, None)
    assert alive_until == NOW == running.seen


def test_whoever_starts_and_hangs_is_named_to_those_who_wait(tmp_path: Path) -> None:
    first = Presence(tmp_path / "tou.db")

    with pytest.raises(LockedError, match=f"Process {os.getpid()} is starting"):
        Presence(tmp_path / "tou.db", patience=0.05)

    first.settle()
    Presence(tmp_path / "tou.db", patience=0.05).leave()
    first.leave()

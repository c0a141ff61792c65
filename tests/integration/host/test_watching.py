"""Signs of life: the watchdog goes by the controller's turns, the lock file by the service's."""

from __future__ import annotations

import os
import socket
from datetime import UTC, datetime
from pathlib import Path

import pytest

from scheduler import clock, settings
from scheduler.errors import SchedulerError
from scheduler.host import instance
from scheduler.host.host import Service
from scheduler.host.instance import Instance, Presence
from scheduler.host.sites import open_site
from scheduler.host.supervisor import notify

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def ear(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A supervisor's socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as made:
        made.bind(str(tmp_path / "notify"))
        made.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        yield made


def heard(ear: socket.socket) -> str:
    try:
        return ear.recv(65536).decode()
    except BlockingIOError:
        return ""


@pytest.fixture
async def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for name in [name for name in os.environ if name.startswith("TOU_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("TOU_DATABASE", str(tmp_path / "tou.db"))
    chosen = settings.load()
    async with open_site(chosen) as site:
        yield Service(site, Instance(chosen.database_path))


async def test_the_watchdog_is_fed_after_a_turn(service, ear):
    service._site.recorder.turned()

    service._feed_watchdog(clock.monotonic(), 30.0)

    assert "WATCHDOG=1" in heard(ear)


async def test_the_watchdog_is_not_fed_when_the_controller_does_not_turn(service, ear):
    service._site.recorder.last_turn = clock.monotonic() - 61

    service._feed_watchdog(clock.monotonic(), 30.0)

    assert heard(ear) == ""


def test_an_abstract_address_is_heard_too(monkeypatch):
    name = f"tou-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as made:
        made.bind("\0" + name)
        monkeypatch.setenv("NOTIFY_SOCKET", "@" + name)

        assert notify("READY=1", "STATUS=fine")

        assert made.recv(100) == b"READY=1\nSTATUS=fine"


def test_without_a_supervisor_nothing_is_said(monkeypatch):
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)

    assert notify("READY=1") is False


def test_the_lock_says_who_runs_and_afterwards_when_it_was_last_alive(tmp_path):
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


def test_a_second_service_is_told_the_first_ones_process(tmp_path):
    first, second = Instance(tmp_path / "tou.db"), Instance(tmp_path / "tou.db")
    first.take()
    first.describe(since=NOW, gateway=None)

    with pytest.raises(SchedulerError, match=str(os.getpid())):
        second.take()


def test_only_the_first_of_two_acting_processes_is_alone(tmp_path):
    first = Presence(tmp_path / "tou.db")
    first.settle()
    second = Presence(tmp_path / "tou.db")

    assert (first.alone, second.alone) == (True, False)

    first.leave()
    second.leave()
    third = Presence(tmp_path / "tou.db")
    assert third.alone
    third.leave()

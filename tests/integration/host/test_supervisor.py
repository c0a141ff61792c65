"""What the service tells its supervisor, and that it does not wait for one that does not read."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scheduler.host import supervisor


@pytest.fixture
def ear(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as bound:
        bound.bind(str(tmp_path / "notify"))
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        yield bound


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float | None]:
    """How long each telling was ready to wait."""
    seen: list[float | None] = []

    class Watched(socket.socket):
        def sendall(self, data: Any, *flags: int) -> None:
            seen.append(self.gettimeout())
            return super().sendall(data, *flags)

    monkeypatch.setattr(socket, "socket", Watched)
    return seen


def test_a_supervisor_that_does_not_read_makes_no_switch_wait(
    ear: socket.socket, waits: list[float | None]
) -> None:
    told = [supervisor.notify(f"STATUS={number}") for number in range(2000)]

    assert (told[0], told[-1]) == (True, False)
    assert set(waits) == {0.0}


def test_what_is_said_once_is_worth_a_wait(ear: socket.socket, waits: list[float | None]) -> None:
    assert supervisor.notify("READY=1", "STATUS=well")

    assert waits == [0.5]
    assert ear.recv(100) == b"READY=1\nSTATUS=well"

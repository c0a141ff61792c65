"""No test speaks to anything but this machine."""

from __future__ import annotations

import ipaddress
import signal
import socket
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# The same examples on every machine, however slow: what lands is judged by the change, not by luck.
# `make soak` searches further, with examples that nobody has seen yet.
_steady = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("steady", _steady, derandomize=True)
settings.register_profile("search", _steady, print_blob=True)
settings.load_profile("steady")


# A shell gives what it starts in the background a deaf ear for Ctrl-C, and so do we in turn.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _is_here(address: Any) -> bool:
    if not isinstance(address, tuple):
        return True  # a path: AF_UNIX, or a kernel's own address
    host = str(address[0])
    try:
        return ipaddress.ip_address(host.split("%", maxsplit=1)[0]).is_loopback
    except ValueError:
        return host in {"localhost", ""}


@pytest.fixture(autouse=True)
def _only_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex

    def guarded(self: socket.socket, address: Any) -> None:
        if not _is_here(address):
            raise AssertionError(f"a test tried to reach {address}")
        return connect(self, address)

    def guarded_ex(self: socket.socket, address: Any) -> int:
        if not _is_here(address):
            raise AssertionError(f"a test tried to reach {address}")
        return connect_ex(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)
    monkeypatch.setattr(socket.socket, "connect_ex", guarded_ex)

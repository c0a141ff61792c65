"""Tells systemd how the service is; does nothing where no supervisor listens."""

from __future__ import annotations

import logging
import os
import socket
import time

log = logging.getLogger(__name__)

_ONCE = ("READY=", "RELOADING=", "STOPPING=")


def listens() -> bool:
    """Whether there is a supervisor to tell."""
    return bool(os.environ.get("NOTIFY_SOCKET"))


def watchdog_seconds() -> float | None:
    """How soon the supervisor ends a process that it hears nothing of; None where it does not."""
    pid, microseconds = os.environ.get("WATCHDOG_PID"), os.environ.get("WATCHDOG_USEC", "")
    if not microseconds.isdecimal() or (pid and pid != str(os.getpid())):
        return None
    return int(microseconds) / 1e6 or None


def notify(*lines: str) -> bool:
    """Send the lines to `$NOTIFY_SOCKET`; False where there is none, or nobody takes them.

    A datagram to a socket, as sd_notify(3) does; an address that begins with @ is abstract.
    """
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return False
    if address.startswith("@"):
        address = "\0" + address[1:]
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as link:
            # A supervisor that does not read must not make a switch wait: only what is said once
            # is worth half a second.
            link.settimeout(0.5 if any(line.startswith(_ONCE) for line in lines) else 0.0)
            link.connect(address)
            link.sendall("\n".join(lines).encode())
    except OSError as error:
        log.debug("the supervisor does not listen: %s", error)
        return False
    return True


def reloading() -> bool:
    """Say that a reload began; systemd wants the monotonic time with it."""
    return notify("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")

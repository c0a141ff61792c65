"""Tells systemd how the service is; does nothing where no supervisor listens."""

from __future__ import annotations

import logging
import os
import socket
import time

log = logging.getLogger(__name__)


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
            link.connect(address)
            link.sendall("\n".join(lines).encode())
    except OSError as error:
        log.debug("the supervisor does not listen: %s", error)
        return False
    return True


def reloading() -> bool:
    """Say that a reload began; systemd wants the monotonic time with it."""
    return notify("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")

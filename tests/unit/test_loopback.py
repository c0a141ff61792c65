"""The guard around the tests, which must be able to fail."""

from __future__ import annotations

import socket

import pytest


def test_a_test_cannot_leave_this_machine() -> None:
    with (
        socket.socket() as link,
        pytest.raises(AssertionError, match="tried to reach"),
    ):
        link.connect(("192.0.2.1", 443))

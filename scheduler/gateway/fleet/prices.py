"""What a call costs by the vendor's page, where it is metered at all; thousandths of a dollar."""

from __future__ import annotations

from typing import Final

from scheduler.gateway.base import Step

READ: Final = 2
"""Data requests are 500 a dollar."""
COMMAND: Final = 1
"""Commands are 1,000 a dollar."""


def price(step: Step) -> int:
    """Every answer below 500 counts; tokens do not."""
    if step.step == "refresh" or step.status is None or step.status >= 500:
        return 0
    return READ if step.method == "GET" else COMMAND

"""Whether the clock can be believed at start.

A Raspberry Pi without a clock chip starts at the last saved time after a power cut, and would
apply the wrong period with full conviction. A power cut is also when the internet may be gone for
hours, and then holding for ever would be as wrong.
"""

from __future__ import annotations

from datetime import datetime, timedelta

# NTP slews by fractions of a second; a step back of this size is no wrong clock.
TOLERANCE = timedelta(seconds=2)
# Power is back, the internet is not: after this long act on a clock that is at least not earlier
# than what was already recorded.
PATIENCE = timedelta(minutes=10)


def doubt(
    now: datetime,
    *,
    last_entry: datetime | None,
    synchronised: bool | None,
    waited: timedelta,
) -> str | None:
    """Why the clock is not to be trusted yet, in words; None when it is.

    `synchronised` is True or False where a time service says so, None where none can be asked.
    `waited` is how long we have been holding, by the monotonic clock.
    """
    if last_entry is not None and now < last_entry - TOLERANCE and synchronised is not True:
        return (
            f"the clock says {now:%Y-%m-%d %H:%M:%S} UTC, which is earlier than the last entry of "
            f"the audit, {last_entry:%Y-%m-%d %H:%M:%S} UTC; set the clock"
        )
    if synchronised is False and waited < PATIENCE:
        return (
            "the clock is not synchronised yet; waiting for the time service, ten minutes at most"
        )
    return None

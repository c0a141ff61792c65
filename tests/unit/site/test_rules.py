"""The controller's small rules: back-off, and doubt about the clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.site.backoff import Backoff
from scheduler.site.trust import PATIENCE, doubt

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@given(st.integers(1, 10_000))
def test_the_pause_grows_to_its_most_and_never_past_it(attempt: int) -> None:
    delay = Backoff(first=5, most=300).delay(attempt)

    plain = min(5 * 2.0 ** min(attempt - 1, 30), 300)
    assert 0.75 * plain <= delay <= min(1.25 * plain, 300)


@pytest.mark.parametrize(
    ("last_entry", "synchronised", "waited", "trusted"),
    [
        pytest.param(None, None, timedelta(0), True, id="first start without a time service"),
        pytest.param(NOW - HOUR, None, timedelta(0), True, id="later than the last entry"),
        pytest.param(NOW + HOUR, None, timedelta(0), False, id="earlier than the last entry"),
        pytest.param(NOW + HOUR, None, 24 * HOUR, False, id="earlier, however long it takes"),
        pytest.param(NOW + HOUR, False, 24 * HOUR, False, id="earlier and not synchronised"),
        pytest.param(
            NOW + HOUR, True, timedelta(0), True, id="earlier, but a time service vouches"
        ),
        pytest.param(NOW - HOUR, False, timedelta(0), False, id="not synchronised yet"),
        pytest.param(NOW - HOUR, False, PATIENCE, True, id="never synchronised: act after a while"),
        pytest.param(NOW + timedelta(seconds=1), None, timedelta(0), True, id="a slewed second"),
    ],
)
def test_the_clock_is_trusted_only_where_something_speaks_for_it(
    last_entry: datetime | None, synchronised: bool | None, waited: timedelta, trusted: bool
) -> None:
    reason = doubt(NOW, last_entry=last_entry, synchronised=synchronised, waited=waited)

    assert (reason is None) == trusted

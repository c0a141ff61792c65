"""Clock times and spans as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.schedule.clocktime import format_span, format_time, parse_span, parse_time


@pytest.mark.parametrize(
    ("text", "second"),
    [
        ("00:00", 0),
        ("9:30", 34_200),
        ("16:00:05", 57_605),
        ("23:59:59", 86_399),
        ("24:00", 86_400),
        (" 22:05 ", 79_500),
    ],
)
def test_a_clock_time_means_this_second(text: str, second: int) -> None:
    assert parse_time(text) == second


@pytest.mark.parametrize("text", ["", "24:01", "7", "07:60", "-1:00", "7:5", "1e1:00", "12:00pm"])
def test_another_text_is_no_clock_time(text: str) -> None:
    with pytest.raises(ValueError, match="Write it as 16:00"):
        parse_time(text)


@given(st.integers(0, 86_400))
def test_a_second_is_read_back_from_its_text(second: int) -> None:
    assert parse_time(format_time(second)) == second


@given(start=st.integers(0, 86_399), end=st.integers(1, 86_400))
def test_a_span_is_read_back_from_its_text(start: int, end: int) -> None:
    if start != end:
        assert parse_span(format_span(start, end)) == (start, end)


@pytest.mark.parametrize("text", ["16:00", "16:00-", "16:00-21:00-22:00", "", "16-21"])
def test_another_text_is_no_span(text: str) -> None:
    with pytest.raises(ValueError, match="Write it as 16:00"):
        parse_span(text)

"""Clock times and spans as people write them."""

from __future__ import annotations

from collections.abc import Callable

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


@pytest.mark.parametrize("text", ["", "24:01", "07:60", "-1:00", "1e1:00", "13:00pm", "0am"])
def test_another_text_is_no_clock_time(text: str) -> None:
    with pytest.raises(ValueError, match="Write it as 16:00"):
        parse_time(text)


@pytest.mark.parametrize(
    ("text", "put_right"),
    [("7", "07:00"), ("7:5", "07:05"), ("16.30", "16:30"), ("16h30", "16:30"), ("1600", "16:00")],
)
def test_a_text_that_is_nearly_a_time_is_answered_with_itself_put_right(
    text: str, put_right: str
) -> None:
    with pytest.raises(ValueError, match=f"Write it as {put_right}"):
        parse_time(text)


@pytest.mark.parametrize(
    ("text", "put_right"),
    [
        ("8-10", "08:00-10:00"),
        ("16.00-21.00", "16:00-21:00"),
        ("1600-2100", "16:00-21:00"),
        ("4-9pm", "16:00-21:00"),
        ("10-6am", "22:00-06:00"),
        ("9:5 - 10:00", "09:05-10:00"),
    ],
)
def test_a_text_that_is_nearly_a_window_is_answered_with_itself_put_right(
    text: str, put_right: str
) -> None:
    with pytest.raises(ValueError, match=f"Write it as {put_right}"):
        parse_span(text)


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("10pm-8am", (79_200, 28_800)),
        ("10:30 PM – 12 a.m.", (81_000, 86_400)),
        ("noon - 4pm", (43_200, 57_600)),
        ("midnight-6:00", (0, 21_600)),
        ("22:00 to 06:00", (79_200, 21_600)),
    ],
)
def test_a_window_in_the_words_of_people_is_understood(text: str, span: tuple[int, int]) -> None:
    assert parse_span(text) == span


@pytest.mark.parametrize("read", [parse_time, parse_span])
def test_a_text_of_endless_spaces_costs_nothing(read: Callable[[str], object]) -> None:
    """It is refused by its length: patterns with spaces on both sides took a minute for it."""
    with pytest.raises(ValueError, match="Write it as 16:00"):
        read("22:00" + " " * 5_000_000 + "x")


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

"""Pings follow the controller's turns; their silence means that it does not turn."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from scheduler.outlets.pings import Pinger, Turned, signal_address, turned

NOW = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)


def state(turn: float, word: str = "good", since: str = "2026-11-23T15:00:00Z") -> Turned:
    reasons = [] if word == "good" else [{"id": "overdue", "text": "https://192.168.1.10 says no"}]
    at = (NOW + timedelta(seconds=turn)).isoformat()
    told = turned(
        {
            "service": {"since": since, "turned": at},
            "health": {"word": word, "details": reasons},
        }
    )
    assert told is not None
    return told


class Switch:
    """A dead man's switch that keeps what it is sent."""

    def __init__(self) -> None:
        self.got: list[tuple[str, str]] = []
        self.pinger = Pinger("https://hc/key", self._ask)

    def _ask(self, address: str, line: str) -> bool:
        self.got.append((address.removeprefix("https://hc/key"), line))
        return True

    def look(self, present: Turned | None, seconds: int) -> list[tuple[str, str]]:
        before = len(self.got)
        self.pinger.look(present, NOW + timedelta(seconds=seconds))
        return self.got[before:]


def test_a_controller_that_turns_is_pinged_for_once_a_minute() -> None:
    switch = Switch()

    pinged = [bool(switch.look(state(n * 30), n * 30)) for n in range(5)]

    assert pinged == [True, False, True, False, True]
    assert switch.got[0] == ("", "good")


def test_a_controller_that_hangs_is_silent_though_its_service_answers() -> None:
    switch = Switch()
    switch.look(state(0), 0)

    assert [switch.look(state(0), n * 60) for n in range(1, 5)] == [[]] * 4


def test_the_same_turn_is_none_though_its_instant_is_told_a_little_later() -> None:
    switch = Switch()
    switch.look(state(0), 0)

    assert [switch.look(state(n * 1e-4), n * 60) for n in range(1, 5)] == [[]] * 4


def test_a_clock_that_is_set_back_makes_no_silence() -> None:
    switch = Switch()
    switch.look(state(0), 0)

    pinged = [bool(switch.look(state(n * 30 - 7200), n * 30 - 7200)) for n in range(1, 6)]

    assert pinged == [True, False, True, False, True]


def test_failing_is_told_at_once_and_names_no_address() -> None:
    switch = Switch()
    switch.look(state(0), 0)

    assert switch.look(state(30, "failing"), 30) == [("/fail", "failing: overdue")]
    assert switch.look(state(60, "attention"), 60) == [("", "attention: overdue")]


def test_an_end_is_a_log_line_and_a_start_is_told() -> None:
    switch = Switch()
    switch.look(state(0), 0)

    assert switch.look(None, 30) == [("/log", "the service ended")]
    assert switch.look(None, 60) == []
    again = state(90, since="2026-11-23T16:01:00Z")
    assert switch.look(again, 90) == [("/start", "good"), ("", "good")]


def test_an_address_with_a_question_mark_knows_only_success() -> None:
    assert signal_address("https://kuma/api/push/x?msg=OK", "fail") is None
    assert signal_address("https://hc/key/", "fail") == "https://hc/key/fail"

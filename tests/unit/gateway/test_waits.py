"""How long a login is not tried again, and what the records of it show."""

from datetime import UTC, datetime, timedelta

import pytest

from scheduler.gateway.local.session import (
    Limit,
    Refusal,
    Session,
    SessionFile,
    digest_of,
    make_session,
    next_limit,
    next_refusal,
)

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)


def test_refused_password_waits_five_minutes_then_doubles_up_to_six_hours() -> None:
    waits = []
    refusal = None
    for _ in range(9):
        refusal = next_refusal(NOON, refusal, "bound", "installer", "hunter2")
        waits.append((refusal.until - NOON) / timedelta(minutes=1))

    assert waits == [5, 10, 20, 40, 80, 160, 320, 360, 360]


def test_session_that_was_refused_its_work_is_tried_again_within_a_quarter_of_an_hour() -> None:
    waits = []
    refusal = None
    for _ in range(4):
        refusal = next_refusal(NOON, refusal, "bound", "installer", "hunter2", kind="work")
        waits.append((refusal.until - NOON) / timedelta(minutes=1))

    assert waits == [5, 10, 15, 15]


def test_standing_battery_is_held_up_by_no_refusal_but_a_password_wrong_a_moment_ago() -> None:
    work = next_refusal(NOON, None, "bound", kind="work")
    password = Refusal("salt", "digest", NOON, 9)

    assert work.left(NOON, down=True) == 0
    assert password.left(NOON, down=True) == 300
    assert password.left(NOON, down=False) == 6 * 3600


def test_refusal_of_the_future_holds_nothing_up() -> None:
    """A clock that was set back."""
    refusal = Refusal("salt", "digest", NOON + timedelta(days=400), 1)

    assert refusal.left(NOON, down=False) == 0


def test_other_credentials_start_the_count_again() -> None:
    first = next_refusal(NOON, None, "bound", "installer", "hunter2")
    second = next_refusal(NOON, first, "bound", "installer", "hunter2")

    other = next_refusal(NOON, second, "bound", "installer", "hunter3")

    assert (second.count, other.count) == (2, 1)


def test_refusal_is_known_by_a_salted_hash_alone() -> None:
    refusal = next_refusal(NOON, None, "bound", "installer", "hunter2")
    again = next_refusal(NOON, None, "bound", "installer", "hunter2")

    assert refusal.salt != again.salt
    assert refusal.digest == digest_of(refusal.salt, "bound", "installer", "hunter2")
    assert refusal.digest != digest_of(refusal.salt, "bound", "installer", "hunter3")
    assert "hunter2" not in repr(refusal)


@pytest.mark.parametrize(
    ("before", "asked", "minutes"),
    [
        pytest.param(None, None, 5, id="first"),
        pytest.param(Limit(NOON, 1), None, 10, id="second"),
        pytest.param(Limit(NOON, 50), None, 15, id="never more than a quarter of an hour"),
        pytest.param(None, 420.0, 7, id="as the gateway asked"),
    ],
)
def test_limit_on_logins_doubles_unless_the_gateway_names_a_time(
    before: Limit | None, asked: float | None, minutes: int
) -> None:
    assert next_limit(NOON, before, asked).until == NOON + timedelta(minutes=minutes)


def test_session_shows_nothing_of_itself() -> None:
    session = Session("topsecret", (("AuthCookie", "topsecret"), ("UserRecord", "alsosecret")))

    assert "secret" not in repr(session)
    assert session.headers() == {
        "Authorization": "Bearer topsecret",
        "Cookie": "AuthCookie=topsecret; UserRecord=alsosecret",
    }


@pytest.mark.parametrize("token", [None, "", 7, "a b", "a\r\nX: y", "ü", "x" * 9000])
def test_token_that_cannot_stand_in_a_header_is_no_session(token: int | str | None) -> None:
    assert make_session(token, ()) is None


def test_cookie_that_cannot_stand_in_a_header_is_left_out() -> None:
    session = make_session("token", (("A", "1"), ("B", "2;3"), ("C", None), ("D", "x\n")))

    assert session.cookies == (("A", "1"),)


def test_memory_without_a_file_lives_as_long_as_the_process() -> None:
    file = SessionFile(None)

    kept = file.keep(file.memory)

    assert kept
    assert file.memory.session is None

"""One notice and one recovery an incident, held by quiet hours, tried until it is taken."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from scheduler import clock
from scheduler.audit.views import EntryView
from scheduler.errors import SettingsError
from scheduler.outlets.notices.absence import GONE, Absence, Heard
from scheduler.outlets.notices.hours import Quiet, Weekly, parse_quiet, parse_weekly
from scheduler.outlets.notices.notice import (
    EARLY,
    Notice,
    early_over,
    of_stories,
    of_unwritten,
    span,
    stories,
)
from scheduler.outlets.notices.targets import Addressee, Delivery, targets
from scheduler.outlets.notices.teller import Teller
from scheduler.outlets.notices.told_book import MOST_TRIES, ToldBook
from scheduler.site.untaken import Untaken

NOW = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)
"""08:00 in Los Angeles."""
ZONE = ZoneInfo("America/Los_Angeles")
MINUTE = timedelta(minutes=1)
QUIET = Quiet(22 * 3600, 7 * 3600)


def iso(at: datetime) -> str:
    return at.isoformat()


def event(number: int, name: str, **detail: Any) -> EntryView:
    return EntryView(
        id=number, at=NOW, site="home", entry="event", kind="incident", run=None, name=name,
        wake=None, outcome=None, detail=detail, hash="", gateway=None,
    )  # fmt: skip


def opened(number: int = 7, word: str = "failing", at: datetime = NOW) -> EntryView:
    text = "The gateway refuses: no"
    return event(number, "opened", reason="refused", text=text, word=word, since=iso(at))


def closed(number: int = 7, after: int = 12, runs: int = 3) -> EntryView:
    until = iso(NOW + after * MINUTE)
    detail = {"incident": number, "reason": "refused", "since": iso(NOW), "until": until}
    return event(number + 1, "closed", seconds=after * 60, runs=runs, **detail)


class Post:
    """Takes what it is sent, or refuses it."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str, str]] = []
        self.refuses = False

    def send(self, target: Addressee, notice: Notice) -> Delivery:
        self.sent.append((target.name, notice.level, notice.title))
        return Delivery(taken=not self.refuses, why="no" if self.refuses else "")


class House:
    """A sender over a history that grows."""

    def __init__(self, path: Path, text: str, quiet: Quiet | None) -> None:
        self.path, self.post, self.quiet = path, Post(), quiet
        self.targets = targets(text)
        self.history: list[EntryView] = []
        self.start(NOW)

    def start(self, now: datetime) -> None:
        self.book = ToldBook(self.path, now)

    def look(self, now: datetime) -> list[tuple[str, str, str]]:
        before = len(self.post.sent)
        told = of_stories(
            stories(self.history), site="home", zone=ZONE, since=self.book.begun,
            heard=self.book.heard,
        )  # fmt: skip
        Teller(self.book, self.targets, self.post.send, self.quiet).tell(told, now, ZONE)
        return self.post.sent[before:]


MakeHouse = Callable[..., House]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[MakeHouse]:
    made = []

    def make(text: str = "ntfy://one/topic", quiet: Quiet | None = None) -> House:
        made.append(House(tmp_path / "notices.jsonl", text, quiet))
        return made[-1]

    yield make
    for each in made:
        each.book.close()


def test_an_incident_is_one_notice_and_its_end_one_recovery(house: MakeHouse) -> None:
    home = house()
    home.history = [opened()]
    first = [home.look(NOW + n * MINUTE) for n in range(5)]
    home.history.append(closed())
    second = [home.look(NOW + (12 + n) * MINUTE) for n in range(5)]

    assert first == [[("ntfy 1", "failure", "home: The gateway refuses: no")], [], [], [], []]
    over = "home: Over after 12 min: The gateway refuses: no"
    assert second == [[("ntfy 1", "recovery", over)], [], [], [], []]


def unwritten(since: datetime = NOW) -> list[dict[str, object]]:
    text = "The gateway refuses: no"
    told = {"reason": "refused", "text": text, "word": "failing", "since": clock.iso(since)}
    return [{"id": None, **told}, {**told, "id": 3, "reason": "another"}]


def test_an_incident_that_the_audit_cannot_take_is_told_once_also_when_it_has_taken_it(
    house: MakeHouse,
) -> None:
    home = house()
    early = list(of_unwritten(unwritten(), site="home", zone=ZONE))
    Teller(home.book, home.targets, home.post.send).tell(early, NOW, ZONE)
    home.history = [opened()]
    again = home.look(NOW + MINUTE)
    home.history.append(closed())
    over = home.look(NOW + 12 * MINUTE)

    assert [title for _, _, title in home.post.sent[:1]] == ["home: The gateway refuses: no"]
    assert again == []
    assert [level for _, level, _ in over] == ["recovery"]
    assert home.book.open_key(EARLY) is None


def test_one_of_which_the_audit_never_heard_is_over_under_its_own_key(house: MakeHouse) -> None:
    home = house()
    (early,) = of_unwritten(unwritten(), site="home", zone=ZONE)
    Teller(home.book, home.targets, home.post.send).tell([early], NOW, ZONE)
    key = home.book.open_key(EARLY)
    assert key is not None
    over = early_over(key, "home", ZONE, NOW + MINUTE)
    Teller(home.book, home.targets, home.post.send).tell([over], NOW + MINUTE, ZONE)

    assert home.post.sent[-1] == ("ntfy 1", "recovery", "home: Over: what was told as refused")
    assert home.book.open_key(EARLY) is None


def test_a_full_disk_keeps_no_notice_back_and_makes_none_come_twice(
    house: MakeHouse, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    home = house()
    monkeypatch.setattr(os, "write", full_disk)
    home.history = [opened()]
    told = [home.look(NOW + n * MINUTE) for n in range(3)]
    monkeypatch.undo()
    home.history.append(closed())
    home.look(NOW + 12 * MINUTE)
    home.book.close()
    home.start(NOW + 13 * MINUTE)

    assert [len(each) for each in told] == [1, 0, 0]
    assert home.look(NOW + 13 * MINUTE) == []
    assert caplog.text.count("cannot be written") == 1


def full_disk(*_: object) -> int:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_nothing_is_told_twice_by_a_sender_that_starts_again(house: MakeHouse) -> None:
    home = house()
    home.history = [opened()]
    home.look(NOW)
    home.book.close()
    home.start(NOW + MINUTE)

    assert home.look(NOW + MINUTE) == []


def test_what_was_over_before_the_sender_first_began_is_history(house: MakeHouse) -> None:
    home = house()
    home.history = [opened(at=NOW - 60 * MINUTE), closed(after=-30), opened(20)]

    assert [level for _, level, _ in home.look(NOW)] == ["failure"]


def test_attempts_in_between_are_counted_in_the_recovery() -> None:
    told = stories([opened(), closed(runs=27)])
    (notice,) = of_stories(told, site="home", zone=ZONE, since=NOW, heard=lambda _: True)

    assert notice.body.endswith("From Mon 23 Nov 08:00 to Mon 23 Nov 08:12, with 27 attempts in "
                                "between.")  # fmt: skip


def test_quiet_hours_hold_a_warning_until_the_morning_and_never_a_failure(house: MakeHouse) -> None:
    home = house(quiet=QUIET)
    night = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)  # 02:00
    home.history = [opened(7, word="attention"), opened(9)]

    at_night = home.look(night)
    in_the_morning = home.look(night + 5 * 60 * MINUTE)

    assert [level for _, level, _ in at_night] == ["failure"]
    assert [level for _, level, _ in in_the_morning] == ["warning"]


def test_a_warning_that_is_over_before_the_morning_is_one_notice(house: MakeHouse) -> None:
    home = house(quiet=QUIET)
    night = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
    home.history = [opened(7, word="attention")]
    home.look(night)
    home.history.append(closed())

    assert home.look(night) == []
    assert [level for _, level, _ in home.look(night + 5 * 60 * MINUTE)] == ["recovery"]


def test_each_target_gets_the_levels_it_names(house: MakeHouse) -> None:
    home = house("failure=ntfy://one/a\nrecovery,digest=mailto://two json://three")
    home.history = [opened()]
    home.look(NOW)
    home.history.append(closed())
    home.look(NOW + 12 * MINUTE)

    assert [(name, level) for name, level, _ in home.post.sent] == [
        ("ntfy 1", "failure"),
        ("json 3", "failure"),
        ("mailto 2", "recovery"),
        ("json 3", "recovery"),
    ]


def test_a_target_that_does_not_take_it_is_tried_again_ever_more_seldom_and_not_for_ever(
    house: MakeHouse,
) -> None:
    home = house()
    home.post.refuses = True
    home.history = [opened()]
    times = [n for n in range(60 * 48) if home.look(NOW + n * MINUTE)]

    assert times[:6] == [0, 1, 6, 21, 81, 141]
    assert len(times) == MOST_TRIES


def test_a_notice_that_nobody_takes_is_known_until_its_target_takes_one(house: MakeHouse) -> None:
    home = house("ntfy://one/topic json://two/")
    one, two = (each.address for each in home.targets)
    home.post.refuses = True
    home.history = [opened()]
    home.look(NOW)
    home.look(NOW + MINUTE)
    alone = home.book.untaken([one, two])
    other = home.book.untaken(["json://elsewhere/"])
    home.start(NOW + 2 * MINUTE)
    again = home.book.untaken([one, two])
    home.post.refuses = False
    home.look(NOW + 30 * MINUTE)

    assert alone == again == Untaken(1, NOW)
    assert other is None
    assert home.book.untaken([one, two]) is None


def test_a_notice_that_one_of_two_targets_takes_is_taken(house: MakeHouse) -> None:
    home = house("ntfy://one/topic json://two/")
    one, two = (each.address for each in home.targets)
    notice = next(iter(of_stories(
        stories([opened()]), site="home", zone=ZONE, since=NOW, heard=home.book.heard,
    )))  # fmt: skip
    home.book.note(notice, "ntfy 1", one, NOW, taken=False, why="no")
    home.book.note(notice, "json 2", two, NOW, taken=True, why="")

    assert home.book.untaken([one, two]) is None


def test_each_answer_is_kept_without_the_address(house: MakeHouse, tmp_path: Path) -> None:
    home = house("ntfy://user:hunter2@one/topic")
    home.history = [opened()]
    home.look(NOW)

    lines = [json.loads(line) for line in (tmp_path / "notices.jsonl").read_text().splitlines()]
    assert [lines[0]["event"], lines[1]["target"], lines[1]["taken"]] == ["begun", "ntfy 1", True]
    assert "hunter2" not in (tmp_path / "notices.jsonl").read_text()
    assert "hunter2" not in repr(home.targets)
    assert (tmp_path / "notices.jsonl").stat().st_mode & 0o777 == 0o600


def test_a_torn_line_is_passed_over_and_the_next_one_is_whole(
    house: MakeHouse, tmp_path: Path
) -> None:
    home = house()
    home.book.close()
    with (tmp_path / "notices.jsonl").open("a") as file:
        file.write('{"at": "2026-11')
    home.start(NOW)
    home.history = [opened()]
    home.look(NOW)
    home.book.close()
    home.start(NOW)

    assert home.look(NOW + MINUTE) == []


@pytest.mark.parametrize("text", ["hunter2", "all=ntfy://hunter2", "://hunter2", "a b://hunter2"])
def test_a_target_that_cannot_be_meant_is_named_by_its_place(text: str) -> None:
    with pytest.raises(SettingsError, match=r"^TOU_NOTIFY_TARGETS: target \d") as error:
        targets(text)

    assert "hunter2" not in str(error.value)


# --- the service is gone


def presence() -> Absence:
    return Absence(pulse=timedelta(seconds=30), begun=NOW)


def told(
    watch: Absence, heard: Heard, minutes: float, key: str | None = None
) -> tuple[Notice, ...]:
    now = NOW + timedelta(minutes=minutes)
    return watch.notices(heard, key, now, site="home", zone=ZONE)


SEEN = NOW - 60 * MINUTE


def test_a_service_that_is_gone_is_told_after_three_pulses_and_five_minutes() -> None:
    watch, gone = presence(), Heard(running=False, answers=False, seen=SEEN)

    assert told(watch, gone, 6.4) == ()
    (notice,) = told(watch, gone, 6.5)
    assert (notice.level, notice.urgent) == ("failure", True)
    assert notice.title == "home: No service runs."
    assert "Last sign of life: Mon 23 Nov 07:00." in notice.body
    assert told(watch, gone, 60) == (notice,)


def test_a_service_that_runs_and_does_not_answer_is_told_too() -> None:
    watch = presence()
    told(watch, Heard(running=True, answers=True, seen=NOW), 1)
    (notice,) = told(watch, Heard(running=True, answers=False, seen=NOW + 8 * MINUTE), 8)

    assert notice.title == "home: The service runs, but does not answer."


def test_a_restart_that_takes_minutes_is_not_told() -> None:
    watch, gone = presence(), Heard(running=False, answers=False, seen=NOW)

    assert told(watch, gone, 6) == ()
    assert told(watch, Heard(running=True, answers=True, seen=NOW), 6.1) == ()
    assert told(watch, gone, 12) == ()


def test_that_it_is_back_is_told_where_it_was_told_gone() -> None:
    watch, well = presence(), Heard(running=True, answers=True, seen=NOW)
    key = GONE + "2026-11-23T15:00:00Z"

    assert told(watch, well, 30) == ()
    (notice,) = told(watch, well, 30, key)
    assert (notice.key, notice.level) == (f"{key} over", "recovery")
    assert notice.title == "home: The service is back after 1 h 30 min."


def test_the_ledger_knows_whether_it_is_still_gone(tmp_path: Path) -> None:
    book = ToldBook(tmp_path / "notices.jsonl", NOW)
    for key, open_after in (("gone A", "gone A"), ("gone A over", None), ("gone B", "gone B")):
        notice = Notice(key, "failure", "", "")
        book.note(notice, "ntfy 1", "ntfy://x", NOW, taken=True, why="")
        assert book.open_key(GONE) == open_after
    book.close()


def absences(home: House, heard: list[tuple[int, bool]]) -> list[str]:
    """The titles that are told of a service that is there or not from these minutes on."""
    watch, teller = presence(), Teller(home.book, home.targets, home.post.send)
    for minutes, there in heard:
        now = NOW + minutes * MINUTE
        look = Heard(running=there, answers=there, seen=now if there else None)
        found = watch.notices(look, home.book.open_key(GONE), now, site="home", zone=ZONE)
        teller.tell(found, now, ZONE)
    return [title for _, _, title in home.post.sent]


TWICE = [(0, True), (10, False), (20, True), (30, False), (40, True)]


def test_a_second_absence_is_told_also_where_no_target_wants_to_hear_that_the_first_is_over(
    house: Callable[..., House],
) -> None:
    assert absences(house("failure=ntfy://one/a"), TWICE) == ["home: No service runs."] * 2


def test_an_absence_that_nobody_took_is_told_by_its_end(house: Callable[..., House]) -> None:
    home = house()
    home.post.refuses = True
    absences(home, TWICE[:2])
    home.post.sent.clear()
    home.post.refuses = False

    assert absences(home, [(20, True), (21, True)]) == ["home: The service is back after 20 min."]
    assert home.book.untaken([each.address for each in home.targets]) is None


# --- hours


@pytest.mark.parametrize(
    ("at", "quiet"),
    [("05:59", False), ("06:00", True), ("14:59", True), ("15:00", False), ("20:00", False)],
)
def test_quiet_hours_are_those_of_the_house_and_go_over_midnight(at: str, quiet: bool) -> None:
    instant = datetime.fromisoformat(f"2026-11-24T{at}:00+00:00")

    assert QUIET.holds(instant, ZONE) is quiet


def test_hours_are_read_as_people_write_them() -> None:
    assert parse_quiet("22:00-07:00") == QUIET
    assert parse_quiet("") is None
    assert parse_weekly("Monday 08:00") == Weekly(0, 28_800)
    assert parse_weekly("off") is None
    with pytest.raises(ValueError, match="mon 08:00"):
        parse_weekly("8am")


def test_a_week_is_told_from_its_hour_on() -> None:
    weekly = Weekly(0, 8 * 3600)

    assert weekly.week(NOW, ZONE) == datetime(2026, 11, 16)
    assert weekly.week(NOW - timedelta(seconds=1), ZONE) == datetime(2026, 11, 9)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(40, "40 s"), (725, "12 min"), (11_100, "3 h 5 min"), (180_000, "2 d 2 h")],
)
def test_a_length_is_said_shortly(seconds: int, words: str) -> None:
    assert span(timedelta(seconds=seconds)) == words

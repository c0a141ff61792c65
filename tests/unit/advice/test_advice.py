"""Small schedules, each with one thing that only the time to come shows."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from scheduler.advice import ADVICE, CHECKS, advise, tariff_advice
from scheduler.errors import Problem
from scheduler.schedule import library, source
from scheduler.schedule.load import load_schedule, parse_schedule
from scheduler.schedule.tariff import Tariff
from scheduler.schedule.tariff_file import tariff_of
from scheduler.schedule.values import Schedule
from scheduler.schedule.zones import ZoneData, newer

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
FRESH = ZoneData("package", "2026c", date(2026, 7, 8))
SCE = "schedule: Home\ntariff: tariffs/sce-tou-d-4-9pm.yaml\nrules:\n"
ZONE = "schedule: Home\ntimezone: America/Los_Angeles\nrules:\n"
LAST = "  - {name: last, mode: self_consumption, reserve: 20%}\n"


def schedule_of(head: str, *rules: str, last: str = LAST, job: str = "") -> Schedule:
    listed = "".join(f"  - {{{rule}}}\n" for rule in rules)
    jobs = f"jobs:\n  - {{{job}}}\n" if job else ""
    text = head + listed + last + jobs
    return parse_schedule(text, "home.yaml", folder=Path("nowhere")).schedule


def own(found: tuple[Problem, ...]) -> list[str]:
    """Without what is said of the tariff, and without notices."""
    return [each.id for each in found if each.path != "tariff" and each.severity != "notice"]


def rule(condition: str, *, name: str = "charge", setting: str = "backup, reserve: 100%") -> str:
    return f"name: {name}, {condition}, mode: {setting}"


HOLD = "self_consumption, reserve: hold"
RULES = {
    "an inset that fits": (SCE, (rule("during: on_peak, inset: 1h"),), []),
    "an inset as long as every stretch": (
        SCE,
        (rule("during: on_peak, inset: {start: 4h, end: 1h}"),),
        ["inset-too-long"],
    ),
    "an inset a second shorter than every stretch": (
        SCE,
        (rule("during: on_peak, inset: {start: 4h59m59s}"),),
        ["boundary-too-near"],
    ),
    "an inset longer than some stretches": (
        SCE,
        (rule("during: [on_peak, 01:00-02:00], inset: 1h"),),
        ["inset-too-long"],
    ),
    "rules above that win": (
        ZONE,
        (
            rule("during: 08:00-20:00"),
            rule("during: 09:00-12:00", name="low", setting="autonomous, reserve: 80%"),
        ),
        ["never-holds"],
    ),
    "a date in three years": (ZONE, (rule("dates: 2029-12-24"),), ["never-holds"]),
    "a date within two years": (ZONE, (rule("dates: 2028-10-24"),), []),
    "dates that are over, which the reading tells": (ZONE, (rule("dates: 2026-10-24"),), []),
    "a minute between windows": (
        ZONE,
        (rule("during: [04:00-05:00, 05:01-06:00]"),),
        ["boundary-too-near"],
    ),
    "two minutes between windows": (ZONE, (rule("during: [04:00-05:00, 05:02-06:00]"),), []),
    "windows that meet": (ZONE, (rule("during: [01:00-02:00, 02:00-03:00]"),), []),
    "hold with an end": (ZONE, (rule("during: 01:00-05:00", setting=HOLD),), []),
    "hold for more than a year": (
        ZONE,
        (rule("dates: 2026-01-01..2029-01-01", setting=HOLD),),
        ["hold-without-end"],
    ),
}


@pytest.mark.parametrize(("head", "rules", "expected"), RULES.values(), ids=RULES.keys())
def test_rules_are_advised_upon(head: str, rules: tuple[str, ...], expected: list[str]) -> None:
    found = advise(schedule_of(head, *rules), FRESH, now=NOW)

    assert own(found) == expected


JOBS = {
    "a check inside the peak of summer weekdays": (
        "do: firmware_check, at: 17:00",
        ["firmware-in-peak"],
    ),
    "a check where the peak begins": (
        "do: firmware_check, at: on_peak.start",
        ["firmware-in-peak"],
    ),
    "a check where the peak ends": ("do: firmware_check, at: on_peak.end", []),
    "a check that may": ("do: firmware_check, at: 17:00, allow_on_peak: true", []),
    "a check on days without a peak": ("do: firmware_check, at: 17:00, days: weekend", []),
    "another job": ("do: commit, at: 17:00", []),
    "a summer period in winter": (
        "do: commit, at: on_peak.start, seasons: winter",
        ["job-never-due"],
    ),
    "a date in three years": ("do: commit, at: 12:00, dates: 2029-12-24", ["job-never-due"]),
    "a date within two years": ("do: commit, at: 12:00, dates: 2028-10-24", []),
    "a date that is over": ("do: commit, at: 12:00, dates: 2026-10-24", []),
}


@pytest.mark.parametrize(("job", "expected"), JOBS.values(), ids=JOBS.keys())
def test_jobs_are_advised_upon(job: str, expected: list[str]) -> None:
    found = advise(schedule_of(SCE, job=f"name: job, {job}"), FRESH, now=NOW)

    assert own(found) == expected


def test_hold_in_the_last_rule_has_no_end() -> None:
    last = "  - {name: last, mode: self_consumption, reserve: hold}\n"

    (found,) = advise(schedule_of(ZONE, rule("during: 01:00-05:00"), last=last), FRESH, now=NOW)

    assert (found.id, found.path, found.place.line) == ("hold-without-end", "rules[1].reserve", 5)


def test_an_inset_that_leaves_nothing_at_all_is_an_error() -> None:
    (found,) = advise(schedule_of(SCE, rule("during: on_peak, inset: 3h")), FRESH, now=NOW)

    assert found.severity == "error"
    assert "5h" in found.message


def test_an_inset_that_leaves_some_stretches_warns_of_the_first_that_is_lost() -> None:
    condition = "during: [on_peak, 01:00-02:00], inset: 1h"

    (found,) = advise(schedule_of(SCE, rule(condition)), FRESH, now=NOW)

    assert found.severity == "warning"
    assert "Tue 2026-11-24 01:00" in found.message


def test_a_boundary_too_near_is_told_in_local_time() -> None:
    condition = "during: [04:00-05:00, 05:01-06:00]"

    (found,) = advise(schedule_of(ZONE, rule(condition)), FRESH, now=NOW)

    assert '"last" lasts only 1m on Mon 2026-11-23 05:00' in found.message


def test_a_firmware_check_in_the_peak_names_the_first_date_of_summer() -> None:
    job = "name: job, do: firmware_check, at: 17:00"

    found = advise(schedule_of(SCE, job=job), FRESH, now=NOW)

    message = next(each.message for each in found if each.id == "firmware-in-peak")
    assert "Tue 2027-06-01 17:00" in message


def test_zone_data_of_more_than_a_year_ago_is_told_where_the_zone_stands() -> None:
    (found,) = advise(schedule_of(ZONE), newer("2025b", None), now=NOW)

    assert (found.id, found.place.line, found.severity) == ("zone-data-old", 2, "warning")
    assert "2025b (system)" in found.message


def test_doubts_of_a_tariff_stand_at_the_line_that_names_it() -> None:
    head = SCE.replace("4-9pm", "a")

    found = advise(schedule_of(head), FRESH, now=NOW)

    assert [(each.id, each.place.line) for each in found] == [
        ("tariff-unsure", 2),
        ("tariff-status", 2),
    ]


def test_doubts_of_a_tariff_file_stand_at_their_keys() -> None:
    path = library.shipped() / "tariffs" / "sce-tou-d-a.yaml"
    document = source.compose(path.read_text(encoding="utf-8"), "a.yaml")

    found = tariff_advice(tariff_of(document), document, FRESH, NOW.date())

    lines = document.text.splitlines()
    keys = {each.id: lines[each.place.line - 1].split(":")[0].strip() for each in found}
    assert keys == {"tariff-unsure": "confidence", "tariff-status": "status"}


DOUBTS: dict[str, dict[str, object]] = {
    "tariff-stale": {"checked": date(2025, 1, 1), "checked_text": "2025-01-01"},
    "tariff-not-in-force": {"effective": (date(2027, 1, 1), None)},
    "tariff-status": {"status": "ended"},
    "tariff-unsure": {"confidence": {"windows": "medium"}},
}


@pytest.mark.parametrize(("id_", "parts"), DOUBTS.items(), ids=DOUBTS.keys())
def test_a_doubtful_tariff_makes_a_schedule_doubtful(id_: str, parts: dict[str, object]) -> None:
    schedule = schedule_of(SCE)
    assert isinstance(schedule.calendar, Tariff)
    doubtful = replace(schedule, calendar=replace(schedule.calendar, **parts))  # type: ignore[arg-type]

    found = advise(doubtful, FRESH, now=NOW)

    assert id_ in [each.id for each in found]


SHIPPED = {"sce-tou-d-4-9pm": [], "sce-tou-d-a": ["tariff-unsure", "tariff-status"]}


@pytest.mark.parametrize(("id_", "expected"), SHIPPED.items(), ids=SHIPPED.keys())
def test_the_shipped_schedules_have_no_advice_but_on_a_closed_plan(
    id_: str, expected: list[str]
) -> None:
    schedule = load_schedule(library.shipped() / f"{id_}.yaml").schedule

    found = advise(schedule, FRESH, now=NOW)

    assert [each.id for each in found] == expected
    assert {each.severity for each in found} <= {"warning"}


def test_every_message_is_a_sentence_with_a_way_out() -> None:
    cases = [schedule_of(head, *rules) for head, rules, _ in RULES.values()]
    cases += [schedule_of(SCE, job=f"name: job, {job}") for job, _ in JOBS.values()]

    found = [each for case in cases for each in advise(case, FRESH, now=NOW)]

    assert found
    assert [each.message for each in found if not each.message.endswith(".")] == []
    assert {each.id for each in found} <= set(CHECKS)


HOLDS = {
    "holds that take turns all day": (
        ("06:00-18:00", HOLD),
        ("18:00-06:00", HOLD),
        ["hold-without-end", "hold-without-end"],
    ),
    "a hold that is left at night": (
        ("06:00-18:00", HOLD),
        ("18:00-06:00", "backup, reserve: 100%"),
        [],
    ),
}


@pytest.mark.parametrize(("day", "night", "expected"), HOLDS.values(), ids=HOLDS.keys())
def test_holds_that_follow_each_other_need_an_end(
    day: tuple[str, str], night: tuple[str, str], expected: list[str]
) -> None:
    rules = [
        rule(f"during: {during}", name=name, setting=setting)
        for name, (during, setting) in (("day", day), ("night", night))
    ]

    found = advise(schedule_of(ZONE, *rules), FRESH, now=NOW)

    assert [each for each in own(found) if each != "never-holds"] == expected


def test_what_one_rule_names_is_named_by_all() -> None:
    one = rule("during: 22:00-06:00", setting="backup, reserve: 100%, grid_charging: allow")
    other = rule("during: 16:00-21:00", name="b", setting="autonomous, reserve: 20%")

    found = advise(schedule_of(ZONE, one, other), FRESH, now=NOW)

    assert own(found) == ["left-as-it-was", "left-as-it-was"]


CLOCK_TIMES = {
    "a window that ends in the gap": ("during: 22:00-02:30", ["skipped"]),
    "a window that ends in the repeated hour": ("during: 22:00-01:30", ["doubled"]),
    "a window from gap to repeat": ("during: 01:30-02:30", ["skipped", "doubled"]),
    "a window of whole hours": ("during: 01:00-02:00", []),
    "a window of the day": ("during: 08:30-10:30", []),
}


@pytest.mark.parametrize(("during", "expected"), CLOCK_TIMES.values(), ids=CLOCK_TIMES.keys())
def test_wall_times_inside_a_clock_change_are_noticed(during: str, expected: list[str]) -> None:
    found = advise(schedule_of(ZONE, rule(during)), FRESH, now=NOW)

    notices = [each for each in found if each.id == "clock-change"]
    words = {"does not exist": "skipped", "comes twice": "doubled"}
    assert [
        word for each in notices for text, word in words.items() if text in each.message
    ] == expected
    assert {each.severity for each in notices} <= {"notice"}


def test_a_job_in_the_repeated_hour_is_noticed_with_what_it_does() -> None:
    found = advise(schedule_of(ZONE, job="name: j, do: commit, at: 1:00"), FRESH, now=NOW)

    (notice,) = found
    assert "the job is due once, at the first of the two" in notice.message


def test_every_advice_has_a_case() -> None:
    text = Path(__file__).read_text(encoding="utf-8")

    assert [each.id for each in ADVICE if f'"{each.id}"' not in text] == []

"""The shipped schedules, and schedules on shipped tariffs."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from scheduler.errors import ScheduleError
from scheduler.schedule import library
from scheduler.schedule.load import load_schedule, parse_schedule
from scheduler.schedule.values import Condition, Inset, JobKind, PeriodEdge
from scheduler.setting import Mode, Setting

SHIPPED = sorted(library.shipped().glob("*.yaml"))
SCHEDULES = [path for path in SHIPPED if path.name != "holidays.yaml"]
HOUSE = "  - {name: run the house, mode: self_consumption, reserve: 20%}\n"


def test_the_default_schedule_says_what_the_design_shows() -> None:
    schedule = load_schedule(library.shipped() / "sce-tou-d-a.yaml").schedule

    assert schedule.name == "SCE super off-peak charging"
    assert schedule.timezone == "America/Los_Angeles"
    charge, house = schedule.rules
    assert charge.name == "charge overnight"
    assert charge.condition == Condition(periods=frozenset({"super_off_peak"}))
    assert charge.inset == Inset(timedelta(minutes=5), timedelta(minutes=5))
    assert charge.setting == Setting(Mode.BACKUP, 100.0)
    assert house.name == "run the house"
    assert house.condition.always
    assert house.setting == Setting(Mode.SELF_CONSUMPTION, 5.0)
    (job,) = schedule.jobs
    assert (job.name, job.do) == ("firmware before the day", JobKind.FIRMWARE_CHECK)
    assert job.at == PeriodEdge("super_off_peak", "end", -timedelta(minutes=45))
    assert schedule.period_names == {"super_off_peak", "off_peak", "on_peak"}
    assert schedule.peak_periods == {"on_peak"}
    assert schedule.season_names == {"summer", "winter"}


@pytest.mark.parametrize("path", SCHEDULES, ids=lambda path: path.stem)
def test_a_shipped_schedule_is_right_and_beyond_doubt(path: Path) -> None:
    assert load_schedule(path).warnings == ()


@pytest.mark.parametrize("path", SCHEDULES, ids=lambda path: path.stem)
def test_a_shipped_schedule_names_its_schema_in_its_first_line(path: Path) -> None:
    first, _, _ = path.read_text(encoding="utf-8").partition("\n")

    assert first == "# yaml-language-server: $schema=schedule.schema.json"


@pytest.mark.parametrize("id_", library.ids())
def test_every_shipped_tariff_can_be_named_from_any_folder(id_: str, tmp_path: Path) -> None:
    text = f"schedule: Home\ntariff: tariffs/{id_}.yaml\nrules:\n{HOUSE}"

    schedule = parse_schedule(text, "home.yaml", folder=tmp_path).schedule

    assert schedule.tariff_name == library.load(id_).name
    assert schedule.period_names


def test_a_tariff_beside_the_schedule_wins_over_the_shipped_one(tmp_path: Path) -> None:
    (tmp_path / "tariffs").mkdir()
    shipped = (library.shipped() / "tariffs" / "sce-tou-d-b.yaml").read_text(encoding="utf-8")
    (tmp_path / "tariffs" / "sce-tou-d-a.yaml").write_text(shipped, encoding="utf-8")
    home = tmp_path / "home.yaml"
    home.write_text(f"schedule: Home\ntariff: tariffs/sce-tou-d-a.yaml\nrules:\n{HOUSE}")

    schedule = load_schedule(home).schedule

    assert schedule.tariff_name == library.load("sce-tou-d-b").name


def test_the_digest_changes_with_the_tariff(tmp_path: Path) -> None:
    shipped = (library.shipped() / "tariffs" / "sce-tou-d-a.yaml").read_text(encoding="utf-8")
    tariff, home = tmp_path / "tariff.yaml", tmp_path / "home.yaml"
    home.write_text(f"schedule: Home\ntariff: tariff.yaml\nrules:\n{HOUSE}")
    tariff.write_text(shipped)
    before = load_schedule(home).schedule.digest

    tariff.write_text(shipped + "# checked again\n")

    assert load_schedule(home).schedule.digest != before


def test_the_problems_of_both_files_are_told_with_the_schedules_first(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("tariff: A\ntimezone: PST\n")
    home = tmp_path / "home.yaml"
    home.write_text("schedule: Home\ntariff: a.yaml\nrules: []\n")

    with pytest.raises(ScheduleError) as caught:
        load_schedule(home, shown_as="etc/home.yaml")

    files = [problem.place.file for problem in caught.value.problems]
    assert files[0] == "etc/home.yaml"
    assert set(files[1:]) == {"etc/a.yaml"}


@pytest.mark.parametrize(
    "name", ["../..", "x" * 300 + ".yaml", ".", "/", "home.yaml/a.yaml"], ids=lambda name: name[:20]
)
def test_a_tariff_that_is_no_file_is_a_problem_at_its_key(name: str, tmp_path: Path) -> None:
    home = tmp_path / "home.yaml"
    home.write_text(f"schedule: Home\ntariff: {name}\nrules:\n{HOUSE}")

    with pytest.raises(ScheduleError) as caught:
        load_schedule(home, shown_as="home.yaml")

    (problem,) = caught.value.problems
    assert (str(problem.place), problem.path, problem.id) == ("home.yaml:2:9", "tariff", "tariff")


REACHABLE = {
    "a peak that is in the other season": "seasons: winter, during: mid_peak",
    "holidays that the tariff has": "days: holiday",
    "the dates of a holiday": "dates: 2026-12-25, days: holiday",
    "a period or a window": "during: [on_peak, 01:00-02:00], seasons: winter",
}


@pytest.mark.parametrize("condition", REACHABLE.values(), ids=REACHABLE.keys())
def test_a_condition_that_some_day_meets_is_right(condition: str) -> None:
    rule = f"  - {{name: a, {condition}, mode: autonomous, reserve: 20%}}\n"
    text = f"schedule: Home\ntariff: tariffs/sce-tou-d-4-9pm.yaml\nrules:\n{rule}{HOUSE}"

    assert parse_schedule(text, "home.yaml", folder=Path("nowhere")).warnings == ()


NEVER = {
    "a peak of the other season": "seasons: winter, during: on_peak",
    "a peak that holidays do not have": "days: [holiday, weekend], during: on_peak",
    "a date that is no holiday": "dates: 2026-12-24, days: holiday",
    "a date of the other season": "dates: 2026-12-24, seasons: summer",
}


@pytest.mark.parametrize("condition", NEVER.values(), ids=NEVER.keys())
def test_a_condition_that_no_day_meets_is_an_error(condition: str) -> None:
    rule = f"  - {{name: a, {condition}, mode: autonomous, reserve: 20%}}\n"
    text = f"schedule: Home\ntariff: tariffs/sce-tou-d-4-9pm.yaml\nrules:\n{rule}{HOUSE}"

    with pytest.raises(ScheduleError) as caught:
        parse_schedule(text, "home.yaml", folder=Path("nowhere"))

    assert [problem.id for problem in caught.value.problems] == ["never-holds"]

"""Several OpenEI records in one file: which is meant is said, never guessed."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from scheduler.errors import Problem, ScheduleError

from .conftest import Build, Importing

OLD, NEW = "0" * 24, "1" * 24


@pytest.fixture
def eras(record: Build) -> list[dict[str, Any]]:
    """Two eras of one plan: the old one to the end of 2019, the new one from 2020 on."""
    return [
        record(label=OLD, startdate="2015-01-01", enddate="2019-12-31"),
        record(label=NEW, startdate="2020-01-01"),
    ]


def refused(
    importing: Importing, given: str | dict[str, Any] | list[Any], **choice: Any
) -> Problem:
    with pytest.raises(ScheduleError) as caught:
        importing(given, **choice)
    (problem,) = caught.value.problems
    return problem


def test_several_eras_without_a_choice_are_refused_and_listed(
    eras: list[dict[str, Any]], importing: Importing
) -> None:
    problem = refused(importing, {"items": eras})

    assert (problem.path, problem.id) == ("items", "several-eras")
    assert f"{OLD} (TOU Test, 2015-01-01..2019-12-31)" in problem.message
    assert f"{NEW} (TOU Test, 2020-01-01..)" in problem.message
    assert problem.message.endswith("Choose one with --label or --at.")


@pytest.mark.parametrize(
    ("at", "label"),
    [
        ("2015-01-01", OLD),
        ("2019-12-31", OLD),
        ("2020-01-01", NEW),
        ("2030-06-01", NEW),
        ("2014-12-31", OLD),
    ],
    ids=["first day", "last day", "the day after", "years later", "within a day of slack"],
)
def test_a_date_chooses_the_era_it_falls_in(
    at: str, label: str, eras: list[dict[str, Any]], importing: Importing
) -> None:
    found = importing(eras, at=date.fromisoformat(at))

    assert f"record {label}" in found.tariff_yaml


def test_a_date_outside_every_era_is_refused(
    eras: list[dict[str, Any]], importing: Importing
) -> None:
    problem = refused(importing, eras, at=date(2014, 12, 30))

    assert problem.id == "no-such-record"
    assert "No record covers 2014-12-30" in problem.message


def test_a_label_chooses_its_record(eras: list[dict[str, Any]], importing: Importing) -> None:
    assert f"record {OLD}" in importing(eras, label=OLD).tariff_yaml


def test_a_label_that_is_not_there_is_refused_with_those_that_are(
    eras: list[dict[str, Any]], importing: Importing
) -> None:
    problem = refused(importing, eras, label="f" * 24)

    assert problem.id == "no-such-record"
    assert OLD in problem.message


def test_a_label_is_checked_in_a_file_of_one_record_too(
    record: Build, importing: Importing
) -> None:
    assert refused(importing, record(), label=OLD).id == "no-such-record"


def test_eras_that_share_a_label_still_need_a_date(
    eras: list[dict[str, Any]], importing: Importing
) -> None:
    shared = [{**each, "label": OLD} for each in eras]

    problem = refused(importing, shared, label=OLD)

    assert problem.message.endswith("Choose one with --at.")
    assert "2020-01-01.." in importing(shared, label=OLD, at=date(2021, 1, 1)).tariff_yaml


def test_of_two_open_eras_of_one_plan_the_newer_holds_and_it_is_said(
    record: Build, importing: Importing
) -> None:
    both = [record(label=OLD, startdate="2015-01-01"), record(label=NEW, startdate="2020-01-01")]

    found = importing(both, at=date(2021, 1, 1))

    assert f"record {NEW}" in found.tariff_yaml
    assert any("more than one record in force; left aside: 000" in note for note in found.notes)


def test_a_record_that_another_one_supersedes_gives_way(
    record: Build, importing: Importing
) -> None:
    both = [
        record(label=OLD, name="Old Name"),
        record(label=NEW, name="New Name", supersedes=OLD),
    ]

    assert f"record {NEW}" in importing(both, at=date(2021, 1, 1)).tariff_yaml


def test_two_plans_in_force_on_the_date_need_a_label(record: Build, importing: Importing) -> None:
    both = [record(label=OLD, name="Plan A"), record(label=NEW, name="Plan B")]

    problem = refused(importing, both, at=date(2021, 1, 1))

    assert problem.message.endswith("Choose one with --label.")


def test_a_date_outside_the_only_record_is_noted(record: Build, importing: Importing) -> None:
    found = importing(record(enddate="2021-12-31"), at=date(2026, 1, 1))

    assert any("does not cover 2026-01-01" in note for note in found.notes)


def test_the_same_record_twice_is_one_record(record: Build, importing: Importing) -> None:
    assert importing([record(), record()]).suggested_id == "tou-test"


def test_a_broken_era_that_was_not_chosen_does_no_harm(
    eras: list[dict[str, Any]], record: Build, importing: Importing
) -> None:
    broken = record(label="2" * 24, startdate="2018-01-01", enddate="2017-01-01")

    assert f"record {NEW}" in importing([*eras, broken], at=date(2026, 1, 1)).tariff_yaml


def test_a_list_that_holds_something_else_is_refused_at_that_item(
    record: Build, importing: Importing
) -> None:
    problem = refused(importing, {"items": [record(), "more"]})

    assert (problem.path, problem.id) == ("items[1]", "record")


@pytest.mark.parametrize(
    "given",
    [
        {"rateName": "x", "energyWeekdaySched": [[0] * 24] * 12, "energyRateStrux": []},
        [{"label": "x", "energyratestructure/period0/tier0rate": "0.1"}],
        'label,eiaid,name,energyratestructure/period0/tier0rate\n"a",1,"b",0.1\n',
        "label,eiaid,energyweekdayschedule\na,1,[[0]]\n",
    ],
    ids=["camel case", "flattened json", "csv", "csv with schedules"],
)
def test_the_bulk_form_is_recognised_and_refused(
    given: str | dict[str, Any] | list[dict[str, str]], importing: Importing
) -> None:
    problem = refused(importing, given)

    assert problem.id == "bulk-form"
    assert "not supported" in problem.message

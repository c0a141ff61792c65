"""Every file of tests/data/schedules is named after its defect; beside it stands what is said."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from scheduler.errors import Problem, ScheduleError
from scheduler.schedule.lint import CHECKS
from scheduler.schedule.load import load_schedule

FOLDER = Path(__file__).parents[2] / "data" / "schedules"
DEFECTS = sorted(path.stem for path in FOLDER.glob("*.txt"))
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def problems_of(defect: str) -> tuple[Problem, ...]:
    name = f"{defect}.yaml"
    try:
        return load_schedule(FOLDER / name, shown_as=name, now=NOW).warnings
    except ScheduleError as error:
        return error.problems


@pytest.mark.parametrize("defect", DEFECTS)
def test_what_is_said_of_a_file_is_its_text(defect: str) -> None:
    said = "".join(f"{problem}\n" for problem in problems_of(defect))

    assert said == (FOLDER / f"{defect}.txt").read_text(encoding="utf-8")


def test_a_file_with_errors_is_refused_and_a_doubtful_one_is_not() -> None:
    refused = {
        defect
        for defect in DEFECTS
        if any(problem.severity == "error" for problem in problems_of(defect))
    }

    assert refused == {defect for defect in DEFECTS if not defect.startswith("doubtful-")}


def test_every_file_has_its_text() -> None:
    files = {path.stem for path in FOLDER.glob("*.yaml")} - {"broken-tariff"}

    assert files == set(DEFECTS)


def test_every_check_of_the_table_has_a_file_that_fails_it() -> None:
    texts = "".join((FOLDER / f"{defect}.txt").read_text(encoding="utf-8") for defect in DEFECTS)
    said = set(re.findall(r"^(?!broken-tariff).*\[([a-z0-9-]+)]$", texts, re.MULTILINE))

    # Files that are not there, or hold too much, have tests of their own.
    assert said == set(CHECKS) - {"file", "too-many"}


@pytest.mark.parametrize("defect", DEFECTS)
def test_every_message_is_a_sentence_without_the_words_of_a_library(defect: str) -> None:
    for problem in problems_of(defect):
        assert problem.message.endswith((".", "?"))
        assert not re.search(r"Input should|pydantic|valid |\binstance\b|!$", problem.message)
        assert problem.message.isprintable()

"""Whatever is done to a sample: a good tariff file, or an error of ours, and nothing else."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler import imports
from scheduler.errors import NothingToScheduleError, ScheduleError
from scheduler.imports import IMPORT_CHECKS
from scheduler.imports.document import MAX_WRAPPINGS

SAMPLES = sorted((Path(__file__).parents[2] / "data" / "imports").glob("*/*.json"))
MODEST = settings(max_examples=40, database=None)
BY_NAME = [path.stem for path in SAMPLES]

odd_values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 40),
    st.sampled_from([0.5, -1.0, 1e300, 10**30, "", "0", "1.0", "x", [], {}, [[]], [0], {"a": 1}]),
    st.sampled_from([1388534400, "2017-01-01 00:00:00", "0017-01-01", "[[0]]", "Sat 8:30 holiday"]),
    st.text(max_size=12),
)


def unwrapped(path: Path) -> object:
    data = json.loads(path.read_text(encoding="utf-8"))
    for _ in range(MAX_WRAPPINGS):
        data = json.loads(data) if isinstance(data, str) else data
    return data


DATA = [unwrapped(path) for path in SAMPLES]


def places(data: Any) -> list[tuple[Any, Any]]:
    """Every (container, key) of the data; long rows of numbers by their ends alone."""
    keys = list(data) if isinstance(data, dict) else []
    if isinstance(data, list):
        keys = [n for n in range(len(data)) if len(data) < 13 or n in (0, 17)]
    found = [(data, key) for key in keys]
    return found + [each for key in keys for each in places(data[key])]


def outcome(text: str) -> str:
    """What an import ends in; a written file that is not accepted fails here."""
    try:
        found = imports.read(text, "fuzz.json")
    except NothingToScheduleError:
        return "nothing"
    except ScheduleError as error:
        for problem in error.problems:
            assert problem.id in IMPORT_CHECKS
            assert str(problem).isprintable()
            str(problem).encode()
        return "refused"
    tariff = found.tariff
    assert tariff.notes == found.notes
    assert all(note.isprintable() for note in found.notes)
    return "written"


@pytest.mark.parametrize("data", DATA, ids=BY_NAME)
@MODEST
@given(choice=st.data())
def test_a_bent_sample_is_imported_or_refused(data: Any, choice: st.DataObject) -> None:
    bent = copy.deepcopy(data)
    for _ in range(choice.draw(st.integers(1, 3))):
        targets = places(bent)
        if not targets:
            break
        container, key = targets[choice.draw(st.integers(0, len(targets) - 1))]
        if choice.draw(st.booleans()):
            container[key] = choice.draw(odd_values)
        else:
            del container[key]

    assert outcome(json.dumps(bent)) in ("written", "refused", "nothing")


@pytest.mark.parametrize("path", SAMPLES[::4], ids=BY_NAME[::4])
@MODEST
@given(choice=st.data())
def test_a_sample_with_damaged_text_is_imported_or_refused(
    path: Path, choice: st.DataObject
) -> None:
    text = path.read_text(encoding="utf-8")
    start = choice.draw(st.integers(0, len(text)))
    end = min(len(text), start + choice.draw(st.integers(0, 200)))

    damaged = text[:start] + choice.draw(st.text(max_size=5)) + text[end:]

    assert outcome(damaged) in ("written", "refused", "nothing")


@settings(max_examples=150)
@given(st.text(max_size=60))
def test_any_text_is_refused(text: str) -> None:
    assert outcome(text) == "refused"


ROW = st.lists(st.integers(0, 3), min_size=24, max_size=24)


@settings(max_examples=60)
@given(
    rows=st.lists(ROW, min_size=1, max_size=3),
    months=st.lists(st.integers(0, 2), min_size=12, max_size=12),
    rates=st.lists(st.sampled_from([0.0, 0.1, 0.2, -0.05]), min_size=4, max_size=4),
)
def test_any_grid_comes_out_hour_by_hour(
    rows: list[list[int]], months: list[int], rates: list[float]
) -> None:
    """Oracle: the price of each hour of each month's 15th, looked up in the written file."""
    weekday = [rows[month % len(rows)] for month in months]
    record = {
        "energyweekdayschedule": weekday,
        "energyweekendschedule": weekday,
        "energyratestructure": [[{"rate": rate}] for rate in rates],
    }

    try:
        found = imports.read(json.dumps(record), "fuzz.json")
    except NothingToScheduleError:
        assert all(len({rates[cell] for cell in row}) == 1 for row in weekday)
        return

    tariff = found.tariff
    assert tariff.prices is not None
    for month, row in enumerate(weekday, start=1):
        season = tariff.seasons[month, 15]
        prices = tariff.prices.per_kwh[season.name]
        for day in season.shapes[:7]:
            starts = dict(day.periods)
            for hour, cell in enumerate(row):
                period = starts[max(second for second in starts if second <= hour * 3600)]
                assert prices[str(period)] == rates[cell]

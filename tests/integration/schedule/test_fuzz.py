"""Whatever stands in a file: problems with places come out, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from scheduler.errors import ScheduleError
from scheduler.schedule import library
from scheduler.schedule.load import Loaded, load_schedule, parse_schedule

SAMPLE = (library.shipped() / "sce-tou-d-a.yaml").read_text(encoding="utf-8")
PIECES = [
    "\t", "\n", " ", "- ", ": ", "[", "]", "{", "}", "'", '"', "#", "&a ", "*a", "!x ", "<<: ",
    "%", "@", "|", ">", "?", "---\n", "...\n", "~", "null", "\x00", "\x85", "\u2028", "\ufeff", "é",
    "\\", "during: ", "days: [mon, ", "inset: {start: ", "dates: 2026-02-29..", "at: a.end - 9h",
    "timezone: UTC\n", "tariff: /\n", "25:00-24:00", "9" * 50, "true", "hold", "100% raw",
]  # fmt: skip
KEYS = [
    "schedule", "tariff", "timezone", "rules", "jobs", "name", "during", "days", "seasons", "dates",
    "inset", "start", "end", "mode", "reserve", "do", "at", "install", "limit", "allow_on_peak",
]  # fmt: skip
WORDS = [
    "Home", "tariffs/sce-tou-d-a.yaml", "America/Los_Angeles", "UTC", "America", "../zones", "mon",
    "weekend", "summer", "super_off_peak", "22:00-08:00", "00:00-00:00", "2026-12-24", "5m", "0",
    "2999-12-31", "2000-01-01..2999-12-31", "backup", "hold", "5%", "24% raw", "commit", "07:15",
    "firmware_check", "super_off_peak.end - 45m", "x.start + 24h", "", " ", "\x1b[0m",
]  # fmt: skip

scalars = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 10**19), st.floats(0, 200), st.sampled_from(WORDS),
    st.text(max_size=8),
)  # fmt: skip
nested = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.sampled_from(KEYS), inner, max_size=6)
    ),
    max_leaves=25,
)
entries = st.lists(st.dictionaries(st.sampled_from(KEYS), nested, max_size=7), max_size=4)
likely = st.fixed_dictionaries(
    {"schedule": scalars, "rules": st.one_of(nested, entries)},
    optional={"tariff": scalars, "timezone": scalars, "jobs": st.one_of(nested, entries)},
)


def said_of(text: str) -> Loaded | ScheduleError:
    try:
        return parse_schedule(text, "f.yaml", folder=Path("nowhere"))
    except ScheduleError as error:
        return error


def check(outcome: Loaded | ScheduleError, text: str) -> None:
    if isinstance(outcome, Loaded):
        assert all(problem.severity == "warning" for problem in outcome.warnings)
        return
    assert any(problem.severity == "error" for problem in outcome.problems)
    for problem in outcome.problems:
        assert 1 <= problem.place.line <= len(text.splitlines()) + 1
        assert problem.place.column >= 1
        assert problem.id
        assert str(problem).isprintable()


@st.composite
def mutated(draw: st.DrawFn) -> str:
    text = SAMPLE
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(text)))
        gone = draw(st.integers(0, 12))
        piece = draw(st.one_of(st.sampled_from(PIECES), st.text(max_size=3)))
        text = text[:at] + piece + text[at + gone :]
    return text


@settings(max_examples=400)
@given(mutated())
@example("\ud800: a")
@example("? ? ? a")
@example("rules: [{<<: *a, ? [x] : y}]")
def test_a_mutilated_schedule_yields_problems_with_places(text: str) -> None:
    check(said_of(text), text)


@settings(max_examples=400)
@given(st.one_of(likely, nested))
def test_any_data_in_the_shape_of_yaml_yields_problems_with_places(data: object) -> None:
    text = yaml.safe_dump(data, allow_unicode=True, sort_keys=False)

    check(said_of(text), text)


@settings(max_examples=100)
@given(raw=st.binary(max_size=60))
def test_any_bytes_yield_problems_with_places(
    raw: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "any-bytes.yaml"
    path.write_bytes(raw)

    with pytest.raises(ScheduleError) as caught:
        load_schedule(path)

    assert all(problem.place.line >= 1 for problem in caught.value.problems)


def test_a_file_that_cannot_be_read_is_an_error_of_configuration(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing.yaml", tmp_path / ("x" * 300), Path("a\0b")):
        with pytest.raises(ScheduleError) as caught:
            load_schedule(path, shown_as="home.yaml")

        assert str(caught.value).startswith("home.yaml:1:1: ")

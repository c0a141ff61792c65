"""Every way in which a tariff file can be wrong, with the sentence its owner reads."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.errors import ConfigurationError, ScheduleError
from scheduler.schedule import library
from scheduler.schedule.tariff import Tariff
from scheduler.schedule.tariff_file import TARIFF_CHECKS, load_tariff, parse_tariff

BAD = Path(__file__).parents[2] / "data" / "tariffs" / "bad"
FILES = sorted(BAD.glob("*.yaml"))
SCE = (library.shipped() / "tariffs" / "sce-tou-d-4-9pm.yaml").read_text(encoding="utf-8")


def problems_of(text: str) -> tuple[str, ...]:
    with pytest.raises(ScheduleError) as caught:
        parse_tariff(text, "example.yaml")
    return tuple(str(problem) for problem in caught.value.problems)


def outcome_of(text: str) -> Tariff | tuple[str, ...]:
    try:
        return parse_tariff(text, "example.yaml")
    except ScheduleError as error:
        return tuple(str(problem) for problem in error.problems)


@pytest.mark.parametrize("file", FILES, ids=[file.stem for file in FILES])
def test_a_bad_file_is_refused_with_its_sentences(file: Path) -> None:
    expected = file.with_suffix(".txt").read_text(encoding="utf-8").splitlines()

    with pytest.raises(ScheduleError) as caught:
        load_tariff(file, shown_as=file.name)

    assert [str(problem) for problem in caught.value.problems] == expected


@pytest.mark.parametrize("id_", TARIFF_CHECKS)
def test_every_check_has_a_bad_file(id_: str) -> None:
    assert any(f"[{id_}]" in file.read_text(encoding="utf-8") for file in BAD.glob("*.txt"))


def test_every_sentence_ends_with_a_known_id_and_speaks_plainly() -> None:
    """No word of pydantic, no class names, no regular expressions."""
    lines = [line for file in BAD.glob("*.txt") for line in file.read_text("utf-8").splitlines()]
    jargon = re.compile(r"Input should|pydantic|validat|ctx|Error|dict|tuple|None\b|\\d")

    assert [line for line in lines if jargon.search(line)] == []
    assert [line for line in lines if not re.search(r"[.?] \[[a-z-]+\]$", line)] == []


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(ConfigurationError, match=r"nowhere\.yaml:1:1: There is no such file"):
        load_tariff(BAD / "nowhere.yaml")


def test_a_folder_is_no_tariff() -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load_tariff(BAD)


def test_a_name_cannot_write_to_the_terminal() -> None:
    text = 'tariff: T\nseasons: {"\\e[31mred": 01-01..12-31}\nwindows: {"\\e[2J": {x: {y: 5}}}\n'

    assert all(line.isprintable() for line in problems_of(text))


def test_a_very_long_name_is_not_repeated_whole() -> None:
    text = SCE.replace("on_peak", "p" * 5000)

    assert max(len(line) for line in problems_of(text)) < 12_000
    assert max(len(line.rpartition(": ")[2]) for line in problems_of(text)) < 200


LINES = SCE.splitlines(keepends=True)
PIECES = st.sampled_from(
    [
        "",
        "{",
        "]",
        "- ",
        ": ",
        "16:00-21:00",
        "otherwise",
        "null",
        "[]",
        "{}",
        "é",
        "\t",
        "\n",
        "~",
        "summer",
        "every_day",
        "holiday",
        "holidays:",
        "seasons:",
        "02-29",
        "..",
        "24:00",
        "5",
        "&a",
    ]
)


@settings(max_examples=150)
@given(data=st.data())
def test_whatever_happens_to_a_file_it_is_read_or_refused_in_words(data: st.DataObject) -> None:
    """Lines lost, doubled or cut, pieces put in: never anything but a tariff or its problems."""
    lines = list(LINES)
    for _ in range(data.draw(st.integers(1, 4))):
        index = data.draw(st.integers(0, len(lines) - 1))
        cut = data.draw(st.integers(0, len(lines[index])))
        lines[index] = lines[index][:cut] + data.draw(PIECES) + lines[index][cut:]
        if data.draw(st.booleans()):
            del lines[data.draw(st.integers(0, len(lines) - 1))]

    outcome = outcome_of("".join(lines))

    assert isinstance(outcome, Tariff) or (outcome and all(map(str.isprintable, outcome)))


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
KEYS = "tariff timezone clock effective checked sources confidence seasons holidays windows prices"


@settings(max_examples=150)
@given(
    parts=st.dictionaries(
        st.sampled_from(KEYS.split()),
        PLAIN | st.dictionaries(st.sampled_from(["summer", "list", "dates", "observed"]), PLAIN),
        max_size=6,
    )
)
def test_whatever_stands_under_a_key_it_is_refused_in_words(parts: dict[str, object]) -> None:
    text = json.dumps(parts).replace("\\ud", "\\u00")

    with pytest.raises(ScheduleError) as caught:
        parse_tariff(text, "example.yaml")
    assert all(str(problem).isprintable() for problem in caught.value.problems)

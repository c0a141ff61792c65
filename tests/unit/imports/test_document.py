"""Text that is no rate, and the places of what is wrong in one that is."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from scheduler import imports
from scheduler.errors import Problem, ScheduleError
from scheduler.imports.document import parse

from .conftest import Build, Importing


def refused(text: str) -> Problem:
    with pytest.raises(ScheduleError) as caught:
        imports.read(text, "rate.json")
    (problem,) = caught.value.problems
    return problem


@pytest.mark.parametrize(
    ("text", "id_", "words"),
    [
        ("", "kind", "The file is empty."),
        (" \n\t", "kind", "The file is empty."),
        ("<!DOCTYPE html><html></html>", "kind", "This is a web page"),
        ("tariff: SCE\ntimezone: America/Los_Angeles\n", "kind", "This is not JSON."),
        ("\x89PNG\r\n\x1a\n\0\0", "kind", "This is not text."),
        ("\ufffd\ufffdPK", "kind", "This is not text."),
        ("PK\x03\x04", "kind", "This is not JSON."),
        ("{}", "kind", "neither an OpenEI rate"),
        ("[]", "kind", "It holds no record."),
        ('{"items": []}', "kind", "neither an OpenEI rate"),
        ('"just text"', "kind", "It holds no record."),
        ('{"error": {"code": "API_KEY_MISSING"}}', "kind", "neither an OpenEI rate"),
        ('{"response": null, "error": "no such site"}', "kind", 'that failed: "no such site".'),
        ('{"response": {"rate_tariffs": [{"code": "X"}]}}', "kind", "nor a Tesla tariff"),
        ("[" * 5000, "json", "the nesting is too deep"),
        ('{"a": NaN}', "json", "holds NaN, which is no number"),
        ('{"a": ' + "9" * 5000 + "}", "json", "a number of many digits"),
    ],
)
def test_what_is_no_rate_is_refused_in_one_sentence(text: str, id_: str, words: str) -> None:
    problem = refused(text)

    assert (problem.id, str(problem.place)) == (id_, "rate.json:1:1")
    assert words in problem.message


def test_broken_json_is_refused_where_it_breaks() -> None:
    problem = refused('{\n "a": 1,\n "b" 2\n}')

    assert (problem.id, problem.place.line, problem.place.column) == ("json", 3, 6)
    assert "expecting ':' delimiter" in problem.message


def test_json_cut_off_in_the_middle_is_refused_at_its_end(sample: Callable[[str], str]) -> None:
    text = sample("urdb/fpl_gsldt1_tou")[:3000]

    assert refused(text).id == "json"


@pytest.mark.parametrize(
    ("text", "path", "at"),
    [
        ('{"a": [1, {"b": "x"}]}', ("a", 1, "b"), '"x"}'),
        ('\n{ "a" :\n [ [ ] , [ 1 , 22 ] ] }', ("a", 1, 1), "22 ]"),
        ('{"k\\u00e9\\"": {"x": 5}}', ('ké"', "x"), "5}"),
        ('{"a": [1]}', ("a", 7), "[1]"),
        ('{"a": [1]}', ("b", 0), '{"a"'),
        ('{"a": "[[1]]"}', ("a", 0, 0), '"[[1]]"'),
    ],
    ids=[
        "nested",
        "spread over lines",
        "escapes in a key",
        "beyond the end",
        "a key that is missing",
        "inside a string",
    ],
)
def test_a_path_has_the_place_of_its_deepest_part(
    text: str, path: tuple[str | int, ...], at: str
) -> None:
    place = parse(text, "f.json").place(path)

    offset = sum(len(line) + 1 for line in text.split("\n")[: place.line - 1]) + place.column - 1
    assert text[offset:].startswith(at)


def test_a_key_that_stands_twice_is_named_at_its_second_place() -> None:
    text = '{"a": {"b": 1, "c": "b"},\n "d": [{"b": 1}, {"b": 2, "\\u0062": 3}]}'

    problem = refused(text)

    assert (problem.id, problem.place.line, problem.place.column) == ("duplicate-key", 2, 27)
    assert '"b" stands twice' in problem.message


@pytest.mark.parametrize("wrappings", [1, 2, 3])
def test_places_in_wrapped_json_point_into_the_file(wrappings: int) -> None:
    text = json.dumps({"é\\\n😀": "ü", "b": [1, "found"]})
    for _ in range(wrappings):
        text = json.dumps(text)

    place = parse(text, "f.json").place(("b", 1))

    assert place.line == 1
    assert text[place.column - 1 :].lstrip("\\").startswith('"found')


def test_a_byte_order_mark_does_not_matter(record: Build, importing: Importing) -> None:
    assert importing("\ufeff" + json.dumps(record())).suggested_id == "tou-test"


def test_keys_that_would_disturb_a_terminal_are_quoted_in_paths(tesla: Build) -> None:
    given = tesla({"ON\x1b[31m\ud800": [{"fromHour": 99}]})

    problem = refused(json.dumps(given))

    assert str(problem).isprintable()
    str(problem).encode()

from __future__ import annotations

import pytest

from scheduler.errors import ScheduleError
from scheduler.schedule import source

TEXT_AND_DATA = {
    "a time without its leading zero": ("9:30", "9:30"),
    "an evening time": ("22:05", "22:05"),
    "midnight as an end": ("24:00", "24:00"),
    "a time with seconds": ("16:00:05", "16:00:05"),
    "a date": ("2026-06-01", "2026-06-01"),
    "an octal of 1.1": ("010", "010"),
    "on": ("on", "on"),
    "yes": ("yes", "yes"),
    "Norway": ("NO", "NO"),
    "a capital True": ("True", "True"),
    "an exponent": ("1e3", "1e3"),
    "an underscore": ("1_000", "1_000"),
    "infinity": (".inf", ".inf"),
    "a percentage": ("5%", "5%"),
    "a quoted number": ("'5'", "5"),
    "a quoted null": ("'null'", "null"),
    "a number": ("5", 5),
    "a negative number": ("-5", -5),
    "a decimal": ("9.75", 9.75),
    "a number beyond any use": ("1" * 30, "1" * 30),
    "true": ("true", True),
    "null": ("null", None),
    "a tilde": ("~", None),
    "nothing": ("", None),
}


@pytest.mark.parametrize(("text", "data"), TEXT_AND_DATA.values(), ids=TEXT_AND_DATA.keys())
def test_a_value_means_what_it_says(text: str, data: object) -> None:
    document = source.parse(f"key: {text}\n", "f.yaml")

    assert document.data == {"key": data}
    assert type(document.at(("key",))) is type(data)


def test_a_key_is_always_text() -> None:
    document = source.parse("on: 1\n5: 2\ntrue: 3\nnull: 4\n", "f.yaml")

    assert document.data == {"on": 1, "5": 2, "true": 3, "null": 4}


def test_a_place_is_that_of_the_deepest_part_that_exists() -> None:
    document = source.parse("a:\n  - b: 1\n    c: {d: 2}\n", "f.yaml")

    assert str(document.place(("a", 0, "c", "d"))) == "f.yaml:3:12"
    assert str(document.place(("a", 0, "missing"))) == "f.yaml:2:5"
    assert str(document.place(("a", 7))) == "f.yaml:2:3"
    assert str(document.place(())) == "f.yaml:1:1"


def test_the_place_of_a_key_is_not_that_of_its_value() -> None:
    document = source.parse("a:\n  b: 1\n", "f.yaml")

    assert str(document.key_place(("a", "b"))) == "f.yaml:2:3"
    assert str(document.place(("a", "b"))) == "f.yaml:2:6"


def test_columns_count_characters_and_not_bytes() -> None:
    document = source.parse('{"é": 1, "ü": 2}\n', "f.yaml")

    assert str(document.place(("ü",))) == "f.yaml:1:15"


def test_a_path_leaves_out_list_positions_that_the_file_does_not_have() -> None:
    document = source.parse("rules:\n  - days: mon\n", "f.yaml")

    assert document.path(("rules", 0, "days", 0)) == "rules[0].days"
    assert document.path(("rules", 0, "name")) == "rules[0].name"


def test_a_path_quotes_a_key_that_is_no_plain_word() -> None:
    document = source.parse('"a b\\e": {c: 1}\n', "f.yaml")

    assert document.path(("a b\x1b", "c")) == '"a b\\x1b".c'


def test_an_alias_is_shown_where_it_stands_and_not_where_its_anchor_does() -> None:
    document = source.compose("a: &x [1, 2]\nb:\n  c: *x\n", "f.yaml")

    assert [str(problem) for problem in document.problems] == [
        "f.yaml:3:6: b.c: Aliases (*x) are not allowed. Write the value out. [alias]"
    ]


def test_a_key_that_stands_three_times_is_shown_twice_with_its_path() -> None:
    document = source.compose("a:\n  b: 1\n  b: 2\n  b: 3\n", "f.yaml")

    assert [str(problem) for problem in document.problems] == [
        'f.yaml:3:3: a.b: "b" stands twice, first on line 2. Keep one of them. [duplicate-key]',
        'f.yaml:4:3: a.b: "b" stands twice, first on line 2. Keep one of them. [duplicate-key]',
    ]
    assert document.data == {"a": {"b": 1}}


def test_faults_before_a_break_of_the_text_are_told_with_it() -> None:
    with pytest.raises(ScheduleError) as caught:
        source.compose("a: 1\na: 2\nb: [\n", "f.yaml")

    assert [problem.id for problem in caught.value.problems] == ["duplicate-key", "yaml"]


def test_a_strict_reader_refuses_what_a_lenient_one_reports() -> None:
    with pytest.raises(ScheduleError):
        source.parse("a: 1\na: 2\n", "f.yaml")


def test_a_deep_text_is_refused_before_it_costs_anything() -> None:
    with pytest.raises(ScheduleError, match="nesting is too deep"):
        source.compose("[" * 200_000, "f.yaml")


def test_a_text_of_nested_question_marks_is_too_deep_and_ends_nothing() -> None:
    """They nest keys in keys; counted by their values alone the reader fell over its own stack."""
    with pytest.raises(ScheduleError, match="nesting is too deep"):
        source.compose("? " * 30_000, "f.yaml")


def test_json_has_places_as_yaml_has() -> None:
    document = source.compose_json('{\n "a": [1, {"b": "x"}],\n "c": null}\n', "f.json")

    assert document.data == {"a": [1, {"b": "x"}], "c": None}
    assert str(document.place(("a", 1, "b"))) == "f.json:2:17"
    assert str(document.key_place(("a", 1, "b"))) == "f.json:2:12"
    assert str(document.place(("a", 1, "z"))) == "f.json:2:11"
    assert document.at(("a", 1, "b")) == "x"


def test_a_key_that_stands_twice_in_json_is_named_and_the_first_counts() -> None:
    document = source.compose_json('{"a": 1,\n "b": {"c": 2, "c": 3}, "a": 4}', "f.json")

    assert [str(problem) for problem in document.problems] == [
        'f.json:2:16: b.c: "c" stands twice, first on line 2. Keep one of them. [duplicate-key]',
        'f.json:2:25: a: "a" stands twice, first on line 1. Keep one of them. [duplicate-key]',
    ]
    assert document.data == {"a": 1, "b": {"c": 2}}


NO_JSON = {
    "a text that ends early": ('{"a": [1,\n 2', "f.json:2:3: This is not JSON: it breaks off here"),
    "a text that nests": ("[" * 100_000, "f.json:1:1: This is not JSON: the nesting is too deep"),
    "a list in a list": ("[" * 99 + "]" * 99, "f.json:1:1: This is not JSON: the nesting is too"),
    "a number that is none": ('{"a": NaN}', "f.json:1:1: This is not JSON: it holds NaN"),
    "a number without end": ("1" * 5000, "f.json:1:1: This is not JSON: it holds a number of"),
    "nothing": ("", "f.json:1:1: This is not JSON: it breaks off here"),
}


@pytest.mark.parametrize(("text", "said"), NO_JSON.values(), ids=NO_JSON.keys())
def test_what_is_no_json_is_refused_with_its_place(text: str, said: str) -> None:
    with pytest.raises(ScheduleError) as caught:
        source.compose_json(text, "f.json")

    assert str(caught.value).startswith(said)

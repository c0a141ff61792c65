"""`tou check`: advice beside the problems, strictness, and the zone database."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

HEAD = "schedule: Home\ntimezone: America/Los_Angeles\nrules:\n"
LAST = "  - {name: last, mode: self_consumption, reserve: 20%}\n"
NEAR = "  - {name: charge, during: [04:00-05:00, 05:01-06:00], mode: backup, reserve: 100%}\n"
SHORT = "  - {name: charge, during: on_peak, inset: 3h, mode: backup, reserve: 100%}\n"
SCE = HEAD.replace("timezone: America/Los_Angeles", "tariff: tariffs/sce-tou-d-4-9pm.yaml")
FILES = {"fine": HEAD + LAST, "warned": HEAD + NEAR + LAST, "wrong": SCE + SHORT + LAST}


@pytest.fixture
def file(home: Path) -> Callable[[str], str]:
    """The path of one of FILES."""

    def write(name: str) -> str:
        (home / f"{name}.yaml").write_text(FILES[name], encoding="utf-8")
        return f"{name}.yaml"

    return write


@pytest.mark.parametrize(
    ("name", "words", "code"),
    [
        ("fine", (), 0),
        ("fine", ("--strict",), 0),
        ("warned", (), 0),
        ("warned", ("--strict",), 78),
        ("wrong", (), 78),
    ],
)
def test_warnings_stop_where_they_are_asked_to(
    tou: Any, file: Callable[[str], str], name: str, words: tuple[str, ...], code: int
) -> None:
    answer = tou("check", *words, file(name))

    assert answer.code == code


def test_a_warning_is_shown_with_its_id_and_counted(tou: Any, file: Callable[[str], str]) -> None:
    answer = tou("check", file("warned"))

    assert "[boundary-too-near]" in answer.out
    assert "is fine, with 1 warning " in answer.out


def test_json_tells_severity_and_the_zone_database(tou: Any, file: Callable[[str], str]) -> None:
    told = json.loads(tou("check", "--format", "json", file("wrong")).out)

    assert told["ok"] is False
    assert ("inset-too-long", "error") in [
        (each["id"], each["severity"]) for each in told["problems"]
    ]
    assert set(told["zone_data"]) == {"source", "version"}


def test_text_tells_the_zone_database(tou: Any, file: Callable[[str], str]) -> None:
    answer = tou("check", file("fine"))

    assert "zone data: tzdata 20" in answer.out


def test_a_tariff_file_is_advised_upon(tou: Any) -> None:
    path = Path(__file__).parents[3] / "schedules" / "tariffs" / "sce-tou-d-a.yaml"

    answer = tou("check", str(path))

    assert answer.code == 0
    assert "[tariff-status]" in answer.out


def test_status_tells_the_zone_database(tou: Any) -> None:
    told = json.loads(tou("status", "--format", "json").out)

    assert set(told["zone_data"]) == {"source", "version"}


def test_a_tariff_is_checked_by_its_id(tou: Any) -> None:
    answer = tou("check", "sce-tou-d-a")

    assert answer.code == 0
    assert "SCE TOU-D-A" in answer.out


def test_an_id_that_is_none_is_told_the_nearest(tou: Any) -> None:
    answer = tou("check", "sce-tou-d-4")

    assert answer.code == 78
    assert 'no file "sce-tou-d-4"' in answer.err
    assert "Did you mean sce-tou-d-4-9pm?" in answer.err


def test_numbers_are_counted_in_words(tou: Any, file: Callable[[str], str]) -> None:
    assert "(America/Los_Angeles, 1 rule, 0 jobs)" in tou("check", file("fine")).out


def test_of_many_problems_fifty_are_shown_and_the_errors_first(tou: Any, home: Path) -> None:
    near = "".join(NEAR.replace("charge", f"c{number}") for number in range(60))
    wrong = "".join(
        f"  - {{name: w{number}, mode: sideways, reserve: 5%}}\n" for number in range(70)
    )
    (home / "many.yaml").write_text(HEAD + near + wrong + LAST, encoding="utf-8")

    text = tou("check", "many.yaml")
    told = json.loads(tou("check", "many.yaml", "--format", "json").out)

    lines = [line for line in text.out.splitlines() if line.startswith("many.yaml:")]
    assert len(lines) == 50
    assert all("warning" not in line for line in lines)
    more = len(told["problems"]) - 50
    assert f"And {more} more problems; --format json tells all of them." in text.out
    assert more >= 20


@pytest.mark.parametrize("columns", [20, 60, 80, 110])
def test_problems_wrap_at_words(
    tou: Any, file: Callable[[str], str], monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    whole = tou("check", file("warned")).out
    monkeypatch.setenv("COLUMNS", str(columns))

    wrapped = tou("check", "warned.yaml").out

    assert wrapped.split() == whole.split()
    assert max(map(len, wrapped.splitlines())) <= max(columns, 26)


def test_names_with_escapes_are_shown_safely(tou: Any, home: Path) -> None:
    (home / "evil\x1b[2J.yaml").write_text(
        'schedule: "evil\\e[2Jname"\ntimezone: UTC\nrules:\n'
        '  - {name: "rule\\e]0;x\\a", mode: sideways, "ke\\ey": 1, reserve: 100%}\n'
    )

    answer = tou("check", "evil\x1b[2J.yaml")

    assert not [each for each in answer.out + answer.err if not each.isprintable() and each != "\n"]

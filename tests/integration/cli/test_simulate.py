"""`tou simulate`: what it tells, and what it does not take."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .conftest import Tou

WORDS = ("simulate", "--from", "2026-03-01", "--days", "2")


def test_two_quiet_days_are_told_on_one_screen(tou: Tou) -> None:
    answer = tou(*WORDS)

    assert answer.code == 0
    assert answer.out.startswith("SIMULATION")
    assert "minutes in a wrong setting  0\n" in answer.out
    assert "4 for 4 boundaries" in answer.out


def test_json_tells_every_wrong_stretch_and_incident(tou: Tou, home: Path) -> None:
    (home / "faults.yaml").write_text(
        "- at: 2026-03-01T16:00\n  fault: refused\n  for: 2h\n"
        "- {at: 2026-03-02T08:00, fault: unreachable, for: 1h}\n"
    )

    answer = tou(*WORDS, "--faults", "faults.yaml", "--format", "json")

    told = json.loads(answer.out)
    assert answer.code == 0
    assert told["wrong_minutes"] > 50
    assert told["unexplained_minutes"] == 0
    assert "gateway_lost" in {each["id"] for each in told["incidents"]}
    assert [each["fault"] for each in told["strikes"]] == ["refused", "unreachable"]


def test_every_fault_of_the_file_is_told_with_its_place(tou: Tou, home: Path) -> None:
    (home / "faults.yaml").write_text(
        "- {at: soon, fault: unreachable}\n- {at: 2026-03-01, fault: unreachabel, four: 1h}\n- 3\n"
    )

    answer = tou(*WORDS, "--faults", "faults.yaml")

    assert (answer.code, answer.out) == (78, "")
    lines = answer.err.splitlines()
    assert len(lines) == 4
    assert lines[0].startswith("faults.yaml:1:")
    assert "Did you mean" in answer.err


@pytest.mark.parametrize("text", ["", "at: 2026-03-01\n"])
def test_a_file_that_is_no_list_is_one_error(tou: Tou, home: Path, text: str) -> None:
    (home / "faults.yaml").write_text(text)

    answer = tou(*WORDS, "--faults", "faults.yaml")

    assert answer.code == 78
    assert "list of faults" in answer.err


def test_what_lies_outside_of_the_time_played_is_said(tou: Tou, home: Path) -> None:
    (home / "faults.yaml").write_text(
        "- {at: 2027-03-01T16:00, fault: busy}\n- {at: 2026-03-01T16:00, lease: pause, for: 1h}\n"
    )

    answer = tou(*WORDS, "--faults", "faults.yaml")

    assert "1 (1 more at other times), 0 incidents" in answer.out


@pytest.mark.parametrize(
    "text",
    ["[" * 5000, "a: &x [*x]\n", "\x00", "- {at: 1, at: 2}\n", "- !!python/object:os.system x\n"],
    ids=["deep", "alias", "no text", "twice", "tag"],
)
def test_a_hostile_file_is_told_with_its_place_and_no_traceback(
    tou: Tou, home: Path, text: str
) -> None:
    (home / "faults.yaml").write_text(text)

    answer = tou(*WORDS, "--faults", "faults.yaml")

    assert (answer.code, answer.out) == (78, "")
    assert answer.err.startswith("faults.yaml:1:")
    assert "Traceback" not in answer.err


def test_the_record_is_kept_in_a_new_file_only(tou: Tou, home: Path) -> None:
    assert tou(*WORDS, "--audit", "rehearsed.db").code == 0
    assert "exists" in tou(*WORDS, "--audit", "rehearsed.db").err
    assert tou("db", "backup", "copy.db").code != 2


def test_faults_are_written_or_drawn_and_not_both(tou: Tou, home: Path) -> None:
    (home / "faults.yaml").write_text("[]\n")

    answer = tou(*WORDS, "--faults", "faults.yaml", "--random-faults", "1")

    assert answer.code == 2

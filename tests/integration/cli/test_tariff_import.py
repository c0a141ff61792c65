"""`tou tariff import`: where the file goes, what is said, what is never overwritten."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from scheduler import cli
from scheduler.schedule.tariff_file import load_tariff, parse_tariff

SAMPLES = Path(__file__).parents[2] / "data" / "imports"
IOG = SAMPLES / "tesla_tariff" / "octopus_iog_v2.json"
PRIME = SAMPLES / "tesla_tariff" / "sce_tou_d_prime_v1.json"
APS = SAMPLES / "urdb" / "aps_et2_residential_tou_7pm_noon.json"
TIERED = SAMPLES / "urdb" / "pge_e1_region_t_tiered.json"
BROKEN = SAMPLES / "urdb" / "dixie_escalante_missing_rate.json"


def test_it_writes_a_tariff_that_loads_beside_the_person(tou: Any, home: Path) -> None:
    answer = tou("tariff", "import", str(IOG), "--as", "my-plan")

    assert answer.code == 0
    assert load_tariff(home / "tariffs" / "my-plan.yaml").timezone == "Europe/London"


def test_it_says_where_the_file_is_what_is_not_known_and_what_next(tou: Any) -> None:
    answer = tou("tariff", "import", str(IOG), "--as", "my-plan")

    assert "note: Holidays are not known" in answer.out
    assert "Written: tariffs/my-plan.yaml\n" in answer.out
    assert "tou tariff show tariffs/my-plan.yaml" in answer.out
    assert "tou check tariffs/my-plan.yaml" in answer.out


def test_it_goes_beside_the_schedule_in_force(
    tou: Any, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOU_SCHEDULE", str(home / "etc" / "home.yaml"))

    tou("tariff", "import", str(IOG), "--as", "my-plan")

    assert (home / "etc" / "tariffs" / "my-plan.yaml").is_file()


def test_the_hint_can_be_followed(tou: Any) -> None:
    tou("tariff", "import", str(IOG), "--as", "my-plan")

    answer = tou("tariff", "show", "tariffs/my-plan.yaml")

    assert answer.code == 0


def test_a_file_that_is_there_stays(tou: Any, home: Path) -> None:
    (home / "mine.yaml").write_text("precious")

    answer = tou("tariff", "import", str(IOG), "--output", "mine.yaml")

    assert answer.code == 1
    assert answer.err.startswith("mine.yaml exists already. --force overwrites it")
    assert (home / "mine.yaml").read_text() == "precious"


def test_force_overwrites(tou: Any, home: Path) -> None:
    (home / "mine.yaml").write_text("old")

    answer = tou("tariff", "import", str(IOG), "--output", "mine.yaml", "--force")

    assert answer.code == 0
    assert load_tariff(home / "mine.yaml").name


def test_stdin_to_stdout_is_the_file_alone_with_its_notes_on_stderr(tou: Any, home: Path) -> None:
    answer = tou("tariff", "import", "-", "--output", "-", stdin=IOG.read_bytes())

    assert parse_tariff(answer.out, "out").timezone == "Europe/London"
    assert "note: Holidays are not known" in answer.err
    assert list(home.iterdir()) == []


def test_a_file_in_utf_16_is_read_too(tou: Any) -> None:
    text = IOG.read_text(encoding="utf-8").encode("utf-16")

    answer = tou("tariff", "import", "-", "--output", "-", stdin=text)

    assert answer.code == 0


def test_the_zone_can_be_given(tou: Any) -> None:
    zone = "America/Denver"

    answer = tou("tariff", "import", str(APS), "--timezone", zone, "--output", "-")

    assert parse_tariff(answer.out, "out").timezone == zone


def test_nothing_to_schedule_is_exit_1_and_no_file(tou: Any, home: Path) -> None:
    answer = tou("tariff", "import", str(TIERED))

    assert answer.code == 1
    assert "nothing to schedule" in answer.err
    assert list(home.iterdir()) == []


def test_a_broken_record_names_the_place(tou: Any, home: Path) -> None:
    answer = tou("tariff", "import", str(BROKEN))

    assert answer.code == 78
    assert answer.err.startswith(f"{BROKEN}:14:4: energyratestructure[0][0]: ")
    assert list(home.iterdir()) == []


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(["nowhere.json"], id="no such file"),
        pytest.param([str(IOG), "--as", "../../etc/plan"], id="an id that is a path"),
        pytest.param([str(IOG), "--as", "a", "--output", "b.yaml"], id="two names"),
        pytest.param([str(IOG), "--at", "last year"], id="a date that is none"),
    ],
)
def test_wrong_use_is_exit_2_and_no_file(tou: Any, home: Path, words: list[str]) -> None:
    answer = tou("tariff", "import", *words)

    assert answer.code == 2
    assert list(home.iterdir()) == []


def test_an_import_does_not_take_the_place_of_a_shipped_tariff(tou: Any, home: Path) -> None:
    answer = tou("tariff", "import", str(PRIME))

    assert answer.code == 1
    assert answer.err.startswith("sce-tou-d-prime is a shipped tariff")
    assert "--id my-sce-tou-d-prime" in answer.err
    assert list(home.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "code"),
    [
        pytest.param(["--id", "SCE-TOU-D-Prime"], 1, id="in other letters"),
        pytest.param(["--force"], 1, id="by force"),
        pytest.param(["--output", "tariffs/sce-tou-d-prime.yaml"], 1, id="by path"),
        pytest.param(["--id", "my-sce-tou-d-prime"], 0, id="under a name of its own"),
        pytest.param(["--output", "sce-tou-d-prime.yaml"], 0, id="where no schedule looks"),
    ],
)
def test_only_a_name_of_its_own_lets_it_in(tou: Any, words: list[str], code: int) -> None:
    assert tou("tariff", "import", str(PRIME), *words).code == code


def test_a_device_is_not_read(tou: Any) -> None:
    answer = tou("tariff", "import", "/dev/zero")

    assert answer.code == 2
    assert "/dev/zero: is not a file." in answer.err


def test_a_pipe_that_nobody_fills_is_not_waited_for(tou: Any, home: Path) -> None:
    os.mkfifo(home / "pipe")

    assert tou("tariff", "import", "pipe").code == 2


def test_a_file_of_three_gigabytes_is_not_read(tou: Any, home: Path) -> None:
    with (home / "big.json").open("wb") as file:
        file.truncate(3_000_000_000)

    answer = tou("tariff", "import", "big.json")

    assert answer.code == 2
    assert "big.json: longer than 5 MB" in answer.err


def test_closed_standard_input_is_told(
    tou: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["tou", "tariff", "import", "-"])
    monkeypatch.setattr(sys, "stdin", None)

    with pytest.raises(SystemExit) as ended:
        cli.main()

    assert ended.value.code == 2
    assert "Standard input is closed." in capsys.readouterr().err


def test_a_zone_that_is_not_known_is_asked_for_and_refused_until_it_is_written(
    tou: Any, home: Path
) -> None:
    record = json.loads(APS.read_text())
    record["items"][0] |= {"utility": "Somewhere", "eiaid": None}
    (home / "rate.json").write_text(json.dumps(record))

    answer = tou("tariff", "import", "rate.json", "--id", "mine")

    assert answer.code == 0
    assert "First write the zone into it: tariffs/mine.yaml, timezone." in answer.out
    checked = tou("check", "tariffs/mine.yaml")
    assert checked.code == 78
    assert "Write a place such as America/Los_Angeles" in checked.out


def test_a_record_that_is_over_is_told(tou: Any) -> None:
    answer = tou("tariff", "import", str(APS))

    assert "note: The record was retired: it ended on " in answer.out


def test_a_place_that_cannot_be_written_is_said(tou: Any, home: Path) -> None:
    (home / "file").write_text("")

    answer = tou("tariff", "import", str(IOG), "--output", "file/mine.yaml")

    assert answer.code == 1
    assert "file/mine.yaml: cannot be written:" in answer.err

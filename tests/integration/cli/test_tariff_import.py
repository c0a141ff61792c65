"""`tou tariff import`: where the file goes, what is said, what is never overwritten."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from scheduler.schedule.tariff_file import load_tariff, parse_tariff

SAMPLES = Path(__file__).parents[2] / "data" / "imports"
IOG = SAMPLES / "tesla_tariff" / "octopus_iog_v2.json"
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


def test_a_place_that_cannot_be_written_is_said(tou: Any, home: Path) -> None:
    (home / "file").write_text("")

    answer = tou("tariff", "import", str(IOG), "--output", "file/mine.yaml")

    assert answer.code == 1
    assert "file/mine.yaml: cannot be written:" in answer.err

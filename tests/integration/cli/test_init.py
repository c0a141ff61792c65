"""`tou init`: what it writes, what it asks, and that it never overwrites."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest
from freezegun import freeze_time

from scheduler.schedule import library
from scheduler.schedule.load import load_schedule

SAMPLES = Path(__file__).parents[2] / "data" / "imports"
IOG = SAMPLES / "tesla_tariff" / "octopus_iog_v2.json"
PRIME = SAMPLES / "tesla_tariff" / "sce_tou_d_prime_v1.json"
SCE = ("--tariff", "sce-tou-d-4-9pm", "--purpose", "fill")
OWN = """\
tariff: Mine
timezone: America/Phoenix
seasons: {all_year: 01-01..12-31}
windows: {all_year: {every_day: {peak: 16:00-19:00, off_peak: otherwise}}}
"""


def test_it_writes_a_schedule_and_settings_that_check_finds_fine(tou: Any, home: Path) -> None:
    answer = tou("init", *SCE, "--reserve", "25", "--into", "house", "--yes")

    assert answer.code == 0
    with freeze_time("2026-08-01"):  # a year after it was compared, a tariff is worth a warning
        checked = tou("check", "--strict", "house/home.yaml")
    assert checked.code == 0, checked.out
    schedule = load_schedule(home / "house" / "home.yaml").schedule
    assert schedule.rules[-1].setting.reserve == 25


def test_it_shows_two_days_and_what_to_do_next(tou: Any) -> None:
    answer = tou("init", *SCE, "--into", "house", "--yes")

    assert "Backup-only, 100 %" in answer.out
    assert "Written: house/home.yaml\nWritten: house/settings.env\n" in answer.out
    assert "tou check house/home.yaml" in answer.out
    assert "tou run" in answer.out


def test_the_settings_are_read_as_the_next_step_says(
    tou: Any, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = tou("init", *SCE, "--into", "my house", "--yes")

    monkeypatch.setenv("TOU_SETTINGS_FILE", "my house/settings.env")

    assert "TOU_SETTINGS_FILE='my house/settings.env' tou run" in answer.out
    assert "SCE TOU-D-4-9PM, fill is fine" in tou("check").out


def test_the_settings_hold_no_secret_and_tell_where_it_goes(tou: Any, home: Path) -> None:
    tou("init", *SCE, "--gateway", "local", "--yes")

    text = (home / "settings.env").read_text()
    assert "\nTOU_GATEWAY=local\n" in text
    assert "gateway_password" in text
    assert "PASSWORD=" not in text
    assert stat.S_IMODE((home / "settings.env").stat().st_mode) & 0o022 == 0


@pytest.mark.parametrize("name", ["home.yaml", "settings.env"])
def test_a_file_that_is_there_stays_and_nothing_else_is_written(
    tou: Any, home: Path, name: str
) -> None:
    (home / name).write_text("precious")

    answer = tou("init", *SCE, "--yes")

    assert answer.code == 1
    assert answer.err == f"{name} exists already, and is left as it is. --into FOLDER writes " + (
        "elsewhere.\n"
    )
    assert [path.name for path in home.iterdir()] == [name]
    assert (home / name).read_text() == "precious"


def test_a_folder_that_cannot_be_written_leaves_nothing(tou: Any, home: Path) -> None:
    (home / "house").write_text("a file")

    answer = tou("init", *SCE, "--into", "house", "--yes")

    assert answer.code == 1
    assert "cannot be written" in answer.err


def test_a_purpose_that_makes_no_sense_is_told_in_one_sentence(tou: Any, home: Path) -> None:
    answer = tou("init", "--tariff", "octopus-go", "--purpose", "keep", "--yes")

    assert answer.code == 1
    assert answer.err.count("\n") == 1
    assert "Choose the purpose fill or car." in answer.err
    assert list(home.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        pytest.param([], "Give --yes", id="nothing at all"),
        pytest.param(["--yes"], "Give --tariff ID", id="no tariff"),
        pytest.param(["--yes", "--tariff", "octopus-go"], "Give --purpose", id="no purpose"),
        pytest.param(["--yes", "--utility", "edison"], "sce-tou-d-4-9pm", id="several fit"),
        pytest.param(["--yes", "--zone", "Mars"], "none", id="none fits"),
        pytest.param(["--yes", "--tariff", "octopus-goo"], "Did you mean", id="a typing error"),
        pytest.param([*SCE, "--reserve", "95", "--yes"], "0<=x<=80", id="too much kept"),
        pytest.param([*SCE, "--gateway", "toaster", "--yes"], "simulated", id="no gateway"),
    ],
)
def test_what_is_missing_or_wrong_is_said_with_the_way_out(
    tou: Any, home: Path, words: list[str], hint: str
) -> None:
    answer = tou("init", *words)

    assert answer.code == 2
    assert hint in answer.err
    assert list(home.iterdir()) == []


def test_the_one_tariff_that_fits_is_taken(tou: Any, home: Path) -> None:
    answer = tou("init", "--utility", "octopus flux", "--purpose", "sell", "--yes")

    assert answer.code == 0
    assert load_schedule(home / "home.yaml").schedule.tariff_name == "Octopus Flux"


def test_a_rate_is_imported_on_the_way(tou: Any, home: Path) -> None:
    answer = tou("init", "--import", str(IOG), "--id", "mine", "--purpose", "fill", "--yes")

    assert answer.code == 0
    assert "note: Holidays are not known" in answer.out
    assert "tariff: tariffs/mine.yaml\n" in (home / "home.yaml").read_text()
    assert tou("check", "home.yaml").code == 0


def test_an_import_hides_no_shipped_tariff(tou: Any, home: Path) -> None:
    answer = tou("init", "--import", str(PRIME), "--purpose", "fill", "--yes")

    assert answer.code == 1
    assert "--id my-sce-tou-d-prime" in answer.err
    assert list(home.iterdir()) == []


def test_a_rate_without_a_zone_needs_one(tou: Any, home: Path) -> None:
    text = IOG.read_text().replace("Octopus", "Somebody")
    (home / "rate.json").write_text(text)
    words = ("init", "--import", "rate.json", "--purpose", "fill", "--into", "house", "--yes")

    assert "Give --timezone" in tou(*words).err
    assert tou(*words, "--timezone", "Europe/Dublin").code == 0


def test_a_tariff_file_of_ones_own_goes_along(tou: Any, home: Path) -> None:
    (home / "mine.yaml").write_text(OWN)

    answer = tou("init", "--tariff", "mine.yaml", "--purpose", "keep", "--into", "house", "--yes")

    assert answer.code == 0
    assert (home / "house" / "tariffs" / "mine.yaml").read_text() == OWN
    assert tou("check", "house/home.yaml").code == 0


def test_a_tariff_that_lies_in_the_folder_already_is_used_there(tou: Any, home: Path) -> None:
    (home / "tariffs").mkdir()
    (home / "tariffs" / "mine.yaml").write_text(OWN)

    answer = tou("init", "--tariff", "mine", "--purpose", "car", "--yes")

    assert answer.code == 0
    assert (home / "tariffs" / "mine.yaml").read_text() == OWN


def test_json_tells_what_was_written_and_the_plan(tou: Any, home: Path) -> None:
    answer = tou("init", *SCE, "--yes", "--format", "json")

    told = json.loads(answer.out)
    assert told["written"] == ["home.yaml", "settings.env"]
    assert told["timezone"] == "America/Los_Angeles"
    assert {"at", "local", "mode", "reserve_percent"} <= told["entries"][0].keys()


def test_a_person_is_asked_step_by_step(tou: Any, home: Path) -> None:
    """A word for the utility, a slip, the plan by number, the purpose, the reserve, the gateway,
    yes."""
    answer = tou("init", typed="octopus\n²\n2\n1\n30\n\ny\n".encode())

    assert answer.code == 0, answer.err
    schedule = load_schedule(home / "home.yaml").schedule
    assert schedule.tariff_name == "Octopus Flux"
    assert schedule.rules[-1].setting.reserve == 30


def test_a_person_who_says_no_gets_nothing(tou: Any, home: Path) -> None:
    answer = tou("init", *SCE, "--reserve", "20", "--gateway", "simulated", typed=b"n\n")

    assert answer.code == 1
    assert "Nothing was written." in answer.out
    assert list(home.iterdir()) == []


@pytest.mark.parametrize("name", library.examples())
def test_an_example_is_a_start_too(tou: Any, home: Path, name: str) -> None:
    answer = tou("init", "--example", name, "--yes")

    assert answer.code == 0, answer.err
    assert (home / "home.yaml").read_text().splitlines()[0].endswith("$schema=schedule.schema.json")


def test_an_example_that_asks_for_more_than_the_gateway_can_says_so(tou: Any) -> None:
    answer = tou("init", "--example", "charge-from-grid", "--gateway", "local", "--yes")

    assert answer.code == 0
    assert "note: This schedule sets grid_charging, which the gateway local cannot do" in answer.out


def test_the_examples_are_listed_with_what_they_are_for(tou: Any) -> None:
    told = json.loads(tou("init", "--examples", "--format", "json").out)

    assert [each["name"] for each in told] == list(library.examples())
    assert all(len(each["about"]) > 20 for each in told)


def test_an_unknown_example_names_those_that_are_there(tou: Any) -> None:
    answer = tou("init", "--example", "octopus-goo", "--yes")

    assert answer.code == 2
    assert "octopus-go" in answer.err

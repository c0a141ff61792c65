"""`tou tariff`: the shipped library by list, page and instant."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
import pytest

from scheduler.schedule import library

from .conftest import Tou

SCE = "sce-tou-d-4-9pm"
_DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun", "holiday"]
OWN = """\
tariff: Mine
timezone: America/Phoenix
seasons: {all_year: 01-01..12-31}
windows: {all_year: {every_day: {peak: 16:00-19:00, off_peak: otherwise}}}
"""


def test_the_list_has_every_shipped_tariff(tou: Any) -> None:
    answer = tou("tariff", "list", "--format", "json")

    assert [each["id"] for each in json.loads(answer.out)] == list(library.ids())


def test_the_list_in_text_tells_zone_status_and_confidence(tou: Any) -> None:
    answer = tou("tariff", "list")

    (line,) = [line for line in answer.out.splitlines() if line.startswith(f"{SCE} ")]
    cells = line.split("  ")
    told = [cell.strip() for cell in cells if cell.strip()]
    assert told == [
        SCE,
        "Southern California Edison",
        "CA",
        "America/Los_Angeles",
        "open",
        "high",
        "2026-07-01",
        "SCE TOU-D-4-9PM",
    ]


@pytest.mark.parametrize(
    ("words", "inside", "outside"),
    [
        pytest.param(["--utility", "salt river"], "srp-e-28", SCE, id="part of a utility's name"),
        pytest.param(["--region", "az"], "srp-e-28", SCE, id="region"),
        pytest.param(["--region", "US-CA"], SCE, "srp-e-28", id="region with its country"),
        pytest.param(["--region", "GB"], "octopus-go", SCE, id="country"),
        pytest.param(["--region", "uk"], "octopus-go", SCE, id="country as its people call it"),
        pytest.param(["--region", "CA"], SCE, "ontario-rpp-ulo", id="California, not Canada"),
        pytest.param(["--region", "Canada"], "ontario-rpp-ulo", SCE, id="Canada"),
        pytest.param(["--zone", "phoenix"], "srp-e-28", SCE, id="part of a zone"),
    ],
)
def test_the_list_is_filtered(tou: Any, words: list[str], inside: str, outside: str) -> None:
    answer = tou("tariff", "list", *words, "--format", "csv")

    ids = [row["id"] for row in csv.DictReader(io.StringIO(answer.out))]
    assert inside in ids
    assert outside not in ids


def test_a_list_without_anything_says_what_to_do(tou: Any) -> None:
    answer = tou("tariff", "list", "--utility", "nobody")

    assert answer.code == 0
    assert "tou tariff import" in answer.out


def test_show_draws_a_week_per_season_without_colour_in_a_pipe(tou: Any) -> None:
    answer = tou("tariff", "show", SCE, "--year", "2026")

    assert "\x1b[" not in answer.out
    assert f"weekday   {'o' * 32}{'P' * 10}{'o' * 6}\n" in answer.out
    assert f"holiday   {'o' * 32}{'M' * 10}{'o' * 6}\n" in answer.out
    assert "  Sat 2026-07-04  Independence Day\n" in answer.out


def test_show_names_observed_days(tou: Any) -> None:
    answer = tou("tariff", "show", SCE, "--year", "2027")

    assert "  Sun 2027-07-04  Independence Day\n" in answer.out
    assert "  Mon 2027-07-05  Independence Day (observed)\n" in answer.out


def test_no_color_beats_a_forced_one(tou: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    coloured = tou("tariff", "show", SCE).out
    monkeypatch.setenv("NO_COLOR", "1")

    plain = tou("tariff", "show", SCE).out

    assert "\x1b[" in coloured
    assert plain == click.unstyle(coloured)


@pytest.mark.parametrize("tariff_id", library.ids())
def test_every_shipped_page_fits_into_a_hundred_columns(tou: Any, tariff_id: str) -> None:
    answer = tou("tariff", "show", tariff_id)

    assert answer.code == 0
    assert max(map(len, answer.out.splitlines())) <= 100


def test_show_as_json_covers_every_day_of_every_season(tou: Any) -> None:
    answer = tou("tariff", "show", SCE, "--format", "json")

    told = json.loads(answer.out)
    assert [season["name"] for season in told["seasons"]] == ["summer", "winter"]
    for season in told["seasons"]:
        assert list(season["days"]) == _DAYS
        for windows in season["days"].values():
            assert windows[0]["from"] == "00:00"
            assert windows[-1]["to"] == "24:00"


def test_a_file_of_ones_own_is_shown_by_its_path(tou: Any, home: Path) -> None:
    (home / "mine.yaml").write_text(OWN)

    answer = tou("tariff", "show", "mine.yaml")

    assert answer.code == 0
    assert answer.out.startswith("Mine\n")


@pytest.fixture
def own(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of one's own tariffs beside the schedule in force."""
    folder = home / "etc" / "tariffs"
    folder.mkdir(parents=True)
    monkeypatch.setenv("TOU_SCHEDULE", str(home / "etc" / "home.yaml"))
    return folder


def test_a_tariff_beside_the_schedule_is_found_by_its_id_and_marked(tou: Any, own: Path) -> None:
    (own / "mine.yaml").write_text(OWN)

    answer = tou("tariff", "show", "mine")

    assert answer.code == 0
    assert f"own {own / 'mine.yaml'}, not a shipped one" in " ".join(answer.out.split())
    assert tou("tariff", "at", "mine", "now").code == 0


def test_a_tariff_that_takes_the_place_of_a_shipped_one_says_so(tou: Any, own: Path) -> None:
    (own / f"{SCE}.yaml").write_text(OWN)

    answer = tou("tariff", "show", SCE, "--format", "json")
    page = " ".join(tou("tariff", "show", SCE).out.split())

    assert json.loads(answer.out)["name"] == "Mine"
    assert f"it takes the place of the shipped {SCE}" in page


def test_the_list_has_ones_own_last_and_marked(tou: Any, own: Path) -> None:
    (own / "mine.yaml").write_text(OWN)

    answer = tou("tariff", "list", "--zone", "phoenix", "--format", "json")

    *shipped, mine = json.loads(answer.out)
    assert not any(each["own"] for each in shipped)
    assert (mine["id"], mine["own"], mine["file"]) == ("mine", True, str(own / "mine.yaml"))


def test_a_broken_one_of_ones_own_does_not_stop_the_list(tou: Any, own: Path) -> None:
    (own / "mine.yaml").write_text(OWN.replace("America/Phoenix", "WRITE-THE-ZONE"))

    answer = tou("tariff", "list")

    assert answer.code == 0
    assert SCE in answer.out
    assert answer.err.startswith(f"{own / 'mine.yaml'}:2:11: timezone: ")


def test_a_country_without_a_region_is_named_once(tou: Any) -> None:
    assert "(GB)" in tou("tariff", "show", "octopus-go").out


def test_a_broken_file_says_where(tou: Any, home: Path) -> None:
    (home / "mine.yaml").write_text(OWN.replace("Phoenix", "Phenix"))

    answer = tou("tariff", "show", "mine.yaml")

    assert answer.code == 78
    assert answer.err.startswith("mine.yaml:2:11: ")


def test_an_unknown_id_suggests_the_nearest(tou: Any) -> None:
    answer = tou("tariff", "show", "sce-tou-d-4-9")

    assert answer.code == 2
    assert f"Did you mean {SCE}?" in answer.err


# Expected by hand from the windows of SCE TOU-D-4-9PM (Schedule TOU-D, sheets 12 and 13).
@pytest.mark.parametrize(
    ("text", "at", "local", "rest"),
    [
        pytest.param(
            "2026-07-01T23:00Z",
            "2026-07-01T23:00:00Z",
            "2026-07-01T16:00:00-07:00",
            ("summer", "weekday", "on_peak"),
            id="summer weekday",
        ),
        pytest.param(
            "2027-07-05T16:00",
            "2027-07-05T23:00:00Z",
            "2027-07-05T16:00:00-07:00",
            ("summer", "holiday", "mid_peak"),
            id="Monday after a holiday on a Sunday, local time",
        ),
        pytest.param(
            "2026-11-01T09:30Z",
            "2026-11-01T09:30:00Z",
            "2026-11-01T01:30:00-08:00",
            ("winter", "weekend", "off_peak"),
            id="the second of two half past ones",
        ),
        pytest.param(
            "2026-03-08T02:30",
            "2026-03-08T10:30:00Z",
            "2026-03-08T03:30:00-07:00",
            ("winter", "weekend", "off_peak"),
            id="a wall time that does not exist",
        ),
    ],
)
def test_at_answers_as_the_contract_has_it(
    tou: Any, text: str, at: str, local: str, rest: tuple[str, str, str]
) -> None:
    answer = tou("tariff", "at", SCE, text, "--format", "json")

    season, day_class, period = rest
    assert json.loads(answer.out) == {
        "at": at,
        "local": local,
        "season": season,
        "day_class": day_class,
        "period": period,
    }


def test_at_writes_a_line_of_json_per_instant(tou: Any) -> None:
    answer = tou("tariff", "at", SCE, "2026-07-01", "2026-12-01", "--format", "json")

    found = [json.loads(line)["season"] for line in answer.out.splitlines()]
    assert found == ["summer", "winter"]


def test_at_in_text_is_a_table(tou: Any) -> None:
    answer = tou("tariff", "at", SCE, "2026-07-01T16:00")

    assert answer.out.splitlines()[1].split() == [
        *("Wed", "2026-07-01", "16:00:00", "PDT"),
        *("2026-07-01T23:00:00Z", "summer", "weekday", "on_peak"),
    ]


def test_at_shows_a_utc_meter_in_the_time_people_live_in(tou: Any) -> None:
    answer = tou("tariff", "at", "economy-7-gmt-midnight", "2026-07-04T00:30", "--format", "json")

    told = json.loads(answer.out)
    assert told["at"] == "2026-07-03T23:30:00Z"
    assert told["local"] == "2026-07-04T00:30:00+01:00"
    assert told["period"] == "day"


def test_at_reads_instants_from_stdin_and_skips_blank_lines(tou: Any) -> None:
    lines = b"2026-07-01T23:00Z\r\n\n   \n2026-07-02T16:00\n"

    answer = tou("tariff", "at", SCE, "-", stdin=lines)

    found = [json.loads(line) for line in answer.out.splitlines()]
    assert [each["at"] for each in found] == ["2026-07-01T23:00:00Z", "2026-07-02T23:00:00Z"]


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(b"half past nine", id="words"),
        pytest.param(b"\xff\xfe\x00", id="not text"),
        pytest.param(b"9999-12-31T23:59:59-12:00", id="out of range"),
        pytest.param(b"9" * 100_000, id="endless"),
        pytest.param(b"999999999999h", id="too long ago"),
    ],
)
def test_a_bad_line_is_named_after_the_answers_before_it(tou: Any, bad: bytes) -> None:
    answer = tou("tariff", "at", SCE, "-", stdin=b"2026-07-01\n\n" + bad + b"\n2026-07-02\n")

    assert answer.code == 2
    assert len(answer.out.splitlines()) == 1
    assert len(answer.err.splitlines()) == 1
    assert answer.err.startswith("line 3: ")
    assert len(answer.err) < 400


def test_stdin_stands_alone(tou: Any) -> None:
    answer = tou("tariff", "at", SCE, "-", "now")

    assert answer.code == 2


def test_ten_thousand_instants_are_answered_one_by_one(tou: Any) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    instants = [start + timedelta(minutes=50 * number) for number in range(10_000)]
    lines = "".join(f"{each.isoformat()}\n" for each in instants)

    answer = tou("tariff", "at", SCE, "-", stdin=lines.encode())

    assert len(answer.out.splitlines()) == 10_000


@pytest.mark.parametrize("columns", [20, 40, 60, 80, 110])
@pytest.mark.parametrize("words", [("list",), ("show", "pge-e-6"), ("show", "srp-e-28")], ids=str)
def test_the_views_fit_the_terminal(
    tou: Tou, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))

    out = tou("tariff", *words).out

    # At 20 columns a bar, an id, an address or a file's name has a line of its own.
    assert max(map(len, out.splitlines())) <= max(columns, 46)

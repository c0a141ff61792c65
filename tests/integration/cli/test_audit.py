"""`tou audit`: what a person and a script are shown of the runs."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from scheduler import clock
from scheduler.words import EntryKind, Outcome, Wake

START = "2026-11-23T16:00:00Z"
SIMULATION = "SIMULATION: the built-in simulated gateway; no real battery is touched."

SIMULATED = {"gateway": "simulated 0a1b2c3d"}


@pytest.fixture
def local(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings of a real gateway, which nothing here talks to."""
    monkeypatch.setenv("TOU_GATEWAY", "local")


def test_json_is_the_array_of_the_contract(tou: Any, runs: Any) -> None:
    number = runs.switch(Outcome.CONFIRMED)

    answer = tou("audit", "--format", "json")

    (run,) = json.loads(answer.out)
    assert answer.code == 0
    assert answer.err == ""
    wanted = {"mode": "backup", "reserve_percent": 100.0}
    expected = {
        "run": number,
        "site": "home",
        "kind": "switch",
        "name": "charge overnight",
        "wake": "boundary",
        "planned_at": "2026-11-23T15:59:59.988000Z",
        "started_at": START,
        "finished_at": "2026-11-23T16:00:02Z",
        "outcome": "confirmed",
        "wanted": wanted,
        "observed": wanted,
        "attempt": 1,
        "error": None,
        "gateway": "local https://powerwall",
        "steps": [
            {
                "at": "2026-11-23T16:00:01Z",
                "step": "write",
                "method": "POST",
                "path": "/api/operation",
                "status": 200,
                "duration_ms": 3.5,
                "error": None,
            }
        ],
    }
    assert {key: run[key] for key in expected} == expected


def test_text_has_one_line_per_run_in_the_zone_people_live_in(
    tou: Any, runs: Any, local: None
) -> None:
    runs.switch(Outcome.CONFIRMED)

    answer = tou("audit")

    _, line = answer.out.splitlines()
    assert "Mon 2026-11-23 08:00:00 PST" in line
    assert "boundary" in line
    assert "Backup-only, 100 %" in line
    assert "✓ confirmed" in line
    assert line.endswith("charge overnight, 12 ms late, took 2.0 s")


def test_an_error_stands_below_its_run(tou: Any, runs: Any, local: None) -> None:
    end = {"observed": None, "error": "The gateway refuses the connection."}
    runs.switch(Outcome.UNREACHABLE, end=end)

    lines = tou("audit").out.splitlines()

    assert "! unreachable" in lines[1]
    assert lines[2] == "      The gateway refuses the connection."


def test_an_unconfirmed_run_says_what_the_gateway_shows(tou: Any, runs: Any, local: None) -> None:
    seen = {"mode": "self_consumption", "reserve_percent": 5.0}
    runs.switch(Outcome.UNCONFIRMED, end={"observed": seen, "error": None})

    answer = tou("audit")

    assert "      the gateway shows Self-Powered, 5 %\n" in answer.out


def test_a_run_at_work_is_said_to_be_so(tou: Any, runs: Any, local: None) -> None:
    runs.switch(None)

    answer = tou("audit")

    assert "· at work" in answer.out


def test_a_hold_is_said_in_words(tou: Any, runs: Any, local: None) -> None:
    wanted = {"mode": "self_consumption", "reserve_percent": None, "hold": True}
    runs.switch(None, intent={"wanted": wanted})

    answer = tou("audit")

    assert "Self-Powered, hold the charge" in answer.out


def test_colour_comes_only_where_it_is_wanted(
    tou: Any, runs: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs.switch(Outcome.CONFIRMED)
    plain = tou("audit").out
    monkeypatch.setenv("FORCE_COLOR", "1")

    coloured = tou("audit").out

    assert "\x1b[" not in plain
    assert "\x1b[32m✓ confirmed\x1b[0m" in coloured


def test_the_newest_thirty_are_shown_and_the_cut_is_told(tou: Any, runs: Any) -> None:
    numbers = [runs.switch(Outcome.UNCHANGED) for _ in range(31)]

    answer = tou("audit")

    assert f"#{numbers[0]} " not in answer.out
    assert f"#{numbers[1]} " in answer.out
    assert answer.out.splitlines()[-1].startswith("The newest 30; there are older ones")


def test_a_span_of_time_shows_all_that_is_in_it(tou: Any, runs: Any) -> None:
    numbers = [runs.switch(Outcome.UNCHANGED) for _ in range(32)]

    answer = tou("audit", "--since", START, "--format", "json")

    assert [run["run"] for run in json.loads(answer.out)] == numbers


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        pytest.param(["--outcome", "refused"], [1], id="outcome"),
        pytest.param(["--limit", "1"], [2], id="limit keeps the newest, oldest first"),
        pytest.param(["--job", "commit"], [2], id="job by kind"),
        pytest.param(["--job", "charge overnight"], [0, 1], id="rule by name"),
        pytest.param(["--since", "2026-11-23T08:01"], [1, 2], id="since, local time"),
        pytest.param(["--until", "2026-11-23T16:01Z"], [0], id="until is exclusive"),
    ],
)
def test_filters_choose_runs(tou: Any, runs: Any, words: list[str], expected: list[int]) -> None:
    numbers = [
        runs.switch(Outcome.CONFIRMED),
        runs.switch(Outcome.REFUSED),
        runs.switch(Outcome.COMPLETED, kind="commit", name="tidy", wake=Wake.JOB),
    ]

    answer = tou("audit", *words, "--format", "json")

    assert [run["run"] for run in json.loads(answer.out)] == [numbers[each] for each in expected]


def test_csv_has_a_row_per_run_with_plain_cells(tou: Any, runs: Any) -> None:
    runs.switch(Outcome.CONFIRMED)

    answer = tou("audit", "--format", "csv")

    (row,) = csv.DictReader(io.StringIO(answer.out))
    assert row["wanted_mode"] == "backup"
    assert row["observed_reserve_percent"] == "100.0"
    assert row["steps"] == "1"


def test_entries_are_the_rows_as_they_stand(tou: Any, runs: Any) -> None:
    number = runs.switch(Outcome.CONFIRMED)

    answer = tou("audit", "--entries", "--format", "json")

    found = json.loads(answer.out)
    assert [(each["entry"], each["run"]) for each in found] == [
        ("intent", number),
        ("step", number),
        ("outcome", number),
    ]
    assert all(len(each["hash"]) == 64 for each in found)


def test_entries_in_text_show_their_detail(tou: Any, runs: Any, local: None) -> None:
    runs.switch(Outcome.CONFIRMED)

    answer = tou("audit", "--entries")

    assert answer.out.splitlines()[2].endswith('"status":200,"step":"write"}')


def test_a_simulation_is_named_before_anything_else(tou: Any, runs: Any, local: None) -> None:
    runs.switch(Outcome.CONFIRMED, intent=SIMULATED)

    answer = tou("audit")

    assert answer.out.splitlines()[0] == SIMULATION


def test_runs_of_a_simulation_are_named_even_with_a_real_gateway_set(
    tou: Any, runs: Any, local: None
) -> None:
    runs.switch(Outcome.CONFIRMED, intent=SIMULATED)

    answer = tou("audit")

    assert answer.out.splitlines()[0] == SIMULATION


def test_runs_of_a_real_gateway_are_not_called_a_simulation(
    tou: Any, runs: Any, local: None
) -> None:
    runs.switch(Outcome.CONFIRMED)

    answer = tou("audit")

    assert "SIMULATION" not in answer.out


@pytest.mark.parametrize("gateway", ["simulated", "local"])
def test_real_runs_beside_simulated_ones_are_told_apart(
    tou: Any, runs: Any, monkeypatch: pytest.MonkeyPatch, gateway: str
) -> None:
    """A database used for the trial and then for the house."""
    monkeypatch.setenv("TOU_GATEWAY", gateway)
    runs.switch(Outcome.CONFIRMED, intent=SIMULATED)
    runs.switch(Outcome.CONFIRMED)

    text = tou("audit").out
    shown = json.loads(tou("audit", "--format", "json").out)
    rows = [*csv.DictReader(io.StringIO(tou("audit", "--format", "csv").out))]

    assert SIMULATION not in text
    assert ["SIMULATED" in line for line in text.splitlines()[1:]] == [True, False]
    assert [run["simulated"] for run in shown] == [True, False]
    assert [row["simulated"] for row in rows] == ["True", "False"]
    assert [row["gateway"] for row in rows] == ["simulated 0a1b2c3d", "local https://powerwall"]


def test_each_entry_has_the_gateway_of_its_run(tou: Any, runs: Any) -> None:
    runs.switch(Outcome.CONFIRMED, intent=SIMULATED)
    runs.switch(Outcome.CONFIRMED)

    shown = json.loads(tou("audit", "--entries", "--format", "json").out)

    assert [each["simulated"] for each in shown] == [True] * 3 + [False] * 3


def test_no_audit_yet_is_said_and_none_is_made(tou: Any, home: Path, local: None) -> None:
    answer = tou("audit")

    assert answer.code == 0
    assert answer.out == f"No audit yet at {home / 'tou.db'}. `tou run` begins one.\n"
    assert list(home.iterdir()) == []


def test_no_audit_yet_is_an_empty_array(tou: Any, home: Path) -> None:
    answer = tou("audit", "--format", "json")

    assert json.loads(answer.out) == []
    assert list(home.iterdir()) == []


def test_nothing_that_fits_is_said(tou: Any, runs: Any, local: None) -> None:
    runs.switch(Outcome.CONFIRMED)

    answer = tou("audit", "--outcome", "failed")

    assert answer.out == "Nothing in the audit fits.\n"


def test_an_unknown_outcome_is_a_usage_error_that_lists_the_words(tou: Any) -> None:
    answer = tou("audit", "--outcome", "done")

    assert answer.code == 2
    assert "'superseded'" in answer.err


def test_a_time_that_is_none_is_a_usage_error(tou: Any) -> None:
    answer = tou("audit", "--since", "some day")

    assert answer.code == 2
    assert '"some day" is not a time.' in answer.err


def test_a_broken_schedule_does_not_hide_the_audit(
    tou: Any, runs: Any, local: None, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs.switch(Outcome.CONFIRMED)
    (home / "broken.yaml").write_text("schedule: [")
    monkeypatch.setenv("TOU_SCHEDULE", str(home / "broken.yaml"))

    answer = tou("audit")

    assert answer.code == 0
    assert "Mon 2026-11-23 16:00:00 UTC" in answer.out


def test_a_relative_since_counts_from_now(tou: Any, runs: Any) -> None:
    runs.at = clock.now() - timedelta(hours=3)
    runs.switch(Outcome.CONFIRMED)
    runs.at = clock.now() - timedelta(hours=1)
    newer = runs.switch(Outcome.CONFIRMED)

    answer = tou("audit", "--since", "2h", "--format", "json")

    assert [run["run"] for run in json.loads(answer.out)] == [newer]


def test_one_run_is_shown_whole(tou: Any, runs: Any, local: None) -> None:
    number = runs.switch(Outcome.CONFIRMED, intent={"period": "super_off_peak"})
    effect = {"evidence": "effect", "seen": "not_seen", "battery_w": -12.5}
    runs.log.append(at=runs.at, entry=EntryKind.EVIDENCE, kind="switch", run=number, detail=effect)

    answer = tou("audit", str(number))

    assert answer.code == 0
    assert f"run       #{number} of home\n" in answer.out
    assert "wanted    Backup-only, 100 %\n" in answer.out
    assert "planned   Mon 2026-11-23 07:59:59 PST (12 ms late)\n" in answer.out
    assert "ended     Mon 2026-11-23 08:00:02 PST (took 2.0 s)\n" in answer.out
    assert "outcome   ✓ confirmed\n" in answer.out
    assert "period    super_off_peak\n" in answer.out
    assert "POST /api/operation" in answer.out
    assert "effect    battery_w: -12.5; seen: not_seen\n" in answer.out


@pytest.mark.parametrize(
    "words",
    [["{}", "--format", "json"], ["--format", "json", "{}"], ["#{}", "--format", "json"]],
    ids=["option behind", "option before", "with its mark"],
)
def test_one_run_in_json_is_an_object(tou: Any, runs: Any, words: list[str]) -> None:
    runs.switch(Outcome.CONFIRMED)
    number = runs.switch(Outcome.REFUSED)

    shown = json.loads(tou("audit", *(word.format(number) for word in words)).out)

    assert (shown["run"], shown["outcome"], len(shown["steps"])) == (number, "refused", 1)


def test_a_number_that_is_no_run_leads_to_the_run_it_belongs_to(tou: Any, runs: Any) -> None:
    number = runs.switch(Outcome.CONFIRMED)

    inside, beyond = tou("audit", str(number + 1)), tou("audit", "99999999999999999999")

    assert (inside.code, beyond.code) == (1, 1)
    assert f"Entry {number + 1} is no run of its own: `tou audit {number}` shows it." in inside.err
    assert "There is no run 99999999999999999999." in beyond.err


@pytest.mark.parametrize(
    ("number", "code", "told"),
    [
        ("9" * 5_000, 1, "There is no run 9999"),
        ("²", 2, 'There is no verb "²"'),
    ],
    ids=["more digits than a number may have", "a digit that is no number"],
)
def test_what_only_looks_like_a_run_is_answered(
    tou: Any, runs: Any, number: str, code: int, told: str
) -> None:
    runs.switch(Outcome.CONFIRMED)

    answer = tou("audit", number)

    assert (answer.code, told in answer.err) == (code, True), answer.err


def test_a_filter_beside_a_run_is_refused(tou: Any, runs: Any) -> None:
    answer = tou("audit", "--since", "today", "1")

    assert answer.code == 2
    assert '"since" does not go with run.' in answer.err


def test_events_are_what_is_no_run(tou: Any, runs: Any, log: Any) -> None:
    runs.switch(Outcome.CONFIRMED)
    gateway = {"gateway": "local https://powerwall", "seconds": 40}
    log.append(at=runs.at, entry=EntryKind.EVENT, kind="gateway", name="back", detail=gateway)
    log.append(
        at=runs.at,
        entry=EntryKind.EVENT,
        kind="schedule",
        name="0123456789abcdef0123",
        detail={"text": "schedule: x\nrules: []\n"},
    )

    _, back, schedule = tou("audit", "--events").out.splitlines()

    assert back.endswith("gateway back  gateway: local https://powerwall; seconds: 40")
    assert schedule.endswith("schedule      0123456789abcdef, 2 lines")


def test_export_has_every_run(tou: Any, runs: Any) -> None:
    numbers = [runs.switch(Outcome.UNCHANGED) for _ in range(32)]

    rows = [*csv.DictReader(io.StringIO(tou("audit", "export").out))]
    shown = json.loads(tou("audit", "export", "--format", "json", "--limit", "2").out)

    assert [int(row["run"]) for row in rows] == numbers
    assert [run["run"] for run in shown] == numbers[-2:]


FORMULAS = ["=HYPERLINK(0)", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"]


@pytest.mark.parametrize("text", FORMULAS, ids=repr)
def test_no_cell_of_the_csv_is_a_formula(tou: Any, runs: Any, text: str) -> None:
    runs.switch(Outcome.UNREACHABLE, end={"observed": None, "error": text})

    (row,) = csv.DictReader(io.StringIO(tou("audit", "export").out))

    assert row["error"].startswith("'")
    assert (row["wanted_reserve_percent"], row["attempt"]) == ("100.0", "1")


NASTY = "\x1b[2J\x1b]0;owned\x07 \x9b31m a\u202eb\x7f"


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["1"],
        ["--entries"],
        ["--events"],
        ["--format", "json"],
        ["--format", "csv"],
        ["--entries", "--format", "csv"],
        ["1", "--format", "json"],
    ],
    ids=" ".join,
)
def test_nothing_that_a_gateway_said_moves_the_terminal(
    tou: Any, runs: Any, log: Any, words: list[str]
) -> None:
    runs.switch(Outcome.UNREACHABLE, name=f"rule {NASTY}", end={"observed": None, "error": NASTY})
    lost = {"gateway": "local", "error": NASTY}
    log.append(at=runs.at, entry=EntryKind.EVENT, kind="gateway", name="lost", detail=lost)

    out = tou("audit", *words).out

    assert "owned" in out
    assert not set("\x1b\x07\x9b\u202e\x7f") & set(out)


@pytest.mark.parametrize("width", [60, 110])
@pytest.mark.parametrize("words", [[], ["1"], ["--events"]], ids=["runs", "one run", "events"])
def test_lines_break_at_words_whatever_the_terminal(
    tou: Any, runs: Any, monkeypatch: pytest.MonkeyPatch, width: int, words: list[str]
) -> None:
    error = "The gateway does not answer: the connection was refused, and nothing was sent to it."
    runs.switch(Outcome.UNREACHABLE, end={"observed": None, "error": error})
    lost = {"gateway": "local https://powerwall", "error": error}
    runs.log.append(at=runs.at, entry=EntryKind.EVENT, kind="gateway", name="lost", detail=lost)
    monkeypatch.setenv("COLUMNS", str(width))

    lines = tou("audit", *words).out.splitlines()

    assert max(map(len, lines)) <= width
    assert " ".join(" ".join(lines).split()).count("answer") == 1
    for word in error.split():
        assert any(word in line for line in lines)


def test_runs_of_several_sites_name_theirs_and_can_be_asked_for(tou: Any, runs: Any) -> None:
    home = runs.switch(Outcome.CONFIRMED)
    cabin = type(runs)(type(runs.log)(runs.log.database, "cabin"))
    other = cabin.switch(Outcome.CONFIRMED)

    text = tou("audit").out
    shown = json.loads(tou("audit", "--site", "cabin", "--format", "json").out)

    assert "site" in text.splitlines()[0]
    assert [run["run"] for run in shown] == [other]
    assert home != other


def test_what_waits_to_be_confirmed_is_said_to_be_accepted(tou: Any, runs: Any) -> None:
    number = runs.switch(None)
    accepted = {"evidence": "accepted", "until": "2026-11-23T16:05:00Z"}
    runs.log.append(
        at=runs.at, entry=EntryKind.EVIDENCE, kind="switch", run=number, detail=accepted
    )

    assert "· accepted" in tou("audit").out
    shown = json.loads(tou("audit", "--outcome", "accepted", "--format", "json").out)
    assert [run["run"] for run in shown] == [number]


def test_status_tells_the_last_run_of_its_own_site(tou: Any, runs: Any, local: None) -> None:
    number = runs.switch(Outcome.CONFIRMED)
    type(runs)(type(runs.log)(runs.log.database, "cabin")).switch(Outcome.REFUSED)

    shown = json.loads(tou("status", "--format", "json").out)

    assert (shown["last_run"]["run"], shown["last_run"]["site"]) == (number, "home")
    assert shown["confirmed"]["run"] == number

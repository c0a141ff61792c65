"""`/metrics` over an audit at rest, and what alerts and boards ask of it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from scheduler import clock
from scheduler.audit.database import open_database
from scheduler.audit.log import Log
from scheduler.audit.readings import KeptReading, keep
from scheduler.cli.web import own_settings, source
from scheduler.outlets.web.app import make
from scheduler.words import Outcome, Wake

ROOT = Path(__file__).parents[3]
RULES = ROOT / "packaging" / "prometheus"
BOARD = ROOT / "packaging" / "grafana" / "tou.json"

needs_promtool = pytest.mark.skipif(
    shutil.which("promtool") is None, reason="promtool is missing: apt-get install prometheus"
)


@pytest.fixture
def page(home):
    with TestClient(make(source(own_settings())), base_url="http://127.0.0.1:8765") as client:
        yield client


def scraped(page, accept="") -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Every sample by its name and its labels but the site's."""
    answer = page.get("/metrics", headers={"accept": accept})
    assert answer.status_code == 200
    return {
        (
            each.name,
            tuple(sorted((k, v) for k, v in each.labels.items() if k != "site")),
        ): each.value
        for family in text_string_to_metric_families(answer.text)
        for each in family.samples
    }


def of(found, name, **labels):
    return found.get((name, tuple(sorted(labels.items()))))


def late(runs, seconds, outcome=Outcome.CONFIRMED, **more):
    """A switch of a boundary so many seconds before it was begun."""
    planned = (runs.at - timedelta(seconds=seconds)).isoformat()
    return runs.switch(outcome, intent={"planned_at": planned}, **more)


def test_without_a_service_nothing_stands_that_only_it_could_know(page, runs):
    runs.switch(Outcome.CONFIRMED)

    found = scraped(page)

    assert of(found, "tou_up") == 0
    assert of(found, "tou_as_wanted") == 0
    assert of(found, "tou_health", word="failing") == 1
    assert of(found, "tou_reason", id="not_running") == 1
    assert of(found, "tou_audit_readable") == 1
    assert {dict(labels)["which"] for name, labels in found if name == "tou_setting"} == {"wanted"}
    for absent in ("tou_charge_ratio", "tou_turn_timestamp_seconds", "tou_gateway_reachable"):
        assert of(found, absent) is None


def test_runs_are_counted_on_over_restarts_of_page_and_service(page, runs, home):
    for outcome in (Outcome.CONFIRMED, Outcome.CONFIRMED, Outcome.REFUSED, None):
        runs.switch(outcome)
    assert of(scraped(page), "tou_runs_total", kind="switch", outcome="confirmed") == 2
    runs.switch(Outcome.CONFIRMED)
    runs.switch(Outcome.COMPLETED, kind="firmware_check")

    again = scraped(page)
    fresh = scraped(TestClient(make(source(own_settings())), base_url="http://127.0.0.1"))

    for found in (again, fresh):
        assert of(found, "tou_runs_total", kind="switch", outcome="confirmed") == 3
        assert of(found, "tou_runs_total", kind="switch", outcome="refused") == 1
        assert of(found, "tou_runs_total", kind="firmware_check", outcome="completed") == 1


def test_another_audit_in_its_place_is_counted_anew(page, runs, home):
    runs.switch(Outcome.CONFIRMED)
    runs.switch(Outcome.CONFIRMED)
    assert of(scraped(page), "tou_runs_total", kind="switch", outcome="confirmed") == 2
    runs.log.database.close()
    for file in home.glob("tou.db*"):
        file.unlink()
    with closing(open_database(home / "tou.db", create=True)) as database:
        runs.log = Log(database, "home")
        runs.at += timedelta(hours=1)
        runs.switch(Outcome.REFUSED)
        found = scraped(page)

    assert of(found, "tou_runs_total", kind="switch", outcome="confirmed") is None
    assert of(found, "tou_runs_total", kind="switch", outcome="refused") == 1


def test_lateness_is_counted_from_the_boundary_over_all_attempts(page, runs):
    late(runs, 0.02)
    late(runs, 0.02, Outcome.UNREACHABLE)
    runs.switch(Outcome.CONFIRMED, wake=Wake.RETRY)

    found = scraped(page)

    name = "tou_switch_lateness_seconds"
    assert of(found, f"{name}_count", until="begun") == 2
    assert of(found, f"{name}_bucket", until="begun", le="0.05") == 2
    assert of(found, f"{name}_bucket", until="begun", le="0.01") == 0
    assert of(found, f"{name}_bucket", until="confirmed", le="5.0") == 1
    assert of(found, f"{name}_bucket", until="confirmed", le="60.0") == 1
    assert of(found, f"{name}_bucket", until="confirmed", le="120.0") == 2
    assert of(found, f"{name}_bucket", until="confirmed", le="+Inf") == 2
    assert of(found, f"{name}_sum", until="confirmed") == pytest.approx(2.02 + 62.02)


def test_what_a_person_holds_back_is_not_late(page, runs):
    late(runs, 0.02, Outcome.DEFERRED)
    runs.switch(Outcome.CONFIRMED, wake=Wake.OPERATOR)
    runs.switch(Outcome.CONFIRMED, wake=Wake.OVERRIDE)

    assert of(scraped(page), "tou_switch_lateness_seconds_count", until="confirmed") == 0


def test_a_boundary_that_nobody_was_there_for_is_late_until_it_is_proven(page, runs):
    late(runs, 500, Outcome.MISSED, wake=Wake.START)
    runs.switch(Outcome.CONFIRMED, wake=Wake.START)

    found = scraped(page)

    assert of(found, "tou_switch_lateness_seconds_count", until="begun") == 0
    assert of(found, "tou_switch_lateness_seconds_bucket", until="confirmed", le="300.0") == 0
    assert of(found, "tou_switch_lateness_seconds_bucket", until="confirmed", le="600.0") == 1


@pytest.mark.parametrize(("age", "shown"), [(60, True), (3600, False)])
def test_powers_are_shown_while_they_are_fresh(page, log, age, shown):
    at = clock.now() - timedelta(seconds=age)
    reading = KeptReading(at=at, source="x", grid_w=-1500.0, grid_imported_wh=2.0)
    with log.database.writing() as connection:
        keep(connection, "home", [reading])

    found = scraped(page)

    assert of(found, "tou_power_watts", of="grid") == (-1500 if shown else None)
    assert of(found, "tou_power_watts", of="battery") is None
    assert of(found, "tou_energy_joules_total", of="grid_imported") == (7200 if shown else None)


def test_an_audit_that_cannot_be_read_is_told_and_not_counted_as_none(page, home):
    (home / "tou.db").write_bytes(b"no database at all" * 100)

    found = scraped(page)

    assert of(found, "tou_audit_readable") == 0
    assert not [name for name, _ in found if name == "tou_runs_total"]


def test_no_message_and_nothing_secret_is_a_label(page, runs, monkeypatch):
    monkeypatch.setenv("TOU_GATEWAY", "local")
    monkeypatch.setenv("TOU_GATEWAY_PASSWORD", "hunter2")
    runs.switch(Outcome.REFUSED, end={"observed": None, "error": "a message of the gateway"})

    text = page.get("/metrics").text

    assert "hunter2" not in text
    assert "a message" not in text


def test_openmetrics_is_spoken_where_it_is_asked_for(page):
    answer = page.get("/metrics", headers={"accept": "application/openmetrics-text"})

    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    assert answer.text.endswith("# EOF\n")


# --- alerts and the board


@needs_promtool
def test_promtool_finds_nothing_to_mend_in_the_metrics(page, runs, log):
    late(runs, 0.02)
    reading = KeptReading(at=clock.now(), source="x", grid_w=1.0, grid_imported_wh=2.0)
    with log.database.writing() as connection:
        keep(connection, "home", [reading])

    told = promtool("check", "metrics", stdin=page.get("/metrics").text)

    assert (told.returncode, told.stdout + told.stderr) == (0, "")


@needs_promtool
def test_promtool_takes_the_alerts_and_their_tests_pass():
    checked = promtool("check", "rules", str(RULES / "alerts.yaml"))
    assert checked.returncode == 0, checked.stdout + checked.stderr

    tested = promtool("test", "rules", str(RULES / "alerts.test.yaml"))

    assert tested.returncode == 0, tested.stdout + tested.stderr


def test_alerts_and_board_ask_for_metrics_that_there_are(page, log):
    with log.database.writing() as connection:
        keep(connection, "home", [KeptReading(at=clock.now(), source="x", grid_imported_wh=2.0)])
    families = text_string_to_metric_families(page.get("/metrics").text)
    names = {each.name + "_total" * (each.type == "counter") for each in families}
    board = json.loads(BOARD.read_text())
    asked = [target["expr"] for panel in board["panels"] for target in panel.get("targets", ())]
    asked += re.findall(r"expr: (.*)", (RULES / "alerts.yaml").read_text())

    used = {name for text in asked for name in re.findall(r"\btou_\w+", text)}

    assert {re.sub("_(bucket|count|sum)$", "", name) for name in used} - names == set()
    told = (ROOT / "docs" / "metrics.md").read_text()
    assert [name for name in sorted(names) if f"`{name}" not in told] == []


def promtool(*words, stdin=""):
    return subprocess.run(
        ["promtool", *words], input=stdin, capture_output=True, text=True, timeout=60, check=False
    )

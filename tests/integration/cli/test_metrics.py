"""`/metrics` over an audit at rest, and what alerts and boards ask of it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from scheduler import clock
from scheduler.audit.database import open_database
from scheduler.audit.log import Log
from scheduler.audit.readings import KeptReading, keep
from scheduler.cli.web import own_settings, source
from scheduler.outlets.web.app import make
from scheduler.outlets.web.gauges import overdue
from scheduler.words import Outcome, Wake

from .conftest import Runs

ROOT = Path(__file__).parents[3]
RULES = ROOT / "packaging" / "prometheus"
BOARD = ROOT / "packaging" / "grafana" / "tou.json"

needs_promtool = pytest.mark.skipif(
    shutil.which("promtool") is None, reason="promtool is missing: apt-get install prometheus"
)


Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@pytest.fixture
def page(home: Path) -> Iterator[TestClient]:
    with TestClient(make(source(own_settings())), base_url="http://127.0.0.1:8765") as client:
        yield client


def scraped(page: TestClient, accept: str = "") -> Samples:
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


def of(found: Samples, name: str, **labels: Any) -> float | None:
    return found.get((name, tuple(sorted(labels.items()))))


def late(
    runs: Runs, seconds: float, outcome: Outcome | None = Outcome.CONFIRMED, **more: Any
) -> int:
    """A switch of a boundary so many seconds before it was begun."""
    planned = (runs.at - timedelta(seconds=seconds)).isoformat()
    return runs.switch(outcome, intent={"planned_at": planned}, **more)


def test_without_a_service_nothing_stands_that_only_it_could_know(
    page: TestClient, runs: Runs
) -> None:
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


def test_runs_are_counted_on_over_restarts_of_page_and_service(
    page: TestClient, runs: Runs, home: Path
) -> None:
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


def test_another_audit_in_its_place_is_counted_anew(
    page: TestClient, runs: Runs, home: Path
) -> None:
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


def test_lateness_is_counted_from_the_boundary_over_all_attempts(
    page: TestClient, runs: Runs
) -> None:
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


def test_what_a_person_holds_back_is_not_late(page: TestClient, runs: Runs) -> None:
    late(runs, 0.02, Outcome.DEFERRED)
    runs.switch(Outcome.CONFIRMED, wake=Wake.OPERATOR)
    runs.switch(Outcome.CONFIRMED, wake=Wake.OVERRIDE)

    assert of(scraped(page), "tou_switch_lateness_seconds_count", until="confirmed") == 0


def test_a_boundary_that_nobody_was_there_for_is_late_until_it_is_proven(
    page: TestClient, runs: Runs
) -> None:
    late(runs, 500, Outcome.MISSED, wake=Wake.START)
    runs.switch(Outcome.CONFIRMED, wake=Wake.START)

    found = scraped(page)

    assert of(found, "tou_switch_lateness_seconds_count", until="begun") == 0
    assert of(found, "tou_switch_lateness_seconds_bucket", until="confirmed", le="300.0") == 0
    assert of(found, "tou_switch_lateness_seconds_bucket", until="confirmed", le="600.0") == 1


@pytest.mark.parametrize(("age", "shown"), [(60, True), (3600, False)])
def test_powers_are_shown_while_they_are_fresh(
    page: TestClient, log: Log, age: int, shown: bool
) -> None:
    at = clock.now() - timedelta(seconds=age)
    reading = KeptReading(at=at, source="x", grid_w=-1500.0, grid_imported_wh=2.0)
    with log.database.writing() as connection:
        keep(connection, "home", [reading])

    found = scraped(page)

    assert of(found, "tou_power_watts", of="grid") == (-1500 if shown else None)
    assert of(found, "tou_power_watts", of="battery") is None
    assert of(found, "tou_energy_joules_total", of="grid_imported") == (7200 if shown else None)


def test_every_site_of_the_audit_and_of_the_service_is_told(
    page: TestClient, runs: Runs, log: Log
) -> None:
    runs.switch(Outcome.CONFIRMED)
    beside = Runs(Log(log.database, "cabin"))
    beside.switch(Outcome.REFUSED)
    with log.database.writing() as connection:
        for site, watts in (("home", 1.0), ("cabin", 2.0)):
            keep(connection, site, [KeptReading(at=clock.now(), source="x", grid_w=watts)])
    seen = {**page.get("/now.json").json(), "site": "cabin"}
    told = replace(source(own_settings()), others=lambda: [seen])

    with TestClient(make(told), base_url="http://127.0.0.1:8765") as client:
        text = client.get("/metrics").text

    found = {
        (each.name, each.labels["site"], each.labels.get("outcome", each.labels.get("of"))): each
        for family in text_string_to_metric_families(text)
        for each in family.samples
        if "site" in each.labels
    }
    assert found["tou_runs_total", "home", "confirmed"].value == 1
    assert found["tou_runs_total", "cabin", "refused"].value == 1
    assert found["tou_power_watts", "cabin", "grid"].value == 2
    assert {site for name, site, _ in found if name == "tou_up"} == {"home", "cabin"}
    heads = [line for line in text.splitlines() if line.startswith("# TYPE ")]
    assert len(heads) == len(set(heads))


def test_an_audit_that_cannot_be_read_is_told_and_not_counted_as_none(
    page: TestClient, home: Path
) -> None:
    (home / "tou.db").write_bytes(b"no database at all" * 100)

    found = scraped(page)

    assert of(found, "tou_audit_readable") == 0
    assert not [name for name, _ in found if name == "tou_runs_total"]


def test_no_message_and_nothing_secret_is_a_label(
    page: TestClient, runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOU_GATEWAY", "local")
    monkeypatch.setenv("TOU_GATEWAY_PASSWORD", "hunter2")
    runs.switch(Outcome.REFUSED, end={"observed": None, "error": "a message of the gateway"})

    text = page.get("/metrics").text

    assert "hunter2" not in text
    assert "a message" not in text


def test_openmetrics_is_spoken_where_it_is_asked_for(page: TestClient) -> None:
    answer = page.get("/metrics", headers={"accept": "application/openmetrics-text"})

    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    assert answer.text.endswith("# EOF\n")


# --- for how long something is overdue

WANTED = {"mode": "backup", "reserve_percent": 100.0, "since": "2026-11-25T11:00:00Z"}
OTHER = {"mode": "autonomous", "reserve_percent": 5.0}


def state(
    *reasons: tuple[str, int],
    running: bool = True,
    confirmed: dict[str, Any] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """A state whose wish is an hour old; each reason has its id and the minute since which."""
    details = [
        {"id": id, "since": minute and f"2026-11-25T11:{minute:02}:00Z"} for id, minute in reasons
    ]
    return {
        "now": "2026-11-25T12:00:00Z",
        "wanted": WANTED,
        "confirmed": confirmed,
        "health": {"details": details},
        "service": {"running": running},
        **more,
    }


OVERDUE = {
    "proven": (state(confirmed=WANTED), 0),
    "proven, and something else is wrong": (state(("budget", 10), confirmed=WANTED), 0),
    "tried since ten past": (state(("trying", 10)), 3000),
    "refused and overdue, the earlier counts": (state(("refused", 20), ("overdue", 10)), 3000),
    "another setting is proven": (state(("overdue", 30), confirmed=OTHER), 1800),
    "its turn has just begun": (state(), 0),
    "held by a pause": (state(("lease", 5), ("overdue", 5), leases=[{"kind": "pause"}]), 0),
    "held by a guard": (state(("deferred", 5)), 0),
    "an override holds nothing back": (state(("overdue", 5), leases=[{"kind": "override"}]), 3300),
    "nobody runs, and the last proof fits": (
        state(("not_running", 5), running=False, confirmed=WANTED), 0,
    ),
    "nobody ran at the boundary": (
        state(("not_running", 5), running=False, confirmed=OTHER), 3600,
    ),
    "it hangs over the boundary": (state(("silent", 5), confirmed=OTHER), 3600),
    "nothing is wanted that can be read": (state(running=False) | {"wanted": None}, None),
}  # fmt: skip


@pytest.mark.parametrize("name", OVERDUE)
def test_overdue_is_the_time_without_a_proof_that_there_should_be(name: str) -> None:
    given, seconds = OVERDUE[name]

    assert overdue(given) == seconds


# --- over a service at work


@pytest.fixture
def service(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[subprocess.Popen[bytes]]:
    """One on the built-in simulated gateway."""
    monkeypatch.setenv("TOU_PULSE", "1s")
    with (home / "journal").open("w") as journal:
        process = subprocess.Popen(
            [sys.executable, "-m", "scheduler", "run"], stdout=journal, stderr=journal
        )
    yield process
    process.kill()
    process.wait()


def until(what: Callable[[], Any], seconds: float = 60.0) -> Any:
    """The first true answer; a bound that only a defect reaches."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if answer := what():
            return answer
        time.sleep(0.05)
    return pytest.fail("nothing in time")


def test_a_service_is_told_as_it_is_and_as_gone_when_it_is_gone(
    page: TestClient, service: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    ready = until(lambda: (answer := page.get("/readyz")).status_code == 200 and answer)
    assert ready.json()["as_wanted"] is True
    assert page.get("/healthz").json()["turned_age_seconds"] < 60

    found, now = scraped(page), page.get("/now.json").json()

    mode = now["confirmed"]["mode"]
    assert (of(found, "tou_up"), of(found, "tou_as_wanted"), of(found, "tou_simulated")) == (1,) * 3
    assert of(found, "tou_overdue_seconds") == 0
    assert of(found, "tou_health", word=now["health"]["word"]) == 1
    for which in ("wanted", "confirmed", "read"):
        assert of(found, "tou_setting", which=which, mode=mode) == 1
        assert of(found, "tou_reserve_ratio", which=which) == pytest.approx(
            now["confirmed"]["reserve_percent"] / 100
        )
    assert of(found, "tou_build_info", version=now["service"]["version"]) == 1
    assert of(found, "tou_next_boundary_timestamp_seconds") > clock.now().timestamp()
    assert clock.now().timestamp() - of(found, "tou_turn_timestamp_seconds") < 60

    monkeypatch.setenv("TOU_SITE", "cabin")
    with TestClient(make(source(own_settings())), base_url="http://127.0.0.1:8765") as other:
        (reason,) = other.get("/healthz").json()["reasons"]
    assert reason["id"] == "silent"
    assert "It runs no site cabin. Set TOU_SITE" in reason["text"]

    service.kill()
    service.wait()

    found = scraped(page)
    assert (of(found, "tou_up"), of(found, "tou_as_wanted")) == (0, 0)
    assert of(found, "tou_reason", id="not_running") == 1
    assert {dict(labels)["which"] for name, labels in found if name == "tou_setting"} == {"wanted"}
    # By the hour of the day the simulated battery has the right setting already, or not.
    assert sum(value for (name, _), value in found.items() if name == "tou_runs_total") >= 1
    assert (page.get("/healthz").status_code, page.get("/readyz").status_code) == (503, 503)


# --- alerts and the board


@needs_promtool
def test_promtool_finds_nothing_to_mend_in_the_metrics(
    page: TestClient, runs: Runs, log: Log
) -> None:
    late(runs, 0.02)
    reading = KeptReading(at=clock.now(), source="x", grid_w=1.0, grid_imported_wh=2.0)
    with log.database.writing() as connection:
        keep(connection, "home", [reading])

    told = promtool("check", "metrics", stdin=page.get("/metrics").text)

    assert (told.returncode, told.stdout + told.stderr) == (0, "")


@needs_promtool
def test_promtool_takes_the_alerts_and_their_tests_pass() -> None:
    checked = promtool("check", "rules", str(RULES / "alerts.yaml"))
    assert checked.returncode == 0, checked.stdout + checked.stderr

    tested = promtool("test", "rules", str(RULES / "alerts.test.yaml"))

    assert tested.returncode == 0, tested.stdout + tested.stderr


def test_alerts_and_board_ask_for_metrics_that_there_are(page: TestClient, log: Log) -> None:
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


def promtool(*words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["promtool", *words], input=stdin, capture_output=True, text=True, timeout=60, check=False
    )

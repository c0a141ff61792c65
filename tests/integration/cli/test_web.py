"""The page over an audit at rest, and its process on loopback."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from scheduler import clock
from scheduler.audit.log import Log
from scheduler.cli.web import own_settings, source
from scheduler.host.instance import Instance
from scheduler.outlets.web import address, health, people
from scheduler.outlets.web.app import make
from scheduler.outlets.web.source import as_wanted
from scheduler.words import EntryKind, Outcome

from .conftest import Runs, Tou

DAY = "2026-11-23"


@pytest.fixture
def page(home: Path) -> Iterator[TestClient]:
    with TestClient(make(source(own_settings())), base_url="http://127.0.0.1:8765") as client:
        yield client


def numbers(text: str) -> list[int]:
    """The runs that a page of the audit lists, in its order."""
    return [int(found) for found in re.findall(r'<td><a href="/run/(\d+)">', text)]


def test_the_first_page_says_what_is_wanted_and_that_nobody_runs(page: TestClient) -> None:
    answer = page.get("/")

    assert answer.status_code == 200
    for word in ("Failing", "the service is not running", "Wanted", "nothing yet", "Next"):
        assert word in answer.text
    assert page.get("/now.json").json()["service"]["running"] is False


def test_every_page_and_every_error_carries_the_headers(page: TestClient, runs: Runs) -> None:
    run = runs.switch(Outcome.CONFIRMED)

    for path in ("/", "/audit", f"/day/{DAY}", f"/run/{run}", "/style.css", "/nothing", "/day/x"):
        headers = page.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self';" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "frame-ancestors 'none'" in policy
        assert headers["cache-control"] == "no-store"


def test_a_defect_is_answered_behind_the_shield_and_tells_nothing(
    page: TestClient, home: Path
) -> None:
    def broken(now: datetime) -> Mapping[str, Any]:
        raise ValueError("what only the log should have")

    app = make(replace(source(own_settings()), state=broken))
    with TestClient(app, base_url="http://localhost", raise_server_exceptions=False) as client:
        answer = client.get("/")

    assert (answer.status_code, "only the log" in answer.text) == (500, False)
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_no_page_has_a_script_in_it_or_anything_from_outside(page: TestClient, runs: Runs) -> None:
    run = runs.switch(Outcome.CONFIRMED)

    for path in ("/", "/audit", f"/day/{DAY}?at=08:00", f"/run/{run}", "/year", "/schedule"):
        text = page.get(path).text.replace('xmlns="http://www.w3.org/2000/svg"', "")
        assert "<script" not in text.replace('<script src="/page.js" type="module"></script>', "")
        assert re.search(r"\son\w+=", text) is None
        assert re.search(r"<style|\sstyle=", text) is None
        assert "http://" not in text
        assert "https://" not in text.replace("local https://powerwall", "")


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8765", "10.0.0.7:8765", "", "::"])
def test_another_host_is_refused(page: TestClient, host: str) -> None:
    answer = page.get("/now.json", headers={"host": host})

    assert (answer.status_code, "schedule" in answer.text) == (421, False)
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "LOCALHOST:9", "[::1]:8765", "[::1]"])
def test_the_names_of_this_machine_are_let_in(page: TestClient, host: str) -> None:
    assert page.get("/style.css", headers={"host": host}).status_code == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_the_page_does_not_act(page: TestClient, method: str) -> None:
    answer = page.request(method, "/")

    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize("where", ["0.0.0.0:8765", "[::]:8765", "192.168.1.4:80"])
def test_anything_but_loopback_is_refused_at_start_unless_somebody_can_sign_in(
    tou: Tou, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    for words in (("--listen", where), ()):
        answer = tou("web", *words)

        assert answer.code == 78
        assert "would be reachable from other machines" in answer.err
        assert "tou web password NAME" in answer.err
        assert "127.0.0.1:8765" in answer.err
        assert "Traceback" not in answer.err
        monkeypatch.setenv("TOU_WEB_LISTEN", where)


@pytest.mark.parametrize(
    ("name", "value", "word"),
    [
        ("ACT", "true", "TOU_WEB_ACT is on, and nobody can sign in"),
        ("ACT", "perhaps", "TOU_WEB_ACT: write true or false"),
        ("URL", "https://tou.example", "reachable from other machines by TOU_WEB_URL"),
        ("URL", "tou.example/path", "TOU_WEB_URL: "),
        ("URL", "https://tou.example/path", "without a path"),
        ("PROXY", "nginx", 'TOU_WEB_PROXY: "nginx" is no IP address'),
        ("LISTEN", "8765", "TOU_WEB_LISTEN: "),
        ("LISTEN", "::1:x", "is no address with a port"),
        ("PASSWORDS", "anna:hunter2", "TOU_WEB_PASSWORDS: line 1 is no NAME:HASH"),
        ("PASSWORDS", "anna:$argon2id$hunter2", 'the hash of "anna" is broken'),
        ("PASSWORDS", "anna:$argon2id$hunter2 anna:$argon2id$x", '"anna" stands there twice'),
        ("PASSWORDS_FILE", "nowhere", "TOU_WEB_PASSWORDS_FILE: nowhere cannot be read"),
    ],
)
def test_a_setting_of_the_page_that_is_wrong_is_told_and_repeats_no_secret(
    tou: Tou, monkeypatch: pytest.MonkeyPatch, name: str, value: str, word: str
) -> None:
    monkeypatch.setenv(f"TOU_WEB_{name}", value)
    if "hunter2" in value:
        monkeypatch.setenv("TOU_WEB_ACT", "true")

    answer = tou("web")

    assert (answer.code, word in answer.err, "hunter2" in answer.err) == (78, True, False)


@pytest.mark.parametrize("where", ["::1:x", "8765", "host:80", "1.2.3.4:99999"])
def test_an_address_that_is_none_is_a_mistake_of_the_command(tou: Tou, where: str) -> None:
    answer = tou("web", "--listen", where)

    assert answer.code == 2
    assert "127.0.0.1:8765" in answer.err


def test_a_password_is_made_into_a_file_that_only_its_owner_reads(tou: Tou, home: Path) -> None:
    path = home / "web_passwords"

    first = tou("web", "password", "anna", "--to", str(path), stdin=b"correct horse battery\n")
    tou("web", "password", "bert", "--to", str(path), stdin=b"another long one\n")
    tou("web", "password", "anna", "--to", str(path), stdin=b"a third one, new\n")

    assert (first.code, "anna may sign in" in first.out) == (0, True)
    assert path.stat().st_mode & 0o777 == 0o600
    known = people.parse(path.read_text())
    assert list(known) == ["bert", "anna"]
    assert people.fits(known, "anna", "a third one, new")
    assert not people.fits(known, "anna", "correct horse battery")
    assert "correct horse" not in path.read_text()


def test_a_password_without_a_file_is_printed_as_its_line(tou: Tou) -> None:
    answer = tou("web", "password", "anna", stdin=b"correct horse battery\n")

    assert people.fits(people.parse(answer.out), "anna", "correct horse battery")


@pytest.mark.parametrize(
    ("name", "typed", "word"),
    [
        ("anna", b"short\n", "10 to 256 characters"),
        ("anna", b"", "10 to 256 characters"),
        ("anna", b"x" * 300, "10 to 256 characters"),
        ("an na", b"correct horse battery\n", '"an na" is no name'),
        ("anna:x", b"correct horse battery\n", "is no name"),
    ],
)
def test_a_password_or_name_that_cannot_be_is_told(
    tou: Tou, name: str, typed: bytes, word: str
) -> None:
    answer = tou("web", "password", name, stdin=typed)

    assert (answer.code, word in answer.err, answer.out) == (2, True, "")
    assert "correct horse" not in answer.err


def test_loopback_is_taken_in_its_forms() -> None:
    assert address.listen("localhost:1").host == "127.0.0.1"
    assert address.listen("[::1]:8765").url == "http://[::1]:8765/"
    assert address.listen("127.0.0.9:0").port == 0


def test_the_audit_is_paged_by_numbers_without_a_gap_or_a_double(
    page: TestClient, runs: Runs
) -> None:
    made = [runs.switch(Outcome.CONFIRMED) for _ in range(7)]
    first = page.get("/audit?limit=3")
    following = re.search(r'href="([^"]+)" rel="next"', first.text)
    assert following is not None
    # What comes meanwhile moves nothing.
    runs.switch(Outcome.REFUSED)

    second = page.get(following[1].replace("&amp;", "&"))
    third = page.get(f"/audit?limit=3&before={numbers(second.text)[-1]}")

    seen = [number for each in (first, second, third) for number in numbers(each.text)]
    assert seen == made[::-1]
    assert 'rel="next"' not in third.text


def test_the_filters_stand_in_the_address_of_every_form(page: TestClient, runs: Runs) -> None:
    runs.switch(Outcome.CONFIRMED)
    refused = runs.switch(Outcome.REFUSED, end={"observed": None, "error": "=1+1 <b>no</b>"})
    query = f"?outcome=refused&since={DAY}&until=2026-11-24&name=charge+overnight"

    shown = page.get(f"/audit{query}")
    assert numbers(shown.text) == [refused]
    assert "&lt;b&gt;no" in shown.text
    told = page.get(f"/audit.json{query}").json()
    assert [run["run"] for run in told["runs"]] == [refused]
    assert told["next"] is None
    rows = list(csv.DictReader(io.StringIO(page.get(f"/audit.csv{query}").text)))
    assert [row["run"] for row in rows] == [str(refused)]
    assert rows[0]["error"].startswith("'=1+1")
    assert "Nothing in the audit fits" in page.get("/audit?outcome=missed").text


def test_csv_and_json_name_the_page_that_follows(page: TestClient, runs: Runs) -> None:
    made = [runs.switch(Outcome.CONFIRMED) for _ in range(3)]

    assert page.get("/audit.json?limit=2").json()["next"] == f"/audit.json?limit=2&before={made[1]}"
    answer = page.get("/audit.csv?limit=2")
    assert answer.headers["link"] == f'</audit.csv?limit=2&before={made[1]}>; rel="next"'


@pytest.mark.parametrize(
    "query",
    [
        "outcome=fine",
        "since=soon",
        "limit=0",
        "before=x",
        "limit=99999",
        "colour=red",
        "until=0001",
    ],
)
def test_a_filter_that_is_none_is_told(page: TestClient, log: Log, query: str) -> None:
    for form in ("", ".json", ".csv"):
        answer = page.get(f"/audit{form}?{query}")
        assert answer.status_code == 400
        assert "There are" in answer.text or "is no " in answer.text


def test_a_day_shows_what_the_audit_holds_and_the_why_of_a_minute(
    page: TestClient, runs: Runs
) -> None:
    run = runs.switch(Outcome.CONFIRMED)

    shown = page.get(f"/day/{DAY}?at=08:01")

    assert shown.status_code == 200
    assert f'href="/run/{run}"' in shown.text
    assert "It was as wanted: Backup-only, 100 %, read back equal at" in shown.text
    told = page.get(f"/day/{DAY}.json?at=08:01").json()
    assert (told["runs"][0]["run"], told["runs"][0]["outcome"]) == (run, "confirmed")
    assert (told["why"]["word"], told["why"]["proof"]["run"]) == ("in_force", run)
    assert told["start"] == "2026-11-23T08:00:00Z"


def test_a_picture_with_links_is_no_image_for_a_reader_aloud(page: TestClient, runs: Runs) -> None:
    runs.switch(Outcome.CONFIRMED)

    text = page.get(f"/day/{DAY}").text

    assert 'role="group"' in text
    assert 'role="img"' not in text


@pytest.mark.parametrize("path", ["/day/tomorrow", "/day/2026-13-01", f"/day/{DAY}?at=25:00"])
def test_a_day_or_minute_that_is_none_is_told(page: TestClient, log: Log, path: str) -> None:
    answer = page.get(path)

    assert (answer.status_code, "Write one such as" in answer.text) == (400, True)


def test_a_minute_to_come_is_told_where_to_ask(page: TestClient, log: Log) -> None:
    later = clock.now() + timedelta(days=3)

    answer = page.get(f"/day/{later:%Y-%m-%d}?at=12:00")

    assert (answer.status_code, "<code>tou plan</code>" in answer.text) == (400, True)


def test_a_run_shows_steps_evidence_and_why(page: TestClient, runs: Runs, log: Log) -> None:
    run = runs.switch(Outcome.CONFIRMED)
    log.append(
        at=runs.at,
        entry=EntryKind.EVIDENCE,
        run=run,
        kind="switch",
        detail={"evidence": "effect", "text": "<i>seen</i>"},
    )

    shown = page.get(f"/run/{run}").text

    for word in ("/api/operation", "confirmed", "It was as wanted", "&lt;i&gt;seen", "effect"):
        assert word in shown
    told = page.get(f"/run/{run}.json").json()
    assert (told["run"], told["steps"][0]["step"]) == (run, "write")
    assert told["why"]["answer"].startswith("It was as wanted")


@pytest.mark.parametrize(
    ("number", "none"), [(0, "run"), (999, "run"), (2**63, "run"), (10**30, "page")]
)
def test_a_run_that_is_none_is_not_found(
    page: TestClient, log: Log, number: int, none: str
) -> None:
    assert page.get(f"/run/{number}").status_code == 404
    told = page.get(f"/run/{number}.json").json()["error"]
    assert told.startswith(f"There is no such {none}")


def test_a_run_of_another_site_is_not_shown(
    page: TestClient, runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = runs.switch(Outcome.CONFIRMED)
    monkeypatch.setenv("TOU_SITE", "cabin")
    other = TestClient(make(source(own_settings())), base_url="http://localhost")

    assert page.get(f"/run/{run}").status_code == 200
    assert other.get(f"/run/{run}").status_code == 404
    assert other.get("/audit.json").json()["runs"] == []


def test_without_an_audit_the_pages_say_how_one_begins(page: TestClient) -> None:
    for path in ("/audit", "/day", "/run/1", "/year", "/schedule"):
        answer = page.get(path)
        assert (answer.status_code, "No audit yet" in answer.text) == (503, True)
    assert page.get("/").status_code == 200


def test_health_is_503_with_its_reasons_where_nobody_runs(page: TestClient) -> None:
    for path in ("/healthz", "/readyz"):
        answer = page.get(path)
        assert (answer.status_code, answer.json()["ok"]) == (503, False)
        assert answer.json()["reasons"][0]["id"] == "not_running"


def test_a_service_that_holds_the_lock_and_does_not_answer_does_not_turn(
    page: TestClient, home: Path
) -> None:
    held = Instance(home / "tou.db")
    held.take()
    held.describe(since=clock.now(), gateway=None, control=home / "nobody.sock")
    try:
        answer = page.get("/healthz")
    finally:
        held.release()

    assert answer.status_code == 503
    assert answer.json()["reasons"][0]["id"] == "silent"


def test_a_service_that_answers_and_does_not_turn_is_not_alive() -> None:
    state = {
        "now": "2026-11-25T12:10:00Z",
        "health": {"ok": True, "word": "good", "details": []},
        "service": {"running": True, "turned": "2026-11-25T12:00:00Z"},
    }

    for minutes, ok in ((5, False), (11, True)):
        told = health.alive(state, timedelta(minutes=minutes))
        assert (told["ok"], told["turned_age_seconds"]) == (ok, 600)


def test_what_is_proven_is_compared_in_all_that_is_wanted() -> None:
    wanted = {"mode": "backup", "reserve_percent": 100.0, "rule": "charge"}
    proven = {"mode": "backup", "reserve_percent": 100.0, "at": "x", "run": 1}

    assert as_wanted({"wanted": wanted, "confirmed": proven})
    assert not as_wanted({"wanted": wanted, "confirmed": {**proven, "reserve_percent": 5.0}})
    assert not as_wanted({"wanted": {**wanted, "export": "none"}, "confirmed": proven})
    assert as_wanted({"wanted": {**wanted, "reserve_percent": "hold"}, "confirmed": proven})
    assert not as_wanted({"wanted": wanted, "confirmed": None})


def test_the_page_changes_no_byte_of_the_database(page: TestClient, runs: Runs, home: Path) -> None:
    run = runs.switch(Outcome.CONFIRMED)
    before = (home / "tou.db").read_bytes(), (home / "tou.db-wal").read_bytes()

    for path in ("/", "/audit", f"/day/{DAY}", f"/run/{run}", "/readyz"):
        assert page.get(path).status_code in {200, 503}

    assert ((home / "tou.db").read_bytes(), (home / "tou.db-wal").read_bytes()) == before


def test_the_page_does_not_read_a_secret_of_the_gateway(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOU_GATEWAY", "local")
    monkeypatch.setenv("TOU_GATEWAY_PASSWORD", "hunter2")

    assert "hunter2" not in repr(own_settings())
    with TestClient(make(source(own_settings())), base_url="http://127.0.0.1") as page:
        assert "hunter2" not in page.get("/now.json").text + page.get("/").text


def test_without_the_extra_the_way_to_it_is_told(home: Path) -> None:
    told = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; sys.modules['jinja2'] = None\n"
            "sys.argv = ['tou', 'web']; from scheduler.cli import main; main()",
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (told.returncode, "tou-scheduler[web]" in told.stderr) == (78, True)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_process_answers_and_ends_with_zero_when_told_to(
    home: Path, number: signal.Signals
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "scheduler", "web", "--listen", "127.0.0.1:0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    try:
        assert process.stdout is not None
        url = process.stdout.readline().split()[-1]
        code = f"import urllib.request as r; print(r.urlopen({url + 'now.json'!r}).read().decode())"
        asked = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
        )
        assert json.loads(asked.stdout)["site"] == "home"
        process.send_signal(number)
        _, errors = process.communicate(timeout=60)
    finally:
        process.kill()
        process.wait()
    assert (process.returncode, errors) == (0, "")


def test_an_address_that_is_taken_is_told(home: Path) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        told = subprocess.run(
            [
                *(sys.executable, "-m", "scheduler", "web", "--listen"),
                f"127.0.0.1:{taken.getsockname()[1]}",
            ],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert (told.returncode, "--listen" in told.stderr) == (78, True)

"""The bundle for a bug report: all that helps, and no secret, wherever one was left."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from scheduler import clock
from scheduler.audit.database import open_database
from scheduler.audit.log import Log
from scheduler.cli.web import own_settings, source
from scheduler.outlets.web.app import make
from scheduler.outlets.web.strike import Masking
from scheduler.words import EntryKind, Outcome

PLANTED = {
    "TOU_GATEWAY_PASSWORD": "gloxinia-env",
    "TOU_FLEET_TOKEN": "eyJhbGciOi.gladiolus.env",
    "TOU_PROXY_SECRET": "geranium-env",
    "TOU_PING_URL": "https://hc.example/4c1f6c8e-gentian",
    "TOU_NOTIFY_TARGETS": "tgram://8123:gardenia/77, mailto://user:galanthus@mail.example",
}
FILE = "TOU_V1R_PASSWORD=ginger-file\n"
SAID = (
    'the gateway said password: "gerbera said" no',
    "Authorization: Bearer goldenrod12",
    "GET https://installer:gypsophila@powerwall/api?token=ginkgo99 failed",
    "cookie AuthCookie=Z2xvcmlvc2EtZ2xvcmlvc2EtZ2xvcmlvc2EtZ2xvcmlvc2E=",
    "told anna.gromwell@mail.example",
    "the session is gloxinia-env",
    "and the file's is ginger-file, the credential's gorse-cred",
)
SECRET = (
    "gloxinia", "gladiolus", "geranium", "gentian", "gardenia", "galanthus", "ginger", "gerbera",
    "goldenrod", "gypsophila", "ginkgo", "Z2xvcmlvc2", "gromwell", "gorse",
)  # fmt: skip


def unzipped(body: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(body)) as file:
        return {name.removeprefix("bundle/"): file.read(name).decode() for name in file.namelist()}


def test_the_download_holds_what_a_report_needs(page: TestClient) -> None:
    answer = page.get("/bundle.zip")

    assert answer.headers["content-type"] == "application/zip"
    assert "tou-home-2026-11-25-1420.zip" in answer.headers["content-disposition"]
    found = unzipped(answer.content)
    assert next(iter(found)) == "README.txt"
    assert json.loads(found["status.json"])["site"] == "home"
    assert [run["outcome"] for run in json.loads(found["audit.json"])] == ["confirmed"] * 2
    assert "reserve: 15%" in found["schedule.yaml"]
    assert "SCE TOU-D-4-9PM" in found["tariff.yaml"]
    versions = json.loads(found["versions.json"])
    assert {"tou-scheduler", "python", "zone_data"} < versions.keys()
    assert versions["packages"]["starlette"]
    assert json.loads(found["doctor.json"])["schedule"]["name"] == "SCE 4 to 9 pm"


def test_what_would_be_sent_can_be_looked_at_first(page: TestClient) -> None:
    text, told = page.get("/bundle").text, page.get("/bundle.json").json()["files"]

    assert told == unzipped(page.get("/bundle.zip").content)
    for name in told:
        assert f"<summary>{name} " in text


def test_without_an_audit_it_holds_what_there_is_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOU_DATABASE", str(tmp_path / "none.db"))
    monkeypatch.setenv("TOU_SCHEDULE", str(tmp_path / "home.yaml"))
    (tmp_path / "home.yaml").write_text("schedule: broken\n")
    with TestClient(make(source(own_settings())), base_url="http://127.0.0.1") as page:
        found = unzipped(page.get("/bundle.zip").content)

    assert json.loads(found["status.json"])["health"]["word"] == "failing"
    assert "No audit yet" in json.loads(found["audit.json"])["error"]
    assert "No audit yet" in json.loads(found["doctor.json"])["schedule"]["problem"]
    assert found["schedule.yaml"] == "schedule: broken\n"
    assert "versions.json" in found


def test_what_the_doctor_finds_in_what_the_service_knows_is_in_it() -> None:
    way = {"works": True, "findings": [{"id": "login", "text": "token=abc"}]}
    told = replace(
        source(own_settings()),
        doctor=lambda: {"gateways": [way]},
    )
    with TestClient(make(told), base_url="http://127.0.0.1") as page:
        doctor = json.loads(page.get("/bundle.json").json()["files"]["doctor.json"])

    assert doctor["gateways"][0]["works"] is True
    assert doctor["gateways"][0]["findings"][0]["text"] == "token=[hidden]"
    assert {"health", "gateway", "schedule"} < doctor.keys()


@pytest.fixture
def planted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Log]:
    """A house with a secret in every place where one could be left."""
    for name, value in PLANTED.items():
        monkeypatch.setenv(name, value)
    settings, credentials = tmp_path / "settings.env", tmp_path / "credentials"
    settings.write_text(FILE)
    settings.chmod(0o600)
    credentials.mkdir()
    (credentials / "gateway_password").write_text("gorse-cred\n")
    monkeypatch.setenv("TOU_SETTINGS_FILE", str(settings))
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(credentials))
    monkeypatch.setenv("TOU_DATABASE", str(tmp_path / "tou.db"))
    with closing(open_database(tmp_path / "tou.db", create=True)) as database:
        yield Log(database, "home")


def plant(log: Log, now: datetime, text: str) -> None:
    """A run that failed with an error, and an event beside it."""
    at = now - timedelta(hours=1)
    columns: dict[str, Any] = {"kind": "switch", "name": "charge"}
    wanted: dict[str, Any] = {"mode": "backup", "reserve_percent": 100.0}
    detail: dict[str, Any] = {"gateway": "local https://powerwall", "wanted": wanted, "attempt": 1}
    run = log.append(at=at, entry=EntryKind.INTENT, detail=detail, **columns)
    step: dict[str, Any] = {
        "step": "login",
        "method": "POST",
        "path": "/api/login",
        "status": 401,
        "error": text,
    }
    log.append(at=at, entry=EntryKind.STEP, run=run, detail=step, **columns)
    ended = {"observed": None, "error": text}
    columns["outcome"] = Outcome.REFUSED
    log.append(at=at, entry=EntryKind.OUTCOME, run=run, detail=ended, **columns)
    told = {"reason": "refused", "text": text, "since": clock.iso(at)}
    log.append(at=at, entry=EntryKind.EVENT, kind="incident", name="opened", detail=told)


def test_no_secret_is_in_it_wherever_one_was_left(planted: Log) -> None:
    for text in SAID:
        plant(planted, clock.now(), text)
    with TestClient(make(source(own_settings())), base_url="http://127.0.0.1") as page:
        found = unzipped(page.get("/bundle.zip").content)
        whole = "\n".join(
            [*found.values(), page.get("/bundle").text, page.get("/bundle.json").text]
        )

    assert len(json.loads(found["audit.json"])) == len(SAID)
    assert "the gateway said password: [hidden] no" in whole
    assert [word for word in SECRET if word in whole] == []


def test_what_is_no_secret_stays_readable() -> None:
    strike = Masking(["hunter2 swordfish"])

    for text in (
        "The gateway refuses the login: the password or the role is wrong.",
        "/var/lib/private/tou-scheduler/schedules/home.yaml:12:4: rules[0].reserve: no reserve.",
        "local https://powerwall.lan:8443/api/operation",
        "2026-11-25T22:20:00Z",
    ):
        assert strike.text(text) == text
    assert strike.text("swordfish, hunter2") == "[hidden], [hidden]"
    assert strike.data({"api_key": "x", "n": 3, "left": [None, "token=abc"]}) == {
        "api_key": "[hidden]",
        "n": 3,
        "left": [None, "token=[hidden]"],
    }


def test_a_comment_in_the_schedule_is_its_author_s_but_a_known_secret_is_struck_out() -> None:
    strike = Masking(["hunter2"])

    assert strike.known("# my token: a1b2, and hunter2") == "# my token: a1b2, and [hidden]"

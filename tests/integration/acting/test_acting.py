"""Acts from the page: what the service is asked for, by whom, and what the person is told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from starlette.testclient import TestClient

from scheduler.cli.web import own_settings, source
from scheduler.errors import AccessError, SchedulerError, ServiceSilentError
from scheduler.outlets.web.entrance import Entrance

from .conftest import HERE, client, sign_in, token_of

NOW = datetime(2026, 11, 25, 20, 0, tzinfo=UTC)
"""12:00 in Los Angeles."""
HOSTILE = "<script data-struck>alert(1)</script>"
WANTED = {"mode": "backup", "reserve_percent": 100.0}
LEASE = {
    "id": "override-1",
    "kind": "override",
    "until": "2026-11-26T02:00:00Z",
    "setting": WANTED,
    "who": "page: anna",
    "reason": HOSTILE,
}
WELL = {"lease": LEASE, "outcome": "confirmed", "wanted": WANTED, "error": None, "exit_code": 0}


class Service:
    """What the page asks of the service, and what that answers."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.lines: list[dict[str, Any]] = [{"step": "POST /api/operation"}, {"ended": WELL}]
        self.error: Exception | None = None

    def __call__(self, what: str, body: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        self.asked.append((what, dict(body)))
        if self.error:
            raise self.error
        yield from self.lines


def at_work(state: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **state,
        "leases": [LEASE],
        "service": {**state["service"], "running": True},
        "health": {**state["health"], "details": []},
        "schedule_in_force": {"rules": ["charge", HOSTILE], "jobs": ["look for firmware"]},
    }


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
def page(empty: None, door: Entrance, service: Service) -> Iterator[TestClient]:
    known = source(own_settings())
    told = replace(
        known,
        now=lambda: NOW,
        zone=ZoneInfo("America/Los_Angeles"),
        state=lambda now: at_work(known.state(now)),
    )
    with client(replace(door, act=service), made=told) as made:
        sign_in(made)
        yield made


def act(page: TestClient, what: str, **fields: Any) -> Any:
    sent = {"token": token_of(page), **fields}
    return page.post(f"/act/{what}", data=sent, headers={"origin": HERE})


FOR = {"until": "next", "at": "", "reason": ""}


@pytest.mark.parametrize(
    ("what", "fields", "asked"),
    [
        (
            "override",
            {"mode": "backup", "reserve": " 100 ", **FOR, "until": "2h", "reason": "guests"},
            (
                "/leases",
                {
                    "kind": "override",
                    "mode": "backup",
                    "reserve": "100",
                    "until": "2026-11-25T22:00:00Z",
                    "reason": "guests",
                },
            ),
        ),
        (
            "override",
            {"mode": "autonomous", "reserve": "5", **FOR, "at": "2026-11-25T18:30"},
            (
                "/leases",
                {
                    "kind": "override",
                    "mode": "autonomous",
                    "reserve": "5",
                    "until": "2026-11-26T02:30:00Z",
                },
            ),
        ),
        ("pause", FOR, ("/leases", {"kind": "pause", "until": "next"})),
        ("skip", {"name": "charge"}, ("/leases", {"kind": "skip", "name": "charge"})),
        ("end", {"id": "override-1"}, ("/leases/end", {"id": "override-1"})),
        ("apply", {}, ("/apply", {})),
        ("job", {"name": "look for firmware"}, ("/job/look%20for%20firmware", {})),
    ],
)
def test_each_form_asks_the_service_for_one_act_with_who(
    page: TestClient,
    service: Service,
    what: str,
    fields: dict[str, str],
    asked: tuple[str, dict[str, str]],
) -> None:
    came = act(page, what, **fields)

    assert (came.status_code, came.headers["location"]) == (303, "/act")
    path, body = asked
    assert service.asked == [(path, {**body, "who": "page: anna"})]


def test_what_came_of_it_is_told_once(page: TestClient) -> None:
    act(page, "override", mode="backup", reserve="100", **FOR)

    told = "Override until Wed 2026-11-25 18:00:00. confirmed: Backup-only, 100\u00a0%."
    assert f'<p class="told good" role="status">{told}</p>' in page.get("/act").text
    assert "told good" not in page.get("/act").text


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"mode": "backup", "reserve": ""}, "Give both"),
        ({"mode": "backup", "reserve": "100", "until": "ever"}, "Say until when"),
        ({"mode": "backup", "reserve": "100", "at": "soon"}, "is no time. Write one such as"),
        ({"mode": "backup", "reserve": "100", "until": ""}, "Say until when"),
    ],
)
def test_what_cannot_be_meant_comes_back_as_it_was_and_nothing_is_asked(
    page: TestClient, service: Service, fields: dict[str, str], word: str
) -> None:
    came = act(page, "override", **{**FOR, **fields, "reason": HOSTILE})

    assert came.status_code == 400
    assert word in came.text
    assert service.asked == []
    assert HOSTILE not in came.text
    assert came.text.count("&lt;script data-struck&gt;alert(1)&lt;/script&gt;") >= 2
    assert 'value="&lt;script' in came.text


def test_what_the_service_refuses_is_told_in_its_words(page: TestClient, service: Service) -> None:
    service.lines = [{"error": '"900" is no reserve. Write 0 to 100.'}]

    came = act(page, "override", mode="backup", reserve="900", **FOR)

    assert (came.status_code, "is no reserve. Write 0 to 100." in came.text) == (400, True)


@pytest.mark.parametrize(
    ("ended", "tone", "word"),
    [
        (
            {**WELL, "outcome": None, "error": "Nothing answers.", "exit_code": 69},
            "doubt",
            "Nothing",
        ),
        (
            {"outcome": "refused", "error": "The gateway says no.", "exit_code": 77},
            "bad",
            "says no",
        ),
        ({"ended": [LEASE], "outcome": "unchanged", "exit_code": 0}, "good", "Override ended."),
        ({"job": "commit", "outcome": "completed", "exit_code": 0}, "good", "commit: completed."),
        ({"outcome": "unchanged", "exit_code": 0}, "good", "Nothing was to do."),
    ],
)
def test_no_act_is_called_done_that_was_not(
    page: TestClient, service: Service, ended: dict[str, Any], tone: str, word: str
) -> None:
    service.lines = [{"ended": ended}]

    act(page, "apply")

    shown = page.get("/act").text
    assert f'class="told {tone}"' in shown
    assert word in shown


def test_an_act_that_takes_long_is_told_to_be_under_way(
    page: TestClient, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scheduler.outlets.web.act.PATIENCE", -1.0)
    service.lines = [{"waiting": True}] * 3

    act(page, "apply")

    assert "It was asked for, and is under way" in page.get("/act").text


def test_a_service_that_ends_in_the_middle_leaves_a_doubt(
    page: TestClient, service: Service
) -> None:
    service.lines = [{"step": "login"}]

    act(page, "apply")

    assert "ended before the act did" in page.get("/act").text


@pytest.mark.parametrize("error", [ServiceSilentError("Nobody there."), AccessError("No key.")])
def test_a_service_that_cannot_be_asked_is_told(
    page: TestClient, service: Service, error: SchedulerError
) -> None:
    service.error = error

    came = act(page, "apply")

    assert (came.status_code, str(error) in came.text) == (503, True)


def test_without_a_sign_in_or_the_token_of_the_session_nothing_is_done(
    page: TestClient, service: Service, door: Entrance
) -> None:
    good = token_of(page)
    _, other = door.sessions.begin("bert")
    for token in ("", "x", other.token, good[:-1], good + "a", "\u00e9"):
        came = page.post("/act/apply", data={"token": token}, headers={"origin": HERE})
        assert (came.status_code, "Nothing was done" in came.text) == (403, True)
    page.cookies.clear()

    came = page.post("/act/apply", data={"token": good}, headers={"origin": HERE})

    assert (came.status_code, came.headers["location"]) == (303, "/sign-in?back=/act")
    assert service.asked == []


@pytest.mark.parametrize("origin", [None, "null", "http://evil.example", "http://127.0.0.1:1"])
def test_another_origin_acts_with_no_token(
    page: TestClient, service: Service, origin: str | None
) -> None:
    sent = {"token": token_of(page)}
    headers = {} if origin is None else {"origin": origin}

    assert page.post("/act/apply", data=sent, headers=headers).status_code == 403
    assert service.asked == []


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH"])
def test_only_a_form_that_is_sent_acts(page: TestClient, service: Service, method: str) -> None:
    came = page.request(method, f"/act/apply?token={token_of(page)}", headers={"origin": HERE})

    assert came.status_code == 405
    assert service.asked == []


def test_an_act_that_is_none_is_not_found(page: TestClient, service: Service) -> None:
    assert act(page, "explode").status_code == 404
    assert service.asked == []


def test_names_reasons_and_rules_are_text(page: TestClient) -> None:
    text = page.get("/act").text

    assert HOSTILE not in text
    assert text.count("&lt;script data-struck&gt;") == 2


def test_where_no_service_answers_no_form_is_offered(empty: None, door: Entrance) -> None:
    with client(door) as page:
        sign_in(page)
        text = page.get("/act").text

    assert "No service answers" in text
    assert 'action="/act/' not in text


def test_no_page_but_those_of_the_session_holds_its_token(page: TestClient) -> None:
    token = token_of(page)

    for path in ("/", "/now.json", "/healthz", "/nothing", "/style.css"):
        assert token not in page.get(path).text

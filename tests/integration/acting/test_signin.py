"""Who gets in at the page, who does not, and what a browser is given to keep."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.testclient import TestClient

from scheduler.cli.web import entrance, own_settings
from scheduler.outlets.web import form, people
from scheduler.outlets.web.address import Listen, Reach
from scheduler.outlets.web.attempts import FROM_ALL, FROM_ONE, WINDOW, Attempts
from scheduler.outlets.web.entrance import Entrance
from scheduler.outlets.web.guests import ABSOLUTE, IDLE, MOST, Guests
from scheduler.outlets.web.settings import WebSettings

from .conftest import HERE, PASSWORD, WRONG, Ticks, client, sign_in, token_of


def test_a_person_signs_in_and_out(page: TestClient) -> None:
    asked = page.get("/act")
    assert (asked.status_code, asked.headers["location"]) == (303, "/sign-in?back=/act")

    came = sign_in(page)
    assert (came.status_code, came.headers["location"]) == (303, "/act")
    assert "Signed in as anna" in page.get("/act").text

    left = page.post("/sign-out", data={"token": token_of(page)}, headers={"origin": HERE})
    assert left.status_code == 303
    assert page.get("/act").status_code == 303


def test_the_cookie_is_for_this_page_alone(page: TestClient) -> None:
    given = sign_in(page).headers["set-cookie"]

    assert given.startswith("tou=")
    for word in ("HttpOnly", "SameSite=strict", "Path=/", "Max-Age="):
        assert word in given
    assert "Secure" not in given
    assert "Domain" not in given


def test_behind_tls_the_cookie_goes_by_tls_alone(empty: None, known: Mapping[str, str]) -> None:
    reach = Reach(here=True, url="https://tou.example")
    with client(Entrance(known, acts=True, reach=reach), "https://tou.example") as page:
        came = sign_in(page, origin="https://tou.example")
        given = came.headers["set-cookie"]

        assert given.startswith("__Host-tou=")
        assert "Secure" in given
        assert page.get("/act").status_code == 200


@pytest.mark.parametrize(
    ("name", "password"), [("anna", WRONG), ("anna", ""), ("bert", PASSWORD), ("anna", "x" * 9000)]
)
def test_a_wrong_name_or_password_gets_one_answer_and_no_cookie(
    page: TestClient, caplog: pytest.LogCaptureFixture, name: str, password: str
) -> None:
    came = sign_in(page, password, name)

    assert came.status_code == 403
    assert "set-cookie" not in came.headers
    assert "The name or the password is wrong" in came.text
    assert "bert" not in came.text
    for secret in (PASSWORD, WRONG, "xxxx"):
        assert secret not in came.text + caplog.text


def test_a_name_that_nobody_has_takes_as_long() -> None:
    known = people.parse(f"anna:{people.hash_of(PASSWORD)}")
    assert people.fits(known, "anna", PASSWORD)
    took = {}
    people.fits(known, "warm", WRONG)
    for name in ("anna", "bert"):
        best = []
        for _ in range(2):
            begun = time.process_time()
            assert not people.fits(known, name, WRONG)
            best.append(time.process_time() - begun)
        took[name] = min(best)

    # Without the hash of nobody it would be a hundred times faster; the machine decides the rest.
    assert took["bert"] > took["anna"] / 5


def test_a_session_that_somebody_else_laid_into_the_browser_is_never_ours(
    page: TestClient, door: Entrance
) -> None:
    theirs, _ = door.sessions.begin("mallory")
    page.cookies.set("tou", theirs)

    came = sign_in(page)

    assert theirs not in came.headers["set-cookie"]
    assert door.sessions.find(theirs) is None
    page.cookies.clear()
    page.cookies.set("tou", "a-key-that-was-never-given")
    assert page.get("/act").status_code == 303
    sign_in(page)
    assert door.sessions.find("a-key-that-was-never-given") is None


def test_wrong_passwords_are_heard_a_few_times_and_then_not_looked_at(
    page: TestClient, ticks: Ticks
) -> None:
    for _ in range(FROM_ONE):
        assert sign_in(page, WRONG).status_code == 403

    late = sign_in(page)
    assert (late.status_code, "Too many wrong passwords" in late.text) == (429, True)
    assert 0 < int(late.headers["retry-after"]) <= WINDOW
    ticks.now += WINDOW + 1
    assert sign_in(page).status_code == 303


def test_the_right_password_forgives_the_wrong_ones_before_it(page: TestClient) -> None:
    for _ in range(3):
        for _ in range(FROM_ONE - 1):
            assert sign_in(page, WRONG).status_code == 403
        assert sign_in(page).status_code == 303


def test_guessing_from_many_addresses_is_no_faster(ticks: Ticks) -> None:
    attempts = Attempts(ticks)
    for number in range(FROM_ALL):
        assert attempts.wait(f"10.0.0.{number}") == 0
        attempts.begin(f"10.0.0.{number}")

    assert attempts.wait("10.9.9.9") > 0


@pytest.mark.parametrize(("seconds", "lives"), [(IDLE - 1, True), (IDLE + 1, False)])
def test_a_session_that_nobody_uses_ends(ticks: Ticks, seconds: float, lives: bool) -> None:
    sessions = Guests(ticks)
    key, _ = sessions.begin("anna")

    ticks.now += seconds

    assert (sessions.find(key) is not None) is lives


def test_a_session_in_use_ends_in_the_end(ticks: Ticks) -> None:
    sessions = Guests(ticks)
    key, _ = sessions.begin("anna")
    begun = ticks.now

    while ticks.now - begun + IDLE / 2 <= ABSOLUTE:
        ticks.now += IDLE / 2
        assert sessions.find(key)
    ticks.now += IDLE / 2

    assert sessions.find(key) is None


def test_sessions_are_a_few_and_the_idle_ones_give_way(ticks: Ticks) -> None:
    sessions = Guests(ticks)
    keys = []
    for _ in range(MOST + 1):
        ticks.now += 1
        keys.append(sessions.begin("anna")[0])

    assert sessions.find(keys[0]) is None
    assert all(sessions.find(key) for key in keys[1:])


def test_nothing_shows_a_key_a_token_or_a_hash(door: Entrance, known: Mapping[str, str]) -> None:
    key, session = door.sessions.begin("anna")

    shown = repr(door) + repr(session) + repr(vars(door.sessions))
    assert key not in shown
    assert session.token not in shown
    assert known["anna"] not in shown


@pytest.mark.parametrize(
    "back",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:1", "/a\r\nx", ""],
)
def test_a_sign_in_leads_nowhere_but_to_a_page_of_ours(page: TestClient, back: str) -> None:
    came = sign_in(page, back=back)

    assert (came.status_code, came.headers["location"]) == (303, "/")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "null"},
        {"origin": "http://evil.example"},
        {"origin": "http://127.0.0.1:9999"},
        {"origin": HERE, "sec-fetch-site": "cross-site"},
        {"origin": HERE, "sec-fetch-site": "same-site"},
        {"sec-fetch-site": "same-origin"},
    ],
)
def test_a_form_of_another_page_does_not_even_sign_in(
    page: TestClient, headers: dict[str, str]
) -> None:
    came = page.post("/sign-in", data={"name": "anna", "password": PASSWORD}, headers=headers)

    assert (came.status_code, "set-cookie" in came.headers) == (403, False)
    assert "Nothing was done" in came.text


def test_no_password_is_looked_at_in_an_address_or_in_json(page: TestClient) -> None:
    fields = {"name": "anna", "password": PASSWORD}

    assert page.post("/sign-in", params=fields, headers={"origin": HERE}).status_code == 400
    assert page.post("/sign-in", json=fields, headers={"origin": HERE}).status_code == 400
    assert page.get("/sign-in", params=fields).headers.get("set-cookie") is None
    assert PASSWORD not in page.get("/sign-in", params=fields).text


@pytest.mark.parametrize("body", [b"\xff=1", b"&".join([b"a=1"] * 99), b"a=" + b"x" * 20_000])
def test_odd_forms_are_refused(page: TestClient, body: bytes) -> None:
    kind = "application/x-www-form-urlencoded"
    came = page.post("/sign-in", content=body, headers={"origin": HERE, "content-type": kind})

    assert came.status_code in {400, 413}


async def test_a_form_that_does_not_come_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(form, "PATIENCE", 0.01)
    headers = [(b"content-type", b"application/x-www-form-urlencoded")]

    async def never() -> dict[str, Any]:
        await asyncio.Event().wait()
        return {}

    with pytest.raises(HTTPException, match="did not come"):
        await form.read(Request({"type": "http", "headers": headers}, never))


def test_systemds_credentials_are_found(
    empty: None, known: Mapping[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "credentials"
    folder.mkdir()
    (folder / "web_passwords").write_text(f"anna:{known['anna']}\nbert:{known['anna']}\n")
    (folder / "act_key").write_text("0123456789abcdef" * 4 + "\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(folder))
    monkeypatch.setenv("TOU_WEB_ACT", "true")

    chosen = own_settings()
    made = entrance(chosen, chosen.of(WebSettings), Listen("127.0.0.1", 8765))

    assert list(made.people) == ["anna", "bert"]
    assert chosen.act_key.get_secret_value() == "0123456789abcdef" * 4
    assert "0123456789abcdef" not in repr(chosen) + repr(made)


# --- a page that others can reach


@pytest.fixture
def far(empty: None, known: Mapping[str, str]) -> Iterator[TestClient]:
    entrance = Entrance(known, reach=Reach(here=False))
    with client(entrance, "http://192.168.1.4:8765") as made:
        yield made


def test_a_page_that_others_can_reach_shows_nothing_without_a_sign_in(far: TestClient) -> None:
    for path in ("/", "/audit?outcome=refused", "/day", "/run/1", "/nothing"):
        came = far.get(path)
        assert (came.status_code, came.content) == (303, b"")
        assert came.headers["location"].startswith("/sign-in?back=/")
    for path in ("/now.json", "/audit.json", "/audit.csv", "/healthz", "/readyz", "/metrics"):
        assert far.get(path).status_code == 401
    assert far.get("/style.css").status_code == 200

    assert sign_in(far, origin="http://192.168.1.4:8765").status_code == 303
    assert far.get("/now.json").status_code == 200


def test_a_page_that_only_shows_has_no_forms_that_act(far: TestClient) -> None:
    sign_in(far, origin="http://192.168.1.4:8765")

    assert far.get("/act").status_code == 404
    sent = far.post("/act/apply", headers={"origin": "http://192.168.1.4:8765"})
    assert sent.status_code == 404
    assert "does not act" in far.get("/").text


@pytest.mark.parametrize(
    ("host", "code"),
    [
        ("192.168.1.4:8765", 200),
        ("[fd00::4]:8765", 200),
        ("localhost:8765", 200),
        ("evil.example", 421),
        ("192.168.1.4.evil.example", 421),
        ("tou.example", 421),
    ],
)
def test_a_name_that_was_led_here_is_refused_by_a_page_that_others_can_reach(
    far: TestClient, host: str, code: int
) -> None:
    assert far.get("/sign-in", headers={"host": host}).status_code == code


def test_the_name_that_was_set_is_known(empty: None, known: Mapping[str, str]) -> None:
    reach = Reach(here=True, url="https://tou.example")
    with client(Entrance(known, reach=reach)) as page:
        assert page.get("/sign-in", headers={"host": "tou.example"}).status_code == 200
        assert page.get("/", headers={"host": "tou.example"}).status_code == 303
        assert page.get("/sign-in", headers={"host": "other.example"}).status_code == 421


@pytest.mark.parametrize(
    ("proxy", "told", "counted"),
    [
        (None, "10.1.1.1", "testclient"),
        ("testclient", "10.1.1.1", "10.1.1.1"),
        ("testclient", "6.6.6.6, 10.1.1.1", "10.1.1.1"),
        ("127.0.0.9", "10.1.1.1", "testclient"),
    ],
)
def test_what_a_header_says_of_an_address_counts_only_from_the_proxy(
    empty: None, door: Entrance, proxy: str | None, told: str, counted: str
) -> None:
    seen = []

    class Heard(Attempts):
        def begin(self, address: str) -> None:
            seen.append(address)

    with client(replace(door, proxy=proxy, attempts=Heard(lambda: 0.0))) as page:
        page.post(
            "/sign-in",
            data={"name": "anna", "password": WRONG},
            headers={"origin": HERE, "x-forwarded-for": told},
        )

    assert seen == [counted]

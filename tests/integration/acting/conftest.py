"""A page with a sign-in, over a folder in which no service runs, and a clock that tests move."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from starlette.testclient import TestClient

from scheduler.cli.web import own_settings, source
from scheduler.outlets.web import people
from scheduler.outlets.web.app import make
from scheduler.outlets.web.attempts import Attempts
from scheduler.outlets.web.entrance import Entrance
from scheduler.outlets.web.guests import Guests
from scheduler.outlets.web.source import Source

HERE = "http://127.0.0.1:8765"
PASSWORD = "correct horse battery"
WRONG = "correct horse batter"


@pytest.fixture(scope="session")
def known() -> Mapping[str, str]:
    """One person; the hash is quick, and is checked as any other."""
    return people.parse(f"anna:{PasswordHasher(time_cost=1, memory_cost=64).hash(PASSWORD)}")


class Ticks:
    """Monotonic seconds that only a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def ticks() -> Ticks:
    return Ticks()


@pytest.fixture
def door(known: Mapping[str, str], ticks: Ticks) -> Entrance:
    """An entrance of a page that acts, on loopback."""
    return Entrance(known, acts=True, sessions=Guests(ticks), attempts=Attempts(ticks))


def client(entrance: Entrance, base: str = HERE, made: Source | None = None) -> TestClient:
    app = make(made or source(own_settings()), entrance)
    return TestClient(app, base_url=base, follow_redirects=False)


@pytest.fixture
def page(empty: None, door: Entrance) -> Iterator[TestClient]:
    with client(door) as made:
        yield made


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder without settings, service or audit."""
    for name in [name for name in os.environ if name.startswith("TOU_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("TOU_DATABASE", str(tmp_path / "tou.db"))
    monkeypatch.chdir(tmp_path)


def sign_in(
    page: TestClient,
    password: str = PASSWORD,
    name: str = "anna",
    *,
    origin: str = HERE,
    **more: Any,
) -> Any:
    fields = {"name": name, "password": password, "back": "/act", **more}
    return page.post("/sign-in", data=fields, headers={"origin": origin})


def token_of(page: TestClient) -> str:
    return str(re.findall(r'name="token" value="([^"]+)"', page.get("/act").text)[0])

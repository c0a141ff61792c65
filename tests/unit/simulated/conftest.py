"""A simulated device without sockets, and a clock that is moved by hand."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from scheduler.simulated.desk import Attended, attend
from scheduler.simulated.device import Device
from scheduler.simulated.exchange import Received, Reply
from scheduler.simulated.faults import Faults
from scheduler.simulated.options import Options
from scheduler.simulated.timepiece import Instant

# 03:00 on a summer night in Los Angeles: no sun, and a house that uses little.
NIGHT = datetime(2026, 7, 1, 10, 0, tzinfo=UTC)
PASSWORD = "correct-horse-battery"


class Bench:
    """One device on the bench: ask it something, let time pass, ask again."""

    def __init__(self, *faults: str, **words: Any) -> None:
        self.moment = Instant(NIGHT, 0.0)
        self.faults = Faults.parse(*faults)
        usual = {"password": PASSWORD, "run_seconds": 3.0, "stop_seconds": 1.0}
        self.device = Device(Options(**{**usual, **words}), self.faults, lambda: self.moment)
        self.token = None

    def wait(self, seconds: float) -> None:
        self.moment = Instant(
            self.moment.instant + timedelta(seconds=seconds), self.moment.elapsed + seconds
        )

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | dict[str, Any] | None = None,
        *,
        token: str | None = None,
        encrypted: bool = True,
        headers: dict[str, str] | None = None,
    ) -> Attended:
        """The whole outcome of a request, with the bench's own token unless told another."""
        shown = self.token if token is None else token
        headers = {**({"authorization": f"Bearer {shown}"} if shown else {}), **(headers or {})}
        sent = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body)
        sent = sent if isinstance(sent, bytes) else sent.encode()
        path, _, query = f"/api/{path}".partition("?")
        request = Received(method, path, query, headers, sent)
        return attend(self.device, request, encrypted=encrypted)

    def get(self, path: str, **words: Any) -> Seen:
        return Seen(self.ask("GET", path, **words).answer)

    def post(self, path: str, body: bytes | dict[str, Any] | None = None, **words: Any) -> Seen:
        return Seen(self.ask("POST", path, body, **words).answer)

    def log_in(
        self,
        username: str = "installer",
        *,
        force: bool = True,
        password: int | str | list[str] | None = PASSWORD,
        **more: str,
    ) -> Seen:
        body = {"username": username, "password": password, "email": "", "force_sm_off": force}
        return self.post("login/Basic", {**body, **more}, token="")

    def enter(self, username: str = "installer") -> Bench:
        """Log in and go on with that session; the switch is moved where one is needed."""
        if username == "installer" and self.device.profile.installer_needs_switch:
            self.device.move_switch()
            seen = self.post("auth/toggle/login", {"username": "installer", "email": ""})
        else:
            seen = self.log_in(username)
        assert seen.status == 200, seen.json
        self.token = seen.json["token"]
        return self

    def up(self) -> Bench:
        """Run the sitemaster and wait for it."""
        assert self.get("sitemaster/run").status == 202
        self.wait(3.5)
        assert self.device.sitemaster_running
        return self

    def put(self, mode: int | str | None, reserve: Any, **more: str) -> Seen:
        key = self.device.profile.mode_key
        return self.post("operation", {key: mode, "backup_reserve_percent": reserve, **more})


class Seen:
    """An answer as a client sees it."""

    def __init__(self, answer: Reply | None) -> None:
        assert answer is not None
        self.status, self.body, self.headers = answer.status, answer.body, answer.headers
        self.content_type = answer.content_type

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@pytest.fixture
def bench() -> type[Bench]:
    return Bench

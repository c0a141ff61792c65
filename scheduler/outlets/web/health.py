"""Two questions of a machine: whether the service turns, and whether what is wanted is proven."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse

from scheduler.outlets.web.page import Desk, Facts, Page
from scheduler.outlets.web.shapes import VERDICT
from scheduler.outlets.web.source import State, as_wanted, turning


def alive(state: State, patience: timedelta) -> dict[str, Any]:
    """`/healthz`: whether the service turns. One that answers while its controller hangs does
    not."""
    return {"ok": turning(state) and not _hangs(state, patience), **_why(state)}


def ready(state: State, patience: timedelta) -> dict[str, Any]:
    """`/readyz`: whether the service turns, is well, and has read back what it wants."""
    good = bool(state["health"]["ok"]) and as_wanted(state) and alive(state, patience)["ok"]
    return {"ok": good, "as_wanted": as_wanted(state), **_why(state)}


def _why(state: State) -> dict[str, Any]:
    confirmed, read = state.get("confirmed"), state.get("read")
    return {
        "word": state["health"]["word"],
        "reasons": [
            {**reason, "age_seconds": _age(state, reason["since"])}
            for reason in state["health"]["details"]
        ],
        "confirmed_age_seconds": _age(state, confirmed["at"] if confirmed else None),
        "read_age_seconds": read["age_seconds"] if read else None,
        "turned_age_seconds": _age(state, state["service"].get("turned")),
    }


def _hangs(state: State, patience: timedelta) -> bool:
    age = _age(state, state["service"].get("turned"))
    return age is not None and age > patience.total_seconds()


def _age(state: State, since: str | None) -> float | None:
    if since is None:
        return None
    return (datetime.fromisoformat(state["now"]) - datetime.fromisoformat(since)).total_seconds()


def _verdict(judge: Callable[[State, timedelta], Facts], desk: Desk, _: Request) -> JSONResponse:
    told = judge(desk.state(), desk.source.patience)
    return JSONResponse(dict(told), 200 if told["ok"] else 503)


ALIVE: Final = Page(
    "/healthz", partial(_verdict, alive), "200 where the service turns, else 503.", shape=VERDICT
)
READY: Final = Page(
    "/readyz",
    partial(_verdict, ready),
    "200 where all that is wanted is proven, else 503.",
    shape=VERDICT,
)

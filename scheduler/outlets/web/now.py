"""The first page: what is wanted, what is true, since when proven, what comes next."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from scheduler.outlets.web.source import State, as_wanted, turning


def facts(state: State) -> dict[str, Any]:
    """What the template shows. A state without a readable schedule has no wish."""
    return {
        "page": "now",
        "state": state,
        "now": state["now"],
        "health": state["health"],
        "wanted": state.get("wanted"),
        "confirmed": state.get("confirmed"),
        "as_wanted": as_wanted(state),
        "read": state.get("read"),
        "attempt": state.get("attempt"),
        "next": state.get("next"),
        "next_job": state.get("next_job"),
        "leases": state.get("leases", ()),
        "guards": state.get("guards", ()),
        "last_run": state.get("last_run"),
        "simulated": state["gateway"]["simulated"],
    }


def alive(state: State) -> dict[str, Any]:
    """`/healthz`: whether the service turns."""
    return {"ok": turning(state), **_why(state)}


def ready(state: State) -> dict[str, Any]:
    """`/readyz`: whether the service turns, is well, and has read back what it wants."""
    good = turning(state) and bool(state["health"]["ok"]) and as_wanted(state)
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
    }


def _age(state: State, since: str | None) -> float | None:
    if since is None:
        return None
    return (datetime.fromisoformat(state["now"]) - datetime.fromisoformat(since)).total_seconds()

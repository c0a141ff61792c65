"""The first page: what is wanted, what is true, since when proven, what comes next."""

from __future__ import annotations

from typing import Any, Final

from scheduler.outlets.web.page import Page, rendered
from scheduler.outlets.web.shapes import STATE
from scheduler.outlets.web.source import State, as_wanted


def facts(state: State) -> dict[str, Any]:
    """What the template shows. A state without a readable schedule has no wish."""
    return {
        "page": "Now",
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


PAGE: Final = Page(
    "/",
    rendered("now.html", lambda desk, _: facts(desk.state())),
    "What is wanted, what is proven and since when, what comes next, and the health.",
    tab="Now",
    json="/now.json",
    data=lambda desk, _: desk.state(),
    shape=STATE,
)

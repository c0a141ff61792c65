"""Acts from the page: each is a lease or a run that the service is asked for, with who asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final
from zoneinfo import ZoneInfo

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from scheduler import asking, clock
from scheduler.errors import SchedulerError
from scheduler.outlets.web import address, form, words
from scheduler.outlets.web.address import QuestionError
from scheduler.outlets.web.entrance import SIGN_IN, Entrance, to_sign_in
from scheduler.outlets.web.form import Form
from scheduler.outlets.web.guests import Guest
from scheduler.outlets.web.page import Desk, Page, missing
from scheduler.outlets.web.source import turning
from scheduler.setting import Mode

ACT: Final = "/act"
PATIENCE: Final = 10.0
"""Seconds that a browser is kept waiting for the end of an act, which goes on without it."""
SPANS: Final = {"1h": 1, "2h": 2, "4h": 4, "8h": 8, "24h": 24}
_NOTHING: Final = dict.fromkeys(("what", "mode", "reserve", "until", "at", "reason", "name"), "")
_UNDER_WAY: Final = "It was asked for, and is under way. Now tells what becomes of it."
_BREAKS_OFF: Final = "The service ended before the act did; the audit tells how far it came."

Asked = tuple[str, Mapping[str, Any]]
"""What is asked of the service: the path of an act, and what goes with it."""
Told = tuple[str, str]
"""A class of the style sheet, and a sentence."""


def pages(entrance: Entrance) -> tuple[Page, ...]:
    """The addresses that act."""
    shown = partial(_show, entrance=entrance)
    sent = partial(_act, entrance=entrance)
    return (
        Page(ACT, shown, "The forms of all acts, for who is signed in.", tab="Act"),
        Page(f"{ACT}/{{what}}", sent, "Acts, by a form.", methods=("POST",)),
    )


def _show(desk: Desk, request: Request, *, entrance: Entrance) -> Response:
    session = entrance.session_of(request)
    if session is None:
        return to_sign_in(request)
    told, session.told = session.told, None
    return _page(desk, session, told)


def _page(
    desk: Desk, session: Guest, told: Told | None, *, kept: Form | None = None, code: int = 200
) -> Response:
    state = desk.state()
    in_force, limits = state.get("schedule_in_force", {}), state["gateway"].get("limits", {})
    facts = {
        "page": "Act",
        "session": session,
        "told": told,
        "kept": {**_NOTHING, **(kept or {})},
        "nothing": _NOTHING,
        "answers": turning(state),
        "leases": state.get("leases", ()),
        "modes": [(x.value, x.app_name) for x in Mode if x in limits.get("modes", tuple(Mode))],
        "spans": SPANS,
        "skippable": [*in_force.get("rules", ()), *in_force.get("jobs", ())],
        "jobs": in_force.get("jobs", ()),
        "simulated": state["gateway"]["simulated"],
        "now": state["now"],
    }
    return desk.html("act.html", facts, code)


async def _act(desk: Desk, request: Request, *, entrance: Entrance) -> Response:
    sent = await form.read(request)
    session, what = entrance.session_of(request), request.path_params["what"]
    if session is None:
        return RedirectResponse(f"{SIGN_IN}?back={ACT}", 303)
    form.check(sent, session)
    if what not in ACTS:
        raise missing("There is no such act.")
    return await run_in_threadpool(_done, desk, {**sent, "what": what}, session, entrance)


def _done(desk: Desk, sent: Form, session: Guest, entrance: Entrance) -> Response:
    """What came of it. What cannot be had comes back at once, with the form as it was."""
    try:
        path, body = ACTS[sent["what"]](sent, desk.source.zone, desk.now())
        who = {"who": f"page: {session.who}"}
        session.told = _heard(entrance, path, {**body, **who}, desk.source.zone)
    except QuestionError as error:
        return _page(desk, session, ("bad", str(error)), kept=sent, code=400)
    except SchedulerError as error:
        return _page(desk, session, ("bad", str(error)), kept=sent, code=503)
    return RedirectResponse(ACT, 303)


def _heard(entrance: Entrance, path: str, body: Mapping[str, Any], zone: ZoneInfo) -> Told:
    until = clock.monotonic() + PATIENCE
    for line in entrance.act(path, body):
        if "ended" in line:
            return outcome(line["ended"], zone)
        if "error" in line:
            raise QuestionError(str(line["error"]))
        if clock.monotonic() > until:
            return "waiting", _UNDER_WAY
    return "doubt", _BREAKS_OFF


def outcome(ended: Mapping[str, Any], zone: ZoneInfo) -> Told:
    """What came of an act, in a sentence."""
    said = [f"{_name(each)} ended." for each in ended.get("ended", ())]
    lease = ended.get("lease")
    if lease:
        said.append(f"{_name(lease)} until {words.local(lease['until'], zone)}.")
    if ended.get("outcome") and ended.get("wanted"):
        said.append(f"{ended['outcome']}: {words.setting(ended['wanted'])}.")
    elif ended.get("job"):
        said.append(f"{ended['job']}: {ended['outcome']}.")
    said += [str(each) for each in (ended.get("error"), ended.get("note")) if each]
    good = ended.get("exit_code") == 0
    return "good" if good else "doubt" if lease else "bad", " ".join(said) or "Nothing was to do."


def _name(lease: Mapping[str, Any]) -> str:
    name = f" of {lease['name']}" if lease.get("name") else ""
    return f"{str(lease['kind']).capitalize()}{name}"


# --- what a form asks for

Build = Callable[[Form, ZoneInfo, datetime], Asked]


def _override(sent: Form, zone: ZoneInfo, now: datetime) -> Asked:
    setting = {"mode": form.text(sent, "mode"), "reserve": form.text(sent, "reserve")}
    if not all(setting.values()):
        raise QuestionError("Give both, a mode and a reserve such as 100.")
    return "/leases", {"kind": "override", **setting, **_for_a_while(sent, zone, now)}


ACTS: Final[Mapping[str, Build]] = {
    "override": _override,
    "pause": lambda sent, *when: ("/leases", {"kind": "pause", **_for_a_while(sent, *when)}),
    "skip": lambda sent, *_: (
        "/leases",
        {"kind": "skip", "name": form.text(sent, "name"), **_reason(sent)},
    ),
    "end": lambda sent, *_: ("/leases/end", {"id": form.text(sent, "id")}),
    "apply": lambda *_: ("/apply", {}),
    "job": lambda sent, *_: (asking.job_path(form.text(sent, "name")), {}),
}


def _for_a_while(sent: Form, zone: ZoneInfo, now: datetime) -> dict[str, Any]:
    """The end and the reason. A lease always has an end."""
    at, span = form.text(sent, "at"), form.text(sent, "until")
    if at:
        until = clock.iso(address.instant(at, zone))
    elif span == "next":
        until = "next"
    elif span in SPANS:
        until = clock.iso(now + timedelta(hours=SPANS[span]))
    else:
        raise QuestionError("Say until when. What should hold for good is a rule of the schedule.")
    return {"until": until, **_reason(sent)}


def _reason(sent: Form) -> dict[str, str]:
    said = form.text(sent, "reason")
    return {"reason": said} if said else {}

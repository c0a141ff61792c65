"""The checks, one function each: what is found in a case, in the order in which it is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

from scheduler.advice import limits as advice
from scheduler.doctor.case import Case
from scheduler.doctor.sign import SENTENCES, Sign, of_error
from scheduler.errors import BudgetSpentError
from scheduler.gateway.base import Limits
from scheduler.schedule.wording import listed
from scheduler.setting import HOLD, Mode, SettingRead, to_raw

# A signed request is good for 12 s, and a schedule is kept to the minute.
CLOCK_SECONDS: Final = 10.0
CLOCK_WRONG_SECONDS: Final = 60.0
FEW: Final = 0.2
"""The share of a budget below which it is worth a word."""
_COMMANDS: Final = "energy_cmds"
_IN_THE_WAY: Final = {
    "storm_watch": "Storm Watch is active: the battery fills whatever is set.",
    "calibrating": "The battery calibrates itself: it obeys no setting until that is over.",
    "grid_services": "An event of the grid's operator is active and comes before every setting.",
}

Check = Callable[[Case], Iterator[Sign]]


def reachable(case: Case) -> Iterator[Sign]:
    """Whether something answers, and as what it is asked for."""
    if isinstance(case.error, BudgetSpentError):
        return  # nothing was sent; the check of the budget tells
    if case.error is not None:
        yield of_error("reachable" if not case.reached else "answers", case.error)
    else:
        yield Sign("reachable", f"{case.gateway.name} answers.")


def clock(case: Case) -> Iterator[Sign]:
    """How far its clock is from ours."""
    ahead = getattr(case.gateway, "clock_ahead", None)
    if ahead is None:
        return
    text = f"Its clock is {abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'} ours."
    do = "Set the clock that is wrong: timedatectl shows whether this machine's is synchronised."
    if abs(ahead) >= CLOCK_WRONG_SECONDS:
        yield Sign("clock", text, "wrong", do, code=1)
    elif abs(ahead) >= CLOCK_SECONDS:
        yield Sign("clock", text, "doubtful", do)
    else:
        yield Sign("clock", "Its clock agrees with ours.")


def firmware(case: Case) -> Iterator[Sign]:
    """Which firmware it is."""
    version = case.identity.version if case.identity else None
    version = version or (case.reading.firmware if case.reading else None)
    if version:
        yield Sign("firmware", f"Firmware {version}.")
    elif case.error is None:
        yield Sign("firmware", "It does not tell its firmware.", "unknown")


def role(case: Case) -> Iterator[Sign]:
    """As whom we ask, where that is a choice."""
    username = getattr(case.settings, "gateway_username", None)
    if username:
        yield Sign("role", f"We log in as {username}.")
    scopes = getattr(case.gateway, "scopes", None)
    if scopes:
        yield Sign("role", f"The sign-in allows {', '.join(sorted(scopes))}.")
    if scopes and _COMMANDS not in scopes:
        yield Sign(
            "role",
            "The sign-in does not allow commands to the energy site, so nothing can be set.",
            "wrong",
            "Sign in once more (`tou gateway login`) and tick the box for energy commands.",
            code=77,
        )


def login(case: Case) -> Iterator[Sign]:
    """What a login would cost, and why the setting is not shown where it is not."""
    if case.error is not None or case.reading is None:
        return
    if case.limits.login_stops:
        yield Sign("login", "A login stops the battery for some seconds, so none was sent.")
    if case.reading.setting is None:
        yield Sign(
            "login",
            "The setting is not shown without a login.",
            "unknown",
            "`tou gateway info --login` logs in once, and sees the battery running again."
            if case.limits.can_write
            else None,
        )


def writable(case: Case) -> Iterator[Sign]:
    """What may be written."""
    if not case.limits.can_write:
        yield Sign(
            "writable",
            "It cannot be written to, so no schedule can be kept with it.",
            "wrong",
            case.limits.why_not,
            code=77,
        )
        return
    if case.error is None:
        yield Sign("writable", f"It can be set: {_writable(case.limits)}.")
    if case.error is None and (untried := getattr(case.gateway, "untried", None)):
        yield Sign("writable", untried, "unknown")


def _writable(limits: Limits) -> str:
    spans = [f"{low:g}-{high:g}" if low != high else f"{low:g}" for low, high in _ranges(limits)]
    whole = " in whole numbers" if limits.reserves.whole else ""
    parts = [
        "modes " + listed(mode.value for mode in Mode if mode in limits.modes),
        f"reserves {listed(spans)} %{whole}",
    ]
    if limits.grid_charging:
        parts.append("grid charging")
    if limits.exports:
        parts.append("export " + listed(sorted(each.value for each in limits.exports), "or"))
    return "; ".join(parts)


def _ranges(limits: Limits) -> tuple[tuple[float, float], ...]:
    return limits.reserves.ranges


def setting(case: Case) -> Iterator[Sign]:
    """What is shown now, and on which scale."""
    seen = case.reading.setting if case.reading else None
    if seen is None:
        return
    missing = _unread(seen, case.limits)
    if missing:
        yield Sign(
            "setting",
            f"It does not show {listed(missing)}, so that cannot be verified.",
            "wrong" if {"mode", "reserve"} & set(missing) else "doubtful",
            "See whether what stands behind it is on; the Tesla app shows what is set.",
            code=1 if {"mode", "reserve"} & set(missing) else 0,
        )
    if seen.reserve is not None:
        yield Sign(
            "setting",
            f"Now it is {seen.words()}. The Tesla app shows the same percentage; the gateway's own "
            f"is {to_raw(seen.reserve):g}.",
        )


def _unread(seen: SettingRead, limits: Limits) -> list[str]:
    found = {
        "mode": seen.mode is None,
        "reserve": seen.reserve is None,
        "grid charging": limits.grid_charging and seen.grid_charging is None,
        "export": bool(limits.exports) and seen.export is None,
    }
    return [name for name, missing in found.items() if missing]


def concerns(case: Case) -> Iterator[Sign]:
    """What will need a person within days."""
    for each in getattr(case.gateway, "concerns", ()):
        text, *rest = SENTENCES.split(each, maxsplit=1)
        yield Sign("sign-in", text, "doubtful", rest[0] if rest else None)


def battery(case: Case) -> Iterator[Sign]:
    """Whether the battery is at work, and what is in the way."""
    reading = case.reading
    if reading is None:
        return
    if reading.running is False or case.gateway.unsafe:
        why = case.gateway.unsafe or "The battery stands still."
        yield Sign("battery", why, "wrong", "The next `tou apply` brings it back first.", code=1)
    if reading.charge is not None:
        yield Sign("battery", f"The charge is {reading.charge:.0f} %.")
    if reading.grid is False:
        yield Sign("battery", "The house is off the grid; no setting counts.", "doubtful")
    if reading.updating:
        yield Sign("battery", "A firmware update is being put in.", "doubtful")
    for each in reading.in_the_way:
        yield Sign("battery", _IN_THE_WAY.get(each, each), "doubtful")


def budget(case: Case) -> Iterator[Sign]:
    """What is left of what it may cost."""
    if isinstance(case.error, BudgetSpentError):
        yield replace(of_error("budget", case.error), code=1)
        return
    left = getattr(case.gateway, "left", None)
    if not callable(left):
        return
    for name, number in left().items():
        text = f"Of its budget {number:g} {name} are left."
        if number:
            yield Sign("budget", text)
        else:
            yield Sign("budget", text, "wrong", "Wait, or raise the budget.", code=1)


def schedule(case: Case) -> Iterator[Sign]:
    """The schedule against all that."""
    if case.loaded is None:
        return
    found = advice.judge(case.loaded.schedule, case.limits, case.transport)
    for problem in found:
        wrong = problem.severity == "error"
        yield Sign("schedule", str(problem), "wrong" if wrong else "doubtful", code=78 * wrong)
    if any(problem.severity == "error" for problem in found) or not case.limits.can_write:
        return
    yield Sign("schedule", f'It can do all that "{case.loaded.schedule.name}" asks.')
    yield from _beside(case)


def _beside(case: Case) -> Iterator[Sign]:
    """What no limit tells, and owners stumble over."""
    assert case.loaded is not None
    settings = [rule.setting for rule in case.loaded.schedule.rules]
    cloud = case.limits.exports and not case.limits.reserves.keeps(90)
    if cloud and any(each.mode is Mode.AUTONOMOUS for each in settings):
        yield Sign(
            "schedule",
            "autonomous is refused (410) where no rate plan is set in the Tesla app.",
            "doubtful",
            "Set a rate plan there once: Settings, Utility Rate Plan.",
        )
    if any(each.mode is Mode.BACKUP for each in settings):
        yield Sign(
            "schedule", "While backup holds, the Tesla app shows no mode as selected.", "fine"
        )
    whole = case.limits.reserves.whole
    if whole and any(each.reserve == HOLD for each in settings):
        yield Sign("schedule", "A hold keeps the charge rounded down to whole percent.")


CHECKS: Final[tuple[Check, ...]] = (
    reachable,
    clock,
    firmware,
    role,
    login,
    writable,
    concerns,
    setting,
    battery,
    budget,
    schedule,
)
"""Every check that any gateway is put to."""

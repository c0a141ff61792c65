"""Whether a gateway can do what a schedule asks, by the limits of its transport; and how else to
say it where it cannot.

Pure, and without the network: what a gateway refuses beyond its limits is seen while running.
The ways out are what owners of such systems settled on (facts of 2025: a reserve of 81 to 99 is
made 80 by the cloud; `backup` charges from the grid only where grid charging is allowed).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from scheduler.advice.outlook import place_of
from scheduler.errors import Problem, Severity
from scheduler.gateway import registry
from scheduler.gateway.abilities import FIRMWARE_UPDATES, SITEMASTER
from scheduler.gateway.base import Limits, Reserves
from scheduler.schedule.load import Loaded
from scheduler.schedule.values import Job, JobKind, Rule, Schedule
from scheduler.schedule.wording import listed
from scheduler.setting import HOLD, Mode

LIMIT_CHECKS: Final = {
    "mode-not-offered": "A mode is one that the configured gateway can set.",
    "reserve-not-kept": "A reserve is one that the configured gateway keeps.",
    "hold-not-kept": "A hold can be kept at any charge by the configured gateway.",
    "grid-charging-not-offered": "grid_charging stands where the configured gateway can set it.",
    "export-not-offered": "An export rule is one that the configured gateway can set.",
    "charge-not-offered": "charge stands where the configured gateway takes a power.",
    "job-not-offered": "A job is one that a configured gateway can do.",
}
"""The ids of what is found here, and what each asks for."""
LIMIT_WARNINGS: Final = frozenset({"hold-not-kept", "charge-not-offered", "job-not-offered"})
"""The ids of what is done as well as it can be, and not refused: a battery is not left alone for a
job that its gateway has no word for."""

Found = tuple[str, str, str]
"""The key, the id and the message."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """A transport by its name, and what it allows as far as that is known unasked."""

    name: str
    limits: Limits
    abilities: frozenset[str] | None = None
    """None: not told."""


def allowed_by(settings: Any) -> list[Allowed]:
    """What the settings' transports allow; never needs the network."""
    found = []
    for name in settings.gateways:
        table = settings.of(registry.settings_of(name))
        limits = registry.transport(name).limits_of(table)
        found.append(Allowed(name, limits, registry.abilities_of(name)))
    return found


def judge(schedule: Schedule, limits: Limits, transport_name: str) -> tuple[Problem, ...]:
    """What a schedule's rules ask that a transport cannot do or does not keep, in the order of
    the file."""
    found = [
        _problem(rule, f"rules[{index}].{key}", id_, message)
        for index, rule in enumerate(schedule.rules)
        for check in _CHECKS
        for key, id_, message in check(rule, limits, transport_name)
    ]
    return tuple(sorted(found, key=lambda each: (each.place.line, each.place.column)))


def undone(schedule: Schedule, offers: Iterable[Allowed]) -> tuple[Problem, ...]:
    """The jobs that none of the transports can do; where several stand in line one is enough."""
    told = [each.abilities for each in offers]
    known = [abilities for abilities in told if abilities is not None]
    if not known or len(known) < len(told):
        return ()
    can = frozenset[str]().union(*known)
    return tuple(
        _problem(job, f"jobs[{index}].do", "job-not-offered", _cannot(job, offers))
        for index, job in enumerate(schedule.jobs)
        if _NEEDED[job.do] not in can
    )


_NEEDED: Final = {
    JobKind.FIRMWARE_CHECK: FIRMWARE_UPDATES,
    JobKind.COMMIT: SITEMASTER,
    JobKind.SITEMASTER_RUN: SITEMASTER,
}


def _cannot(job: Job, offers: Iterable[Allowed]) -> str:
    names = ", ".join(each.name for each in offers)
    return (
        f"The gateway ({names}) cannot do {job.do.value}. Remove the job, or use a transport that "
        "can, such as local."
    )


def settled(loaded: Loaded, offers: Iterable[Allowed]) -> tuple[Problem, ...]:
    """The warnings of a schedule once its transports are known: whether a reserve is kept is then
    no longer a guess."""
    offered = tuple(offers)
    schedule = loaded.schedule
    found = [each for offer in offered for each in judge(schedule, offer.limits, offer.name)]
    kept = [each for each in loaded.warnings if not offered or each.id != "reserve-snaps"]
    return (*kept, *found, *undone(schedule, offered))


def _problem(entry: Rule | Job, path: str, id_: str, message: str) -> Problem:
    severity: Severity = "warning" if id_ in LIMIT_WARNINGS else "error"
    return Problem(place_of(entry, path), path, message, id_, severity)


def _mode(rule: Rule, limits: Limits, name: str) -> Iterator[Found]:
    mode = rule.setting.mode
    if mode in limits.modes:
        return
    can = listed((each.value for each in Mode if each in limits.modes), "or")
    instead = {
        Mode.BACKUP: "To charge, write self_consumption with a reserve of 100%.",
        Mode.AUTONOMOUS: "To use the battery in the peak, write self_consumption with a low "
        "reserve; to sell it, another transport is needed.",
        Mode.SELF_CONSUMPTION: "To use the battery at home, write autonomous.",
    }[mode]
    message = f"The gateway ({name}) cannot set {mode.value}"
    yield "mode", "mode-not-offered", f"{message}; write {can}. {instead}" if can else f"{message}."


def _reserve(rule: Rule, limits: Limits, name: str) -> Iterator[Found]:
    setting = rule.setting
    for key, percent in (("reserve", setting.reserve), ("at_least", setting.at_least)):
        if percent is None or isinstance(percent, str) or limits.reserves.keeps(percent):
            continue
        message = (
            f"The gateway ({name}) does not keep {percent:g}%: it keeps {_kept(limits.reserves)}. "
            f"Write {_nearest(limits.reserves, percent)}."
        )
        if limits.grid_charging and percent > _gap_begins(limits.reserves):
            message += (
                " To charge higher, write mode: backup, reserve: 100% and grid_charging: allow; "
                "to hold what is there, mode: backup, reserve: 100% and grid_charging: deny."
            )
        yield key, "reserve-not-kept", message


def _hold(rule: Rule, limits: Limits, name: str) -> Iterator[Found]:
    begins = _gap_begins(limits.reserves)
    if rule.setting.reserve != HOLD or begins >= 100 or limits.grid_charging:
        return
    yield (
        "reserve",
        "hold-not-kept",
        f"The gateway ({name}) keeps no reserve above {begins:g}% but 100%, and cannot forbid "
        "grid charging, so a fuller battery cannot be held. Write a percentage, or use a "
        "transport that can.",
    )


def _grid_charging(rule: Rule, limits: Limits, name: str) -> Iterator[Found]:
    if rule.setting.grid_charging is not None and not limits.grid_charging:
        yield (
            "grid_charging",
            "grid-charging-not-offered",
            f"The gateway ({name}) cannot set grid charging. Remove the line, and set it once in "
            "the app; or use a transport that can.",
        )


def _export(rule: Rule, limits: Limits, name: str) -> Iterator[Found]:
    export = rule.setting.export
    if export is None or export in limits.exports:
        return
    can = listed(sorted(each.value for each in limits.exports), "or") if limits.exports else ""
    way_out = (
        f"Write {can}."
        if can
        else "Remove the line, and set it once in the app; or use a transport that can (to sell in "
        "the peak: mode: autonomous and export: battery)."
    )
    message = f"The gateway ({name}) cannot set export: {export.value}. {way_out}"
    yield "export", "export-not-offered", message


def _charge(rule: Rule, limits: Limits, name: str) -> Iterator[Found]:
    if rule.charge is not None and not limits.set_points:
        yield (
            "charge",
            "charge-not-offered",
            f"The gateway ({name}) takes no power to charge with, so mode and reserve alone will "
            "be in force. Remove the line; to charge now write mode: backup and reserve: 100%"
            + (", with grid_charging: allow." if limits.grid_charging else "."),
        )


_CHECKS: Final[tuple[Callable[[Rule, Limits, str], Iterator[Found]], ...]] = (
    _mode,
    _reserve,
    _hold,
    _grid_charging,
    _export,
    _charge,
)


def _kept(reserves: Reserves) -> str:
    spans = [f"{low:g}%" if low == high else f"{low:g}-{high:g}%" for low, high in reserves.ranges]
    return listed(spans) + (" in whole numbers" if reserves.whole else "")


def _gap_begins(reserves: Reserves) -> float:
    """The highest reserve below which all are kept."""
    end = 0.0
    for low, high in sorted(reserves.ranges):
        if low <= end:
            end = max(end, high)
    return end


def _nearest(reserves: Reserves, percent: float) -> str:
    """The kept reserves below and above."""
    edges = {edge for span in reserves.ranges for edge in span}
    if reserves.whole:
        edges |= {float(int(percent)), float(int(percent) + 1)}
    kept = [edge for edge in edges if reserves.keeps(edge)]
    below = [edge for edge in kept if edge <= percent]
    above = [edge for edge in kept if edge > percent]
    ends = [*([max(below)] if below else []), *([min(above)] if above else [])]
    return listed((f"{each:g}%" for each in ends), "or")

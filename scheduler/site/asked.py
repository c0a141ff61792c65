"""What a person asks for a while, as it came in, and the lease that it becomes. Pure: knows no
audit and no gateway.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final, Literal, TypeVar
from zoneinfo import ZoneInfo

from scheduler import clock, outside, plan
from scheduler.errors import LeaseError
from scheduler.plan import Lease, LeaseKind
from scheduler.schedule import text
from scheduler.schedule.values import Schedule
from scheduler.schedule.wording import did_you_mean, listed, shown
from scheduler.setting import Setting

T = TypeVar("T")

LONGEST: Final = timedelta(days=31)
"""No lease is longer: what should hold for good is a rule."""
_KINDS: Final = tuple(each.value for each in LeaseKind)
_SETTING: Final = ("mode", "reserve", "reserve_percent", "grid_charging", "export")
_KEYS: Final = ("kind", "until", *_SETTING, "name", "who", "reason")
_NO_END: Final = (
    "Say until when: a time, or next for the next boundary. What should hold for good is a rule "
    "of the schedule."
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A lease to be. A skip has no `until`: it ends with what it skips."""

    kind: LeaseKind
    until: datetime | Literal["next"] | None = None
    setting: Setting | None = None
    name: str | None = None
    who: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class LeaseEnding:
    """Which leases are to end now: of a kind, and where given of a name or an id."""

    kind: LeaseKind | None = None
    name: str | None = None
    id: str | None = None
    who: str = ""

    def means(self, lease: Lease) -> bool:
        """Whether a lease is one of them."""
        wanted = (self.kind, self.name, self.id)
        found = (lease.kind, lease.name, lease.id)
        return all(each in {None, other} for each, other in zip(wanted, found, strict=True))


def asked_from_json(data: object, *, who: str = "") -> Asked:
    """A lease as it is asked for over the control socket. `who` is known better than by what the
    data says. Raises LeaseError with the way out."""
    if not isinstance(data, Mapping):
        raise LeaseError(f"{shown(data)} is not a lease. Send an object with kind and until.")
    kind = _kind(data.get("kind"))
    _only(data, _KEYS)
    return Asked(
        kind=kind,
        until=_until(data.get("until")),
        setting=_setting(data) if kind is LeaseKind.OVERRIDE else None,
        name=_optional_text(data.get("name"), 200),
        who=_who(data, who),
        reason=_optional_text(data.get("reason"), 200) or "",
    )


def ending_from_json(data: object, *, who: str = "") -> LeaseEnding:
    """Which leases to end, as it is asked over the control socket. Raises LeaseError."""
    if not isinstance(data, Mapping) or not {"kind", "name", "id"} & set(data):
        raise LeaseError("Say which leases to end: by kind, name or id.")
    _only(data, ("kind", "name", "id", "who"))
    return LeaseEnding(
        kind=None if data.get("kind") is None else _kind(data["kind"]),
        name=_optional_text(data.get("name"), 200),
        id=_optional_text(data.get("id"), 80),
        who=_who(data, who),
    )


def lease_of(asked: Asked, schedule: Schedule, leases: Sequence[Lease], now: datetime) -> Lease:
    """The lease from now on. Raises LeaseError where it has no end, or one that is too far."""
    made = Lease(
        id=f"{asked.kind.value}-{clock.to_micros(now):x}",
        kind=asked.kind,
        begun=now,
        until=now,
        who=asked.who,
        reason=asked.reason,
        setting=asked.setting,
    )
    if asked.kind is LeaseKind.SKIP:
        made = _skip(made, asked.name, schedule)
    else:
        made = replace(made, until=_end(asked, schedule, leases, now))
    zone = schedule.calendar.display_zone
    if made.until <= now:
        raise LeaseError(f"{until_words(made.until, zone)} is over. Give a time to come.")
    if made.until - now > LONGEST:
        raise LeaseError(_too_far(made, until_words(made.until, zone)))
    return made


def until_words(until: datetime, zone: ZoneInfo | None) -> str:
    """The end of a lease on the wall clock of a zone, or in UTC."""
    if zone is None:
        return clock.iso(until.replace(microsecond=0))
    local = clock.localise(until, zone)
    return f"{local:%a %Y-%m-%d %H:%M:%S}" if local.second else f"{local:%a %Y-%m-%d %H:%M}"


def _end(asked: Asked, schedule: Schedule, leases: Sequence[Lease], now: datetime) -> datetime:
    if asked.until is None:
        raise LeaseError(_NO_END)
    if asked.until != "next":
        return asked.until
    others = [each for each in leases if each.kind is LeaseKind.SKIP]
    following = plan.next_boundary(schedule, now, others)
    if following is None:
        raise LeaseError("The schedule has no next boundary within 400 days. Give a time.")
    return following.at


def _skip(lease: Lease, name: str | None, schedule: Schedule) -> Lease:
    """What is skipped once: the present or next stretch of a rule, or the next time of a job."""
    rules, jobs = [each.name for each in schedule.rules], [each.name for each in schedule.jobs]
    if name in jobs:
        at = plan.time_of(schedule, name, lease.begun)
        until, of = at, "job"
    elif name in rules:
        stretch = plan.stretch_of(schedule, name, lease.begun)
        until, of = stretch and stretch[1], "rule"
    else:
        raise LeaseError(_no_such(name, rules, jobs))
    if until is None:
        raise LeaseError(
            f'"{name}" cannot be skipped: it has no next time that ends within 400 days.'
        )
    return replace(lease, until=until, name=name, of="job" if of == "job" else "rule")


def _no_such(name: str | None, rules: list[str], jobs: list[str]) -> str:
    if not name:
        return "Say what to skip: the name of a rule or of a job."
    hint = did_you_mean(name, [*rules, *jobs])
    if hint:
        return f"The schedule has no rule or job {shown(name)}.{hint}"
    names = listed(shown(each) for each in [*rules, *jobs])
    return f"The schedule has no rule or job {shown(name)}. It has {names}."


def _too_far(lease: Lease, until: str) -> str:
    days = LONGEST.days
    if lease.kind is LeaseKind.SKIP:
        return (
            f'"{lease.name}" comes next in more than {days} days, and ends at '
            f"{until}. Skip it nearer to its time, or change the schedule."
        )
    return (
        f"{until} is more than {days} days away. Give a nearer end; what should "
        "hold longer is a rule of the schedule, with its dates."
    )


def _only(data: Mapping[str, object], known: Sequence[str]) -> None:
    """A key that nobody reads would be a wish that nobody heeds."""
    for key in data:
        if key not in known:
            raise LeaseError(f"{shown(key)} is not known here.{did_you_mean(key, known)}")


def _kind(data: object) -> LeaseKind:
    if isinstance(data, str) and data in _KINDS:
        return LeaseKind(data)
    raise LeaseError(f"{shown(data)} is not a kind of lease. Write {listed(_KINDS, 'or')}.")


def _until(data: object) -> datetime | Literal["next"] | None:
    if data is None:
        return None
    if data == "next":
        return "next"
    try:
        found = datetime.fromisoformat(data) if isinstance(data, str) else None
        if found is not None and found.tzinfo is not None:
            return clock.from_micros(clock.to_micros(found))
    except (ValueError, OverflowError):
        pass  # no date, or one before the first or after the last that there is
    raise LeaseError(
        f"{shown(data)} is not an instant. Write 2026-11-25T18:00:00Z, with Z or an offset, or "
        "next."
    )


def _setting(data: Mapping[str, Any]) -> Setting:
    reserve = data.get("reserve", data.get("reserve_percent"))
    if data.get("mode") is None or reserve is None:
        raise LeaseError("An override names both: mode and reserve.")
    found = _read(text.reserve, reserve)
    return Setting(
        mode=_read(text.mode, data["mode"]),
        reserve=found.value,
        grid_charging=_optional(text.grid_charging, data.get("grid_charging")),
        export=_optional(text.export, data.get("export")),
    )


def _optional(read: Callable[[object], T], data: object) -> T | None:
    return None if data is None else _read(read, data)


def _read(read: Callable[[object], T], data: object) -> T:
    try:
        return read(data)
    except ValueError as error:
        raise LeaseError(str(error)) from None


def _optional_text(data: object, limit: int) -> str | None:
    if data is None:
        return None
    if not isinstance(data, str):
        raise LeaseError(f"{shown(data)} is not a text.")
    return outside.said(data, limit=limit)


def who_from_json(data: object, *, known: str = "") -> str:
    """Who asks, by their own word, and by the word of whoever let them in where that differs.
    Raises LeaseError where the word is no text."""
    if not isinstance(data, Mapping):
        raise LeaseError(f"{shown(data)} does not say who asks. Send an object with who.")
    _only(data, ("who",))
    return _who(data, known)


def _who(data: Mapping[str, Any], known: str) -> str:
    told = _optional_text(data.get("who"), 80) or ""
    if not told or told == known:
        return known
    return f"{told}, as {known}" if known else told

"""Why a battery was as it was at an instant: what was wanted and by whom, what was tried, and what
proves it. Pure: from what `hindsight` found.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from scheduler import clock, outside, plan
from scheduler.audit.answers import Event
from scheduler.audit.readings import KeptReading
from scheduler.audit.views import RunView
from scheduler.outlets.hindsight import LOOKED_BACK, Hindsight
from scheduler.outlets.watched import Gap
from scheduler.plain import as_json, plain
from scheduler.plan import Lease, LeaseKind
from scheduler.setting import setting_from_json, setting_words

Word = Literal["in_force", "late", "not_in_force", "paused", "guarded", "unwatched", "unknown"]
"""in_force: proven before the instant, and nothing since speaks against it. late: only proven after
it. paused: a person asked that nothing be done. guarded: a guard held it back.
unwatched: nobody was there."""

GOOD: Final = frozenset({"confirmed", "unchanged"})
# A reading further away than this says nothing of the instant.
_NEAR: Final = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class WantedThen:
    """What was wanted, and by which rule or lease."""

    rule: str
    setting: Mapping[str, Any]
    since: datetime | None
    until: datetime | None
    period: str | None
    season: str | None
    day_class: str | None
    line: int | None
    """Of the rule, in the schedule's text of then."""
    lease: Lease | None
    source: Literal["schedule", "run"]
    """Computed from the schedule of then, or, where that is gone, as a run of then had it."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """The answer to: why was it like that at `at`?"""

    at: datetime
    facts: Hindsight
    word: Word
    wanted: WantedThen | None
    proof: RunView | None
    """The run that proved what was wanted, at the instant or (late) after it."""
    before: RunView | None
    """What was proven last before the instant, of whatever wish."""
    tried: tuple[RunView, ...]
    pause: Lease | None
    guards: tuple[Event, ...]
    """In force at the instant."""
    gap: Gap | None
    reading: KeptReading | None

    def to_json(self) -> dict[str, Any]:
        """`tou why --format json`."""
        facts, then = self.facts, self.facts.then(self.at)
        return {
            "at": clock.iso(self.at),
            "site": facts.site,
            "word": self.word,
            "wanted": None if self.wanted is None else _wanted_json(self.wanted),
            "proof": self.proof and _run_json(self.proof),
            "before": self.before and _run_json(self.before),
            "tried": [_run_json(run) for run in self.tried],
            "pause": plain(self.pause),
            "guards": [
                {**each.detail, "name": each.name, "since": clock.iso(each.at)}
                for each in self.guards
            ],
            "leases": [lease.to_json() for lease in facts.leases if lease.active(self.at)],
            "watched": self.gap is None,
            "gap": plain(self.gap),
            "reading": plain(self.reading),
            "gateway": {"name": facts.gateway, "firmware": facts.firmware},
            "schedule": {
                "name": then.schedule and then.schedule.name,
                "digest": then.digest,
                "since": plain(then.since),
                "problem": then.problem,
            },
        }


def explain(facts: Hindsight, at: datetime) -> Explanation:
    """What the facts say of an instant between their ends."""
    wanted = _by_schedule(facts, at) or _by_runs(facts, at)
    switches = [run for run in facts.runs if run.kind == "switch"]
    good = [run for run in switches if run.outcome in GOOD and run.finished_at is not None]
    before = next((run for run in reversed(good) if _ended(run) <= at), None)
    proof = _proof(switches, before, wanted, at)
    found = Explanation(
        at=at,
        facts=facts,
        word="unknown",
        wanted=wanted,
        proof=proof,
        before=before,
        tried=_tried(facts, wanted),
        pause=plan.pause_at(facts.leases, at),
        guards=_guards(facts, at),
        gap=next((each for each in facts.gaps if each.holds(at)), None),
        reading=_reading(facts, at),
    )
    return replace(found, word=_word(found, switches))


def _guards(facts: Hindsight, at: datetime) -> tuple[Event, ...]:
    # A process that died could not say that a guard was over; the next one says which are.
    begun = max((each for each in facts.starts if each <= at), default=facts.start - LOOKED_BACK)
    last = {each.name: each for each in facts.guards if begun <= each.at <= at}
    return tuple(each for each in last.values() if each.detail.get("state") == "on")


def _by_schedule(facts: Hindsight, at: datetime) -> WantedThen | None:
    schedule = facts.then(at).schedule
    if schedule is None:
        return None
    desired = plan.desired_at(schedule, at, facts.leases)
    switching = [lease for lease in facts.leases if lease.kind is not LeaseKind.PAUSE]
    following = plan.next_boundary(schedule, at, switching)
    rule = next((each for each in schedule.rules if each.name == desired.rule), None)
    return WantedThen(
        rule=desired.rule,
        setting=desired.setting.to_json(),
        since=plan.began_at(schedule, at, facts.leases),
        until=following.at if following else None,
        period=desired.period,
        season=desired.season,
        day_class=desired.day_class.value,
        line=rule.place.line if rule and desired.lease is None else None,
        lease=next((each for each in facts.leases if each.id == desired.lease), None),
        source="schedule",
    )


def _by_runs(facts: Hindsight, at: datetime) -> WantedThen | None:
    told = [run for run in facts.runs if run.kind == "switch" and run.wanted is not None]
    run = next((run for run in reversed(told) if run.started_at <= at), None)
    if run is None or run.wanted is None:
        return None
    parts = {key: run.detail.get(key) for key in ("period", "season", "day_class")}
    return WantedThen(
        rule=run.name or "",
        setting=run.wanted,
        since=run.planned_at or run.started_at,
        until=next((each.started_at for each in told if each.started_at > at), None),
        **{key: str(value) if value is not None else None for key, value in parts.items()},
        line=None,
        lease=next((x for x in facts.leases if x.id == run.detail.get("lease")), None),
        source="run",
    )


def _proof(
    switches: list[RunView], before: RunView | None, wanted: WantedThen | None, at: datetime
) -> RunView | None:
    """The run that proved the wish: the last that proved anything before the instant, unless a
    later one speaks against it; else the first one after it, while the wish was the same."""
    if wanted is None:
        return None
    if before and _fits(before, wanted) and not _spoken_against(before, switches, at):
        return before
    until = wanted.until
    later = (
        run
        for run in switches
        if run.outcome in GOOD
        and _fits(run, wanted)
        and at < _ended(run)
        and (until is None or _ended(run) <= until)
    )
    return next(later, None)


def _spoken_against(proof: RunView, switches: list[RunView], at: datetime) -> bool:
    later = [run for run in switches if proof.run < run.run and run.started_at <= at]
    return any(run.outcome not in {*GOOD, "deferred", "missed", "dry_run"} for run in later)


def _fits(run: RunView, wanted: WantedThen) -> bool:
    """Whether a run was about this setting; a hold is resolved in the run."""
    held, asked = setting_from_json(run.wanted or {}), setting_from_json(wanted.setting)
    if held is None or asked is None:
        return False
    if isinstance(asked.reserve, str):
        return run.name == wanted.rule
    return (held.mode, held.reserve) == (asked.mode, asked.reserve)


def _word(found: Explanation, switches: list[RunView]) -> Word:
    proof, proven = found.proof, found.proof is not None
    tried = any(run.started_at <= found.at for run in switches)
    words: tuple[tuple[Word, bool], ...] = (
        ("unwatched", found.gap is not None),
        ("in_force", proof is not None and _ended(proof) <= found.at),
        ("paused", found.pause is not None),
        ("guarded", any(each.detail.get("defers", True) for each in found.guards)),
        ("unknown", found.wanted is None),
        ("late", proven),
        ("not_in_force", tried),
    )
    return next((word for word, holds in words if holds), "unknown")


def _tried(facts: Hindsight, wanted: WantedThen | None) -> tuple[RunView, ...]:
    """What was done about this wish, and the jobs of its time."""
    first = max(wanted.since, facts.start) if wanted and wanted.since else facts.start
    last = wanted.until if wanted and wanted.until else facts.end
    early = timedelta(seconds=1)
    return tuple(run for run in facts.runs if first - early <= run.started_at < last)


def _reading(facts: Hindsight, at: datetime) -> KeptReading | None:
    near = [each for each in facts.readings if abs(each.at - at) <= _NEAR]
    return min(near, key=lambda each: abs(each.at - at), default=None)


def _ended(run: RunView) -> datetime:
    return run.finished_at or run.started_at


# --- the one sentence


def sentence(found: Explanation, zone: ZoneInfo) -> str:
    """The answer first, for somebody who has just got up."""
    if found.wanted is None:
        return "The audit does not tell what was wanted then."
    wanted = setting_words(found.wanted.setting)
    told = {
        "in_force": f"It was as wanted: {wanted}, {_proven(found.proof, zone)}.",
        "late": f"It was not as wanted yet: {wanted} was only {_proven(found.proof, zone)}."
        f"{_last_error(found)}",
        "paused": f"A person had paused it: {wanted} was wanted, and nothing was done."
        f"{_before(found, zone)}",
        "guarded": f"It was held back: {_held(found)}. {wanted} was wanted.{_before(found, zone)}",
        "unwatched": f"Nobody was watching {_span(found.gap, zone)}. {wanted} was wanted."
        f"{_before(found, zone)}",
        "not_in_force": f"It was not as wanted: {wanted} was wanted, and is not known to have been "
        f"in force.{_last_error(found)}{_before(found, zone)}",
        "unknown": f"{wanted} was wanted; the audit does not tell whether it was in force.",
    }
    return told[found.word]


def _held(found: Explanation) -> str:
    texts = (outside.said(each.detail.get("text") or each.name) for each in found.guards)
    return "; ".join(text.rstrip(".") for text in texts)


def _proven(run: RunView | None, zone: ZoneInfo) -> str:
    if run is None:
        return "never proven"
    how = "read back equal" if run.outcome == "confirmed" else "found already so"
    return f"{how} at {when(_ended(run), zone)} (run {run.run})"


def _before(found: Explanation, zone: ZoneInfo) -> str:
    if found.before is None:
        return " Nothing was proven before."
    what = setting_words(found.before.wanted or {})
    return f" The last that was proven is {what}, at {when(_ended(found.before), zone)}."


def _last_error(found: Explanation) -> str:
    failed = [run for run in found.tried if run.error and run.started_at <= found.at]
    if not failed:
        return ""
    attempts = f" ({len(failed)} attempts)" if len(failed) > 1 else ""
    return f" {failed[-1].error}{attempts}"


def _span(gap: Gap | None, zone: ZoneInfo) -> str:
    if gap is None:
        return ""
    start = f"from {when(gap.start, zone)} " if gap.start else ""
    end = f"to {when(gap.end, zone)}" if gap.end else "on, until now"
    return f"{start}{end}: {gap.why}"


def when(instant: datetime, zone: ZoneInfo) -> str:
    """An instant on the wall clock, with its day."""
    return f"{clock.localise(instant, zone):%a %Y-%m-%d %H:%M:%S}"


# --- JSON


def _wanted_json(wanted: WantedThen) -> dict[str, Any]:
    return {**as_json(wanted, "setting"), **wanted.setting}


def _run_json(run: RunView) -> dict[str, Any]:
    return {**run.to_json(), "steps": len(run.steps)}

"""What the audit knows of the present: its head, runs without an end, the setting in force."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, text

from scheduler import clock
from scheduler.audit.chain import Json
from scheduler.words import Outcome, Wake

CHANGING_STEPS: Final = frozenset({"write", "commit", "install"})
"""Steps after which a gateway's setting is unknown until it is read back. An explicit commit
counts, as firmware 1.43 applies the setting of the write before; so does a firmware change."""

_GOOD: Final = (Outcome.CONFIRMED, Outcome.UNCHANGED)
_DOUBTFUL: Final = (Outcome.UNCONFIRMED, Outcome.INTERRUPTED)


@dataclass(frozen=True, slots=True)
class Head:
    """The last entry and its hash, which vouches for all before it."""

    id: int
    hash: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """That a setting was sent, and waits to be confirmed."""

    at: datetime
    until: datetime
    detail: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class OpenRun:
    """A run with an intent and no outcome: at work in some process, or cut off."""

    run: int
    site: str
    kind: str
    name: str | None
    wake: Wake | None
    started_at: datetime
    detail: Mapping[str, Json]
    """Of the intent."""
    steps: tuple[str, ...]
    """The names of its steps so far."""
    accepted: Accepted | None = None


@dataclass(frozen=True, slots=True)
class Confirmed:
    """A setting that was read back equal, with nothing since that could have changed it."""

    run: int
    at: datetime
    """When it was confirmed."""
    name: str | None
    """The rule that wanted it."""
    mode: str
    reserve_percent: float
    hold_from: str | None
    """Where the reserve is a held one: when the hold began, as the detail has it."""
    detail: Mapping[str, Json]
    """Of the intent and the outcome together."""


@dataclass(frozen=True, slots=True)
class Last:
    """How a run ended."""

    run: int
    at: datetime
    outcome: Outcome
    detail: Mapping[str, Json]
    """Of the outcome."""


def head(connection: Connection) -> Head | None:
    """The last entry; None of an empty audit."""
    row = connection.execute(_HEAD).one_or_none()
    return None if row is None else Head(row.id, row.hash)


def last_at(connection: Connection) -> datetime | None:
    """The latest instant of any entry."""
    micros = connection.execute(_LAST_AT).scalar_one()
    return None if micros is None else clock.from_micros(micros)


def open_runs(connection: Connection) -> tuple[OpenRun, ...]:
    """Runs with an intent and no outcome, oldest first."""
    newest_first = connection.execute(_OPEN_RUNS).all()
    return tuple(_open_run(connection, row) for row in reversed(newest_first))


def _open_run(connection: Connection, row: Row[Any]) -> OpenRun:
    steps = connection.execute(_STEP_NAMES, {"run": row.run}).scalars()
    return OpenRun(
        run=row.run,
        site=row.site,
        kind=row.kind,
        name=row.name,
        wake=None if row.wake is None else Wake(row.wake),
        started_at=clock.from_micros(row.at),
        detail=json.loads(row.detail),
        steps=tuple(str(step) for step in steps),
        accepted=_accepted(connection, row.run),
    )


def _accepted(connection: Connection, run: int) -> Accepted | None:
    row = connection.execute(_ACCEPTED, {"run": run}).one_or_none()
    if row is None:
        return None
    detail = json.loads(row.detail)
    return Accepted(clock.from_micros(row.at), datetime.fromisoformat(detail["until"]), detail)


def last_confirmed(connection: Connection, gateway: str) -> Confirmed | None:
    """The newest switch on the gateway that ended confirmed or unchanged, unless a later run may
    have changed the setting, or saw another one.

    A later run may have changed it where it did not end well and did a changing step, ended
    unconfirmed or interrupted, or has not ended at all: a request is recorded as it ends, so one
    that was cut off left no step behind. Ask before the intent of a run of one's own.
    """
    newest_first = connection.execute(_RUNS_OF_GATEWAY, {"gateway": gateway})
    for row in newest_first:
        if row.kind == "switch" and row.outcome in _GOOD:
            newest_first.close()
            return _confirmed(row)
        if _leaves_doubt(connection, row):
            newest_first.close()
            return None
    return None


def write_in_doubt(connection: Connection, gateway: str) -> bool:
    """Whether a write on the gateway was begun and not seen to its end since the newest switch
    that ended confirmed or unchanged. Then a reading proves nothing: a gateway shows a setting
    that was sent before it is committed."""
    newest_first = connection.execute(_RUNS_OF_GATEWAY, {"gateway": gateway})
    for row in newest_first:
        good = row.kind == "switch" and row.outcome in _GOOD
        if good or _may_have_written(connection, row):
            newest_first.close()
            return not good
    return False


def _may_have_written(connection: Connection, row: Row[Any]) -> bool:
    if row.outcome is None or row.outcome in _DOUBTFUL:
        return True
    steps = connection.execute(_STEP_NAMES, {"run": row.run}).scalars()
    return not CHANGING_STEPS.isdisjoint(steps)


def _leaves_doubt(connection: Connection, row: Row[Any]) -> bool:
    if _may_have_written(connection, row):
        return True
    return row.kind == "switch" and json.loads(row.outcome_detail).get("observed") is not None


def _confirmed(row: Row[Any]) -> Confirmed | None:
    detail = together(json.loads(row.detail), json.loads(row.outcome_detail))
    wanted, hold_from = detail.get("wanted"), detail.get("hold_from")
    if not isinstance(wanted, dict):
        return None
    mode, reserve = wanted.get("mode"), wanted.get("reserve_percent")
    if not isinstance(mode, str) or not isinstance(reserve, int | float):
        return None
    return Confirmed(
        run=row.run,
        at=clock.from_micros(row.finished_at),
        name=row.name,
        mode=mode,
        reserve_percent=float(reserve),
        hold_from=hold_from if isinstance(hold_from, str) else None,
        detail=detail,
    )


def together(intent: Mapping[str, Any], outcome: Mapping[str, Any]) -> dict[str, Any]:
    """What a run's two ends say of it; the outcome knows better where it knows anything."""
    known = {key: value for key, value in outcome.items() if value is not None}
    return {**outcome, **intent, **known}


def last_outcome(connection: Connection, kind: str, name: str) -> Last | None:
    """The end of the newest run of this kind and name that has one."""
    row = connection.execute(_LAST_OUTCOME, {"kind": kind, "name": name}).one_or_none()
    if row is None:
        return None
    at = clock.from_micros(row.at)
    return Last(row.run, at, Outcome(row.outcome), json.loads(row.detail))


_HEAD: Final = text("SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1")

_LAST_AT: Final = text("SELECT max(at) FROM audit")

# A run ends once, so the counts tell how many are open, and the walk from the newest stops there:
# with none open, 7 ms among 90 909 runs in a million entries, where EXCEPT takes 19 ms or more.
_OPEN_RUNS: Final = text("""
SELECT i.run, i.site, i.kind, i.name, i.wake, i.at, i.detail FROM audit AS i
WHERE i.entry = 'intent'
  AND NOT EXISTS (SELECT 1 FROM audit AS o WHERE o.run = i.run AND o.entry = 'outcome')
ORDER BY i.run DESC LIMIT (
  SELECT (SELECT count(*) FROM audit WHERE entry = 'intent')
    - (SELECT count(*) FROM audit WHERE entry = 'outcome' AND run <> id))
""")

_STEP_NAMES: Final = text("""
SELECT json_extract(detail, '$.step') FROM audit WHERE run = :run AND entry = 'step' ORDER BY id
""")

_ACCEPTED: Final = text("""
SELECT at, detail FROM audit WHERE run = :run AND entry = 'event' AND name = 'accepted'
ORDER BY id DESC LIMIT 1
""")

_RUNS_OF_GATEWAY: Final = text("""
SELECT i.run, i.kind, i.name, i.detail, o.at AS finished_at, o.outcome,
  o.detail AS outcome_detail
FROM audit AS i LEFT JOIN audit AS o ON o.run = i.run AND o.entry = 'outcome'
WHERE i.entry = 'intent' AND json_extract(i.detail, '$.gateway') = :gateway
ORDER BY i.run DESC
""")

_LAST_OUTCOME: Final = text("""
SELECT o.run, o.at, o.outcome, o.detail
FROM audit AS f JOIN audit AS o ON o.run = f.run AND o.entry = 'outcome'
WHERE f.run = f.id AND f.kind = :kind AND f.name = :name
ORDER BY f.run DESC LIMIT 1
""")

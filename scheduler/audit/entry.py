"""One row of the audit to be: what it says, and what may never stand in it.

What stands in `detail`, by kind of entry:

    intent    see `intent.Intent`
    step      step, method, path, status, duration_ms, error
    outcome   see `intent.Ended`; hold_from (ISO) where a hold began; alone (missed, superseded,
              deferred) it brings the intent's keys itself
    evidence  evidence (accepted, a later reading, the effect), and what it shows
    event     what a reader needs
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Final

from scheduler import clock
from scheduler.audit.chain import Json, Row, canonical, storable
from scheduler.words import EntryKind, Outcome, Wake

_SECRET: Final = re.compile(r"passw|token|cookie|userrecord|authoriz|secret", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One row to be. `run` is the id of the run's first entry; an intent, or an outcome without
    `run`, begins a run of its own."""

    at: datetime
    entry: EntryKind
    kind: str
    run: int | None = None
    name: str | None = None
    wake: Wake | None = None
    outcome: Outcome | None = None
    detail: Mapping[str, Json] = field(default_factory=dict)


def prepared(site: str, entry: Entry) -> Row:
    """The columns of an entry, with no id yet. Raises ValueError for a naive `at`, for a detail
    that looks like a secret, and for an entry that cannot be (see `Entry`)."""
    _check(entry)
    return Row(
        id=0,
        at=clock.to_micros(entry.at),
        site=site,
        entry=entry.entry.value,
        kind=storable(entry.kind),
        run=entry.run,
        name=None if entry.name is None else storable(entry.name),
        wake=None if entry.wake is None else entry.wake.value,
        outcome=None if entry.outcome is None else entry.outcome.value,
        detail=canonical(entry.detail),
    )


def numbered(row: Row, number: int) -> Row:
    """The prepared row with its id; one that begins a run gives the run its number."""
    begins = row.run is None and row.entry in {EntryKind.INTENT, EntryKind.OUTCOME}
    return row._replace(id=number, run=number if begins else row.run)


def _check(entry: Entry) -> None:
    if entry.at.tzinfo is None:
        raise ValueError("an instant needs its zone")
    if (entry.entry is EntryKind.OUTCOME) != (entry.outcome is not None):
        raise ValueError("an outcome entry has an outcome, and no other has one")
    if entry.entry is EntryKind.INTENT and entry.run is not None:
        raise ValueError("an intent begins a run of its own")
    if entry.entry in {EntryKind.STEP, EntryKind.EVIDENCE} and entry.run is None:
        raise ValueError(f"a {entry.entry} belongs to a run")
    secret = _secret_key(entry.detail)
    if secret is not None:
        raise ValueError(f'"{secret}" looks like a secret, and none is kept in the audit')


def _secret_key(value: Json) -> str | None:
    """The last line of defence: the first key, however deep, that is named like a secret."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if _is_secret(key):
                return key
            found = _secret_key(inner)
            if found is not None:
                return found
        return None
    if isinstance(value, Sequence) and not isinstance(value, str):
        return next((key for key in map(_secret_key, value) if key is not None), None)
    return None


@lru_cache(maxsize=1024)
def _is_secret(key: str) -> bool:
    return _SECRET.search(re.sub(r"[^a-zA-Z]", "", key)) is not None

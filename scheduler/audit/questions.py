"""What is asked of the audit before something is done: its head, runs without an end, the setting
in force, the last reading. Each of one site, and each a few rows however long the history is.

Changes nothing, and reads while the service writes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, Connection, Row, func, literal_column, select

from scheduler import clock
from scheduler.audit.answers import (
    Accepted,
    Confirmed,
    Event,
    Head,
    OpenIncident,
    OpenRun,
    Told,
    Unjudged,
)
from scheduler.audit.chain import storable
from scheduler.audit.database import Database
from scheduler.audit.keeping import ACCEPTED
from scheduler.audit.readings import KeptReading, last_reading, readings
from scheduler.audit.table import audit, open_runs, standing
from scheduler.setting import setting_from_json
from scheduler.words import EntryKind, Wake

EFFECT: Final = "effect"
"""The evidence of a run that says whether the meters show it."""

# Written out and not bound: SQLite takes a partial index only for a constant it can see.
EVENT: Final[ColumnElement[str]] = literal_column("'event'")


@dataclass(frozen=True, slots=True)
class Questions:
    """What may be asked of one site. Every method raises AuditUnwritableError where the database
    cannot be used."""

    database: Database
    site: str

    def head(self) -> Head | None:
        """The site's last entry. Kept elsewhere (a journal, a report) it shows later whether the
        tail was cut off; see `Recorder.head_line`."""
        with self.database.reading() as connection:
            row = connection.execute(_HEAD.where(audit.c.site == self._site)).one_or_none()
        return None if row is None else Head(row.id, row.hash)

    def last_at(self) -> datetime | None:
        """The latest instant of any entry, which after a step of the clock is not the last's."""
        with self.database.reading() as connection:
            micros = connection.execute(_LAST_AT.where(audit.c.site == self._site)).scalar_one()
        return None if micros is None else clock.from_micros(micros)

    def open_runs(self) -> tuple[OpenRun, ...]:
        """Runs with an intent and no outcome, oldest first."""
        with self.database.reading() as connection:
            rows = connection.execute(_OPEN.where(open_runs.c.site == self._site)).all()
            return tuple(_open_run(connection, row) for row in rows)

    def last_confirmed(self, gateway: str) -> Confirmed | None:
        """The newest switch on the gateway that ended confirmed or unchanged, unless a later run
        may have changed the setting, or saw another one.

        A later run may have changed it where it did not end well and did a changing step, ended
        unconfirmed or interrupted, or has not ended at all: a request is recorded as it ends, so
        one that was cut off left no step behind. Ask before the intent of a run of one's own.
        """
        with self.database.reading() as connection:
            marks = self._marks(connection, gateway)
            good = 0 if marks is None else marks.confirmed
            if not good or max(marks.written, marks.seen) > good:  # type: ignore[union-attr]
                return None
            if self._newest_open(connection, gateway) > good:
                return None
            return _confirmed(connection, good)

    def write_in_doubt(self, gateway: str) -> bool:
        """Whether a write on the gateway was begun and not seen to its end since the newest switch
        that ended confirmed or unchanged. Then a reading proves nothing: a gateway shows a setting
        that was sent before it is committed."""
        with self.database.reading() as connection:
            marks = self._marks(connection, gateway)
            good, written = (0, 0) if marks is None else (marks.confirmed, marks.written)
            return max(written, self._newest_open(connection, gateway)) > good

    def unjudged(self, gateway: str, since: datetime) -> Unjudged | None:
        """The newest switch that was confirmed from `since` on and still stands, where the meters
        were not asked about its effect yet."""
        standing = self.last_confirmed(gateway)
        if standing is None:
            return None
        query = _WRITTEN.where(audit.c.site == self._site, audit.c.at >= clock.to_micros(since))
        with self.database.reading() as connection:
            row = connection.execute(query).one_or_none()
            if row is None or _effect_of(connection, row.run):
                return None
            found = _confirmed(connection, row.run)
        if found is None or found.setting != standing.setting:
            return None
        wake = None if row.wake is None else Wake(row.wake)
        return Unjudged(row.run, row.kind, row.name, wake, found.at, found.setting)

    def last_effect(self, gateway: str) -> Told | None:
        """What the meters said of the setting that stands: of the newest write of it, or of the one
        before where they were not asked again yet. None where they were not asked."""
        standing = self.last_confirmed(gateway)
        if standing is None:
            return None
        query = _WRITTEN.where(audit.c.site == self._site).limit(2)
        with self.database.reading() as connection:
            for number, row in enumerate(connection.execute(query).all()):
                found, told = _confirmed(connection, row.run), _effect_of(connection, row.run)
                if found is None or found.setting != standing.setting:
                    return None
                if told is not None:
                    return Told(found.setting, told, of_the_newest=number == 0)
        return None

    def schedule_texts(self, digest: str) -> Mapping[str, str] | None:
        """What was read of a schedule that was once in force, by its digest or the beginning of
        it: `text`, and of its tariff `tariff` and `tariff_text`. None where it is not known."""
        begins = (audit.c.name >= digest, audit.c.name <= digest + "~")
        query = _SCHEDULE.where(*begins, audit.c.site == self._site)
        with self.database.reading() as connection:
            detail = connection.execute(query).scalar()
        return None if detail is None else {k: str(v) for k, v in json.loads(detail).items()}

    def events(self, kind: str, since: datetime, until: datetime | None = None) -> list[Event]:
        """The events of a kind from an instant on, in the order in which they were kept."""
        query = _EVENTS.where(
            audit.c.kind == kind, audit.c.site == self._site, _at >= clock.to_micros(since)
        )
        if until is not None:
            query = query.where(_at < clock.to_micros(until))
        with self.database.reading() as connection:
            rows = connection.execute(query).all()
        return [
            Event(clock.from_micros(row.at), row.name or "", json.loads(row.detail)) for row in rows
        ]

    def firmware(self, until: datetime | None = None) -> str | None:
        """The gateway's firmware as last met, or before an instant."""
        query = _FIRMWARE.where(audit.c.site == self._site)
        if until is not None:
            query = query.where(_at < clock.to_micros(until))
        with self.database.reading() as connection:
            detail = connection.execute(query).scalar()
        found = None if detail is None else json.loads(detail).get("firmware")
        return found if isinstance(found, str) else None

    def open_incidents(self) -> tuple[OpenIncident, ...]:
        """The incidents that were opened and not closed, oldest first."""
        query = _INCIDENTS.where(audit.c.site == self._site)
        found: dict[int, OpenIncident] = {}
        with self.database.reading() as connection:
            for row in connection.execute(query):
                detail = json.loads(row.detail)
                if row.name == "opened":
                    since = datetime.fromisoformat(detail["since"])
                    reason, text = str(detail["reason"]), str(detail["text"])
                    found[row.id] = OpenIncident(row.id, reason, text, since)
                else:
                    found.pop(detail.get("incident"), None)
        return tuple(found.values())

    def proven_before(self, at: datetime, since: datetime) -> int | None:
        """The newest run that ended confirmed or unchanged before an instant; None where there is
        none from `since` on."""
        query = _PROVEN.where(
            audit.c.site == self._site,
            audit.c.at < clock.to_micros(at),
            audit.c.at >= clock.to_micros(since),
        )
        with self.database.reading() as connection:
            return connection.execute(query).scalar()

    def readings(self, since: datetime, until: datetime) -> list[KeptReading]:
        """What was read from `since` on and before `until`, oldest first."""
        with self.database.reading() as connection:
            return readings(connection, self._site, since, until)

    def last_reading(self) -> KeptReading | None:
        with self.database.reading() as connection:
            return last_reading(connection, self._site)

    @property
    def _site(self) -> str:
        return storable(self.site)

    def _marks(self, connection: Connection, gateway: str) -> Row[*tuple[Any, ...]] | None:
        at = (standing.c.site == self._site, standing.c.gateway == storable(gateway))
        return connection.execute(select(standing).where(*at)).one_or_none()

    def _newest_open(self, connection: Connection, gateway: str) -> int:
        query = _NEWEST_OPEN.where(
            open_runs.c.site == self._site, open_runs.c.gateway == storable(gateway)
        )
        return connection.execute(query).scalar_one() or 0


def together(intent: Mapping[str, Any], outcome: Mapping[str, Any]) -> dict[str, Any]:
    """What a run's two ends say of it; the outcome knows better where it knows anything."""
    known = {key: value for key, value in outcome.items() if value is not None}
    return {**outcome, **intent, **known}


def _open_run(connection: Connection, row: Row[*tuple[Any, ...]]) -> OpenRun:
    steps, accepted = [], None
    for each in connection.execute(_PARTS.where(audit.c.run == row.run)):
        detail = json.loads(each.detail)
        if each.entry == EntryKind.STEP:
            steps.append(str(detail.get("step")))
        elif detail.get("evidence") == ACCEPTED and row.confirm_until is not None:
            until = clock.from_micros(row.confirm_until)
            accepted = Accepted(clock.from_micros(each.at), until, detail)
    return OpenRun(
        run=row.run,
        site=row.site,
        kind=row.kind,
        name=row.name,
        wake=None if row.wake is None else Wake(row.wake),
        started_at=clock.from_micros(row.at),
        gateway=row.gateway,
        detail=json.loads(row.detail),
        steps=tuple(steps),
        accepted=accepted,
    )


def _effect_of(connection: Connection, run: int) -> Mapping[str, Any] | None:
    parts = connection.execute(_PARTS.where(audit.c.run == run))
    told = (json.loads(each.detail) for each in parts)
    return next((each for each in told if each.get("evidence") == EFFECT), None)


def _confirmed(connection: Connection, run: int) -> Confirmed | None:
    rows = connection.execute(_ENDS.where(audit.c.run == run).order_by(audit.c.id)).all()
    detail = together(*(json.loads(row.detail) for row in rows))
    setting = setting_from_json(detail.get("wanted") or {})
    if setting is None or isinstance(setting.reserve, str):
        return None
    hold_from = detail.get("hold_from")
    return Confirmed(
        run=run,
        at=clock.from_micros(rows[-1].at),
        name=rows[0].name,
        setting=setting,
        hold_from=hold_from if isinstance(hold_from, str) else None,
        detail=detail,
    )


# The plus keeps SQLite from walking through all of a site, or all since then, to have some events
# of it in order: they are few.
_id: Final[ColumnElement[int]] = literal_column("+id", BigInteger)
_at: Final[ColumnElement[int]] = literal_column("+at", BigInteger)
_outcome: Final = audit.c.outcome.concat("")  # as +id, for what is text

_HEAD: Final = select(audit.c.id, audit.c.hash).order_by(audit.c.id.desc()).limit(1)

_LAST_AT: Final = select(func.max(audit.c.at))

_OPEN: Final = (
    select(
        audit.c.run,
        audit.c.site,
        audit.c.kind,
        audit.c.name,
        audit.c.wake,
        audit.c.at,
        audit.c.detail,
        open_runs.c.gateway,
        open_runs.c.confirm_until,
    )
    .join_from(open_runs, audit, audit.c.id == open_runs.c.run)
    .order_by(open_runs.c.run)
)

_NEWEST_OPEN: Final = select(func.max(open_runs.c.run))

_PARTS: Final = (
    select(audit.c.at, audit.c.entry, audit.c.detail)
    .where(audit.c.entry.in_([EntryKind.STEP.value, EntryKind.EVIDENCE.value]))
    .order_by(audit.c.id)
)

_ENDS: Final = select(audit.c.at, audit.c.name, audit.c.detail).where(
    audit.c.entry.in_([EntryKind.INTENT.value, EntryKind.OUTCOME.value])
)

_SCHEDULE: Final = (
    select(audit.c.detail)
    .where(audit.c.entry == EVENT, audit.c.kind == "schedule")
    .order_by(audit.c.id)
    .limit(1)
)

_EVENTS: Final = (
    select(audit.c.at, audit.c.name, audit.c.detail).where(audit.c.entry == EVENT)
).order_by(_id)

_FIRMWARE: Final = (
    select(audit.c.detail)
    .where(audit.c.entry == EVENT, audit.c.kind == "gateway", audit.c.name == "firmware")
    .order_by(_id.desc())
    .limit(1)
)

_INCIDENTS: Final = (
    select(audit.c.id, audit.c.name, audit.c.detail)
    .where(audit.c.entry == EVENT, audit.c.kind == "incident")
    .order_by(_id)
)

# The plus keeps SQLite from gathering all that ever ended so: one walk back in time is enough.
_PROVEN: Final = (
    select(audit.c.run)
    .where(_outcome.in_(["confirmed", "unchanged"]))
    .order_by(audit.c.at.desc())
    .limit(1)
)

_WRITTEN: Final = (
    select(audit.c.run, audit.c.kind, audit.c.name, audit.c.wake)
    .where(_outcome == "confirmed", audit.c.kind == "switch")
    .order_by(audit.c.at.desc())
    .limit(1)
)

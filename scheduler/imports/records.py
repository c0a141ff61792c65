"""Which record of an OpenEI file is meant: one of them, by its label or by a date in its range."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from scheduler.imports import dates
from scheduler.imports.document import Json, Path, RateFile
from scheduler.imports.naming import plain

_BULK = ("energyratestrux", "energyweekdaysched", "energyweekendsched", "demandratestrux")
_WRAPPERS = ("items", "urdb_response", "rate", "record", "data", "response")
MARKS = ("energyratestructure", "energyweekdayschedule", "demandratestructure")


@dataclass(frozen=True, slots=True)
class Record:
    """One rate record, where it stands, and the dates it gives."""

    path: Path
    fields: dict[str, Json]
    start: date | None
    end: date | None

    @property
    def label(self) -> str:
        return plain(self.fields.get("label"), 40)

    @property
    def name(self) -> str:
        return plain(self.fields.get("name"))

    @property
    def utility(self) -> str:
        return plain(self.fields.get("utility"))

    def __str__(self) -> str:
        span = f"{self.start or 'unknown'}..{self.end or ''}"
        return f"{self.label or 'no label'} ({self.name or 'no name'}, {span})"

    def in_force(self, day: date) -> bool:
        return (self.start is None or self.start <= day) and (self.end is None or day <= self.end)

    def nearly_in_force(self, day: date) -> bool:
        """In force with a day of slack at both ends."""
        return (self.start is None or self.start <= day + dates.SLACK) and (
            self.end is None or day - dates.SLACK <= self.end
        )


def choose(document: RateFile, *, at: date | None, label: str | None) -> tuple[Record, list[str]]:
    """The record that is meant, and what to say of the choice. Raises ScheduleError."""
    records = _records(document)
    notes: list[str] = []
    if label is not None:
        records = _labelled(document, records, label)
    if len(records) > 1 and at is not None:
        records, notes = _in_force(document, records, at)
    if len(records) > 1:
        way_out = _way_out(at, label)
        message = f"The file holds {len(records)} records: {_listed(records)}. {way_out}"
        raise document.error(records[0].path[:-1], message, "several-eras")
    record = records[0]
    if at is not None and not record.nearly_in_force(at):
        notes.append(f"The record does not cover {at}: it is in force {_span(record)}.")
    return record, notes


def is_rate(data: Json) -> bool:
    """Whether data has the fields of an OpenEI record, in the API's or the bulk spelling."""
    found, _ = _unwrapped(data)
    several = found if isinstance(found, list) else [found]
    return any(isinstance(each, dict) and _has_fields(each) for each in several)


def _has_fields(fields: dict[str, Json]) -> bool:
    return _is_bulk(fields) or any(mark in fields for mark in MARKS)


def _is_bulk(fields: dict[str, Json]) -> bool:
    return any(
        key.lower() in _BULK or key.startswith(("energyratestructure/", "demandratestructure/"))
        for key in fields
    )


def _unwrapped(data: Json) -> tuple[Json, Path]:
    """The record or the list of records, and where it stands."""
    path: Path = ()
    while isinstance(data, dict) and not _has_fields(data):
        key = next((each for each in _WRAPPERS if isinstance(data.get(each), (dict, list))), None)
        if key is None:
            break
        data, path = data[key], (*path, key)
    return data, path


def _records(document: RateFile) -> list[Record]:
    data, base = _unwrapped(document.data)
    found: dict[str, Record] = {}
    for index, each in enumerate(data if isinstance(data, list) else [data]):
        path = (*base, index) if isinstance(data, list) else base
        if not isinstance(each, dict):
            raise document.error(path, "A rate record is expected here.", "record")
        if _is_bulk(each):
            message = (
                "This is the spelling of OpenEI's bulk files, which is not supported. "
                "Download the one rate as JSON from its page or from the API."
            )
            raise document.error(path, message, "bulk-form")
        found.setdefault(json.dumps(each, sort_keys=True), _record(path, each))
    return list(found.values())


def _record(path: Path, fields: dict[str, Json]) -> Record:
    start, end = (dates.read(fields.get(key)).day for key in ("startdate", "enddate"))
    return Record(path, fields, start, end)


def _labelled(document: RateFile, records: list[Record], label: str) -> list[Record]:
    found = [record for record in records if record.label == label.strip()]
    if not found:
        message = f'No record is labelled "{plain(label, 60)}". There are: {_listed(records)}.'
        raise document.error((), message, "no-such-record")
    return found


def _in_force(
    document: RateFile, records: list[Record], at: date
) -> tuple[list[Record], list[str]]:
    """Records in force on a day; of the eras of one plan the one that started last."""
    found = [record for record in records if record.in_force(at)]
    found = found or [record for record in records if record.nearly_in_force(at)]
    if not found:
        message = f"No record covers {at}. There are: {_listed(records)}."
        raise document.error((), message, "no-such-record")
    superseded = {plain(record.fields.get("supersedes"), 40) for record in found} - {""}
    found = [record for record in found if record.label not in superseded] or found
    if len(found) == 1 or len({(record.name, record.utility) for record in found}) > 1:
        return found, []
    newest = max(record.start or date.min for record in found)
    latest = [record for record in found if (record.start or date.min) == newest]
    others = _listed([record for record in found if record not in latest])
    if len(latest) > 1:
        return latest, []
    return latest, [f"On {at} the file has more than one record in force; left aside: {others}."]


def _way_out(at: date | None, label: str | None) -> str:
    if at is not None and label is not None:
        return "Keep one of them in the file."
    flags = " or ".join(["--label"] * (label is None) + ["--at"] * (at is None))
    return f"Choose one with {flags}."


def _listed(records: Sequence[Record]) -> str:
    shown = "; ".join(str(record) for record in records[:8])
    return shown + (f"; and {len(records) - 8} more" if len(records) > 8 else "")


def _span(record: Record) -> str:
    return f"{record.start or 'from an unknown day'}..{record.end or ''}"

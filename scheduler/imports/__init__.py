"""Rates of other programs as tariff files: OpenEI records and Tesla tariffs, from text to text.

Reads no file, no network and no clock. What a source cannot say is said in the notes.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from scheduler.errors import Place, Problem, ScheduleError
from scheduler.imports import places, records, tesla, tesla_body, urdb, writing
from scheduler.imports.document import MAX_BYTES, Json, RateFile, parse
from scheduler.imports.draft import TariffDraft
from scheduler.imports.naming import plain
from scheduler.schedule import source
from scheduler.schedule.tariff import Tariff
from scheduler.schedule.tariff_file import parse_tariff

__all__ = ["IMPORT_CHECKS", "LONGEST_NOTE", "MAX_BYTES", "Imported", "read"]

LONGEST_NOTE: Final = 600
_NOT_FOR_TESLA: Final = (
    "--at and --label choose among OpenEI records; a Tesla tariff has neither.",
)
_NOT_FOR_OPENEI: Final = ("--sunday-first is for Tesla tariffs; an OpenEI record names no days.",)
IMPORT_CHECKS: Final = {
    "bulk-form": "An OpenEI record is in the API's spelling, not in that of the bulk files.",
    "contradictory-rows": "No month has dearer hours at weekends than on any weekday.",
    "dangling-period": "Every cell of a schedule points at a period that exists.",
    "day-gap": "A Tesla season leaves no minute of the week out.",
    "day-overlap": "No minute of a Tesla season's week is covered twice.",
    "end-before-start": "A record ends after it starts, give or take a day.",
    "grid": "A schedule has twelve rows of twenty-four period numbers.",
    "duplicate-key": "No key stands twice in one object.",
    "json": "The file is JSON from its first to its last character.",
    "kind": "The file is an OpenEI rate or a Tesla tariff.",
    "legacy-form": "A Tesla tariff has seasons and labels, not the older list of targets.",
    "many": "A file with more than twenty problems: their number, then the first twenty.",
    "missing-rate": "Every tier of a used period has a rate.",
    "missing-schedule": "A record with several periods says when each of them holds.",
    "no-such-record": "A record has the label, or covers the date, that was asked for.",
    "period-time": "Days count from 0 to 6, times from 0:00 to 24:00.",
    "periods": "A Tesla season has labels, each with a list of periods.",
    "rates": "Rates are numbers, in lists where lists belong.",
    "record": "A list of records holds records.",
    "season-dates": "The months and days of a Tesla season are days of the year.",
    "season-gap": "The Tesla seasons leave no day of the year out.",
    "season-overlap": "No day belongs to two Tesla seasons.",
    "several-eras": "The file holds one record, or --at or --label chooses one.",
    "several-tariffs": "A file of Tesla's holds one tariff.",
    "timezone": "The zone that was given is an IANA name of a place.",
}
"""The ids of the problems that this room finds, and what each asks for."""


@dataclass(frozen=True, slots=True)
class Imported:
    """The text of a tariff file, an id for it, and what a person must know before using it."""

    tariff_yaml: str
    tariff: Tariff
    """What the text says; of an unknown zone, as if it were UTC."""
    suggested_id: str
    notes: tuple[str, ...]
    zone_known: bool = True
    """Where it is not, every reader refuses the file until its owner has written the zone."""


def read(
    text: str,
    file: str,
    *,
    at: date | None = None,
    label: str | None = None,
    timezone: str | None = None,
    today: date | None = None,
    sunday_first: bool = False,
) -> Imported:
    """The tariff file of a text that messages call `file`.

    `at` and `label` choose among several OpenEI records; `timezone` is an IANA name; with `today`
    a record that is over is told; `sunday_first` says that a Tesla tariff's day 0 is Sunday. Raises
    ScheduleError with places, and NothingToScheduleError where no price depends on the hour.
    """
    _recognise(text, file)
    document = parse(text, file)
    if tesla_body.is_tariff(document.data):
        draft = tesla.read(document, timezone=timezone, sunday_first=sunday_first)
        unused = _NOT_FOR_TESLA if at or label is not None else ()
    elif records.is_rate(document.data):
        draft = urdb.read(document, at=at, label=label, timezone=timezone, today=today)
        unused = _NOT_FOR_OPENEI if sunday_first else ()
    else:
        raise document.error((), _not_a_rate(document.data), "kind")
    notes = tuple(plain(note, LONGEST_NOTE) for note in (*draft.notes, *unused))
    draft = replace(draft, notes=notes)
    return _made(document, draft)


def _made(document: RateFile, draft: TariffDraft) -> Imported:
    """What is written is read back as any tariff file is. Raises ScheduleError."""
    text = writing.write(draft)
    if len(text.encode()) > source.MAX_BYTES:
        message = "This rate makes a tariff file that is too long to be read."
        raise document.error((), message, "kind")
    known = draft.zone.name != places.UNKNOWN
    in_utc = "timezone: UTC\nclock: utc"
    usable = text if known else text.replace(f"timezone: {places.UNKNOWN}", in_utc, 1)
    tariff = parse_tariff(usable, f"the tariff made of {document.file}")
    return Imported(text, tariff, draft.suggested_id, draft.notes, zone_known=known)


def _not_a_rate(data: Json) -> str:
    what = "It has none of their fields" if isinstance(data, dict) else "It holds no record"
    if isinstance(data, dict) and (error := data.get("error") or data.get("errors")):
        what = f"It answers a request that failed: {plain(json.dumps(error))}"
    return (
        "This JSON is neither an OpenEI rate (energyweekdayschedule, energyratestructure) nor a "
        f"Tesla tariff (seasons, energy_charges). {what}."
    )


def _recognise(text: str, file: str) -> None:
    """Refuse in one sentence what is not JSON at all."""
    start = text.lstrip("\ufeff \t\r\n")
    if start[:1] in ("{", "[", '"'):
        return
    message = _what_else(start)
    check = "bulk-form" if "bulk" in message else "kind"
    raise ScheduleError((Problem(Place(file, 1, 1), "", message, check),))


def _what_else(start: str) -> str:
    head = start[:4000].lower()
    wanted = "Give an OpenEI rate as JSON, or a Tesla tariff_content."
    if not start:
        return f"The file is empty. {wanted}"
    if "energyratestructure/" in head or "energyweekdayschedule" in head.partition("\n")[0]:
        return f"This is OpenEI's bulk file (CSV), which is not supported. {wanted}"
    if head.startswith(("<!doctype", "<html", "<?xml", "<")):
        return f"This is a web page, not JSON. {wanted}"
    if "\0" in head or "\ufffd" in head:
        return f"This is not text. {wanted}"
    return f"This is not JSON. {wanted}"

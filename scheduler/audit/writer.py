"""The way into the audit for all sites of a process: one thread, entries in their order.

An intent is on disk before the first request, the outcome when a run is over. Entries of many
sites that arrive together become one transaction; a commit of its own for each costs more than
the request it records (0.7 ms against 2 ms, on loopback).
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import Final, NamedTuple, TypeVar

from sqlalchemy import Connection

from scheduler.audit import keeping, readings
from scheduler.audit.chain import Row, storable
from scheduler.audit.database import Database
from scheduler.audit.entry import Entry, prepared
from scheduler.audit.faults import EntryRefusedError
from scheduler.audit.readings import KeptReading

T = TypeVar("T")

TOGETHER: Final = 2000
"""Parcels in one transaction at most: ten thousand intents at one boundary are five, and no other
writer waits longer than for one."""


class Parcel(NamedTuple):
    """Entries or readings that are kept together or not at all, and who waits for it."""

    rows: Sequence[Row]
    site: str
    readings: Sequence[KeptReading]
    done: Future[tuple[int, ...]]


class Writer:
    """Writes for all sites of the process. Lives as long as the process; `close` ends it."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="audit")
        self._waiting: deque[Parcel] = deque()
        self._lock = threading.Lock()

    def append(self, site: str, entries: Sequence[Entry]) -> Future[tuple[int, ...]]:
        """Hand in entries of a site; their ids once they are on disk. All of them or none.

        Raises ValueError at once for an entry that cannot be; the future raises
        AuditUnwritableError.
        """
        name = storable(site)
        return self._hand_in(name, [prepared(name, entry) for entry in entries], ())

    def read(self, site: str, found: Sequence[KeptReading]) -> Future[tuple[int, ...]]:
        """Hand in readings of a site. The future raises AuditUnwritableError."""
        return self._hand_in(storable(site), (), found)

    def ask(self, question: Callable[[], T]) -> Future[T]:
        """Run a question in the thread, after all that was handed in before."""
        return self._thread.submit(question)

    def close(self) -> None:
        """Finish what was handed in."""
        self._thread.shutdown(wait=True)

    def _hand_in(
        self, site: str, rows: Sequence[Row], found: Sequence[KeptReading]
    ) -> Future[tuple[int, ...]]:
        done: Future[tuple[int, ...]] = Future()
        # What was handed in is written, also where nobody waits for it any more.
        done.set_running_or_notify_cancel()
        with self._lock:
            first = not self._waiting
            self._waiting.append(Parcel(rows, site, found, done))
        if first:
            self._thread.submit(self._write)
        return done

    def _write(self) -> None:
        while parcels := self._next():
            _keep_together(self.database, parcels)

    def _next(self) -> list[Parcel]:
        with self._lock:
            parcels = list(islice(self._waiting, TOGETHER))
            for _ in parcels:
                self._waiting.popleft()
        return parcels


def keep(database: Database, site: str, entries: Sequence[Entry]) -> tuple[int, ...]:
    """Keep entries here and now, for a command that writes one; their ids. Raises as
    `Writer.append` and its future do."""
    name = storable(site)
    rows = [prepared(name, entry) for entry in entries]
    if not rows:
        return ()
    with database.writing() as connection:
        return keeping.append(connection, rows)


def _keep_together(database: Database, parcels: Sequence[Parcel]) -> None:
    """One transaction for all; each its own where one of them is refused, so that nobody's entry
    falls with another's."""
    try:
        with database.writing() as connection:
            numbers = _keep(connection, parcels)
    except EntryRefusedError as error:
        if len(parcels) == 1:
            parcels[0].done.set_exception(error)
            return
        for parcel in parcels:
            _keep_together(database, [parcel])
    except BaseException as error:  # noqa: BLE001 -- whoever waits is told, and the thread goes on
        for parcel in parcels:
            parcel.done.set_exception(error)
    else:
        for parcel, numbered in zip(parcels, numbers, strict=True):
            parcel.done.set_result(numbered)


def _keep(connection: Connection, parcels: Sequence[Parcel]) -> list[tuple[int, ...]]:
    rows = [row for parcel in parcels for row in parcel.rows]
    numbers = iter(keeping.append(connection, rows) if rows else ())
    for parcel in parcels:
        if parcel.readings:
            readings.keep(connection, parcel.site, parcel.readings)
    return [tuple(islice(numbers, len(parcel.rows))) for parcel in parcels]

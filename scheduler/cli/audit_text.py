"""Runs and entries of the audit as lines for a person. Asks nothing of the database."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

import click

from scheduler.audit.review import EntryView, RunView
from scheduler.cli.show import drawable, local_text
from scheduler.cli.table import Column, table
from scheduler.cli.times import span_words
from scheduler.setting import Mode
from scheduler.words import Outcome, Wake

# Sign, sign where the terminal has ASCII only, colour.
_SIGNS = {
    Outcome.CONFIRMED: ("✓", "+", "green"),
    Outcome.COMPLETED: ("✓", "+", "green"),
    Outcome.UNCHANGED: ("=", "=", "green"),
    Outcome.DRY_RUN: ("~", "~", "cyan"),
    Outcome.SUPERSEDED: ("»", ">", "cyan"),
    Outcome.DEFERRED: ("…", ".", "yellow"),
    Outcome.UNREACHABLE: ("!", "!", "yellow"),
    Outcome.UNCONFIRMED: ("?", "?", "yellow"),
    Outcome.INTERRUPTED: ("✗", "x", "red"),
    Outcome.MISSED: ("✗", "x", "red"),
    Outcome.REFUSED: ("✗", "x", "red"),
    Outcome.FAILED: ("✗", "x", "red"),
}
_AT_WORK = ("·", "-", "blue")


def on_simulation(run: RunView) -> bool:
    """Whether the run was on a simulated gateway."""
    return is_simulated(run.gateway)


def is_simulated(gateway: object) -> bool:
    """Whether the audit's name of a gateway is that of a simulated one."""
    return isinstance(gateway, str) and gateway.startswith("simulated")


def runs(shown: Sequence[RunView], zone: ZoneInfo) -> str:
    """One line per run, oldest first; what went wrong is indented below."""
    columns = (
        "run",
        "started",
        Column("wake", leave_out="late"),
        Column("wanted", wraps=True),
        Column("outcome", paint=_painted),
        Column("", wraps=True, leave_out="late"),
    )
    return table(
        [_run_cells(run, zone) for run in shown], columns, below=[[*_below(run)] for run in shown]
    )


def _painted(cell: str) -> str:
    sign = cell[:1]
    paint = next((paint for *signs, paint in _SIGNS.values() if sign in signs), None)
    return click.style(cell, fg=paint) if paint else cell


def _run_cells(run: RunView, zone: ZoneInfo) -> list[str]:
    fancy, plain, _ = _sign(run)
    sign = fancy if drawable("✓✗»…·") else plain
    return [
        f"#{run.run}",
        local_text(run.started_at, zone),
        run.wake or "-",
        _wanted(run),
        f"{sign} {run.outcome or 'at work'}",
        ", ".join(_remarks(run)),
    ]


def _sign(run: RunView) -> tuple[str, str, str]:
    try:
        return _SIGNS[Outcome(run.outcome or "")]
    except ValueError:
        return _AT_WORK


def _wanted(run: RunView) -> str:
    return run.kind if run.wanted is None else setting_words(run.wanted)


def setting_words(setting: Mapping[str, object]) -> str:
    """`Backup-only, 100 %`, from a mode and a reserve as the audit keeps them."""
    mode, reserve = str(setting.get("mode")), setting.get("reserve_percent")
    mode = Mode(mode).app_name if mode in list(Mode) else mode
    known = isinstance(reserve, int | float)
    return f"{mode}, {f'{reserve:g} %' if known else 'hold the charge'}"


def _remarks(run: RunView) -> Iterator[str]:
    if run.name:
        yield run.name
    if run.attempt is not None and run.attempt > 1:
        yield f"attempt {run.attempt}"
    if run.planned_at is not None and run.wake in (Wake.BOUNDARY, Wake.JOB):
        yield _lateness(run.started_at - run.planned_at)
    if run.finished_at is not None and run.steps:
        yield f"took {span_words(run.finished_at - run.started_at)}"


def _lateness(late: timedelta) -> str:
    return f"{span_words(-late)} early" if late < timedelta(0) else f"{span_words(late)} late"


def _below(run: RunView) -> Iterator[str]:
    if run.outcome == Outcome.MISSED and run.planned_at is not None:
        yield f"planned for {run.planned_at:%Y-%m-%d %H:%M:%S} UTC"
    if run.observed is not None and run.outcome == Outcome.UNCONFIRMED:
        yield f"the gateway shows {setting_words(run.observed)}"
    for text in (run.error, run.note):
        yield from (text or "").splitlines()


def entries(shown: Sequence[EntryView], zone: ZoneInfo) -> str:
    """One line per entry as it stands, oldest first."""
    columns = ("entry", "at", "what", "kind", "run", "name", "wake", "outcome", "detail")
    return table([_entry_cells(entry, zone) for entry in shown], columns)


def _entry_cells(entry: EntryView, zone: ZoneInfo) -> list[str]:
    return [
        f"#{entry.id}",
        local_text(entry.at, zone),
        entry.entry,
        entry.kind,
        f"#{entry.run}" if entry.run is not None else "-",
        entry.name or "-",
        entry.wake or "-",
        entry.outcome or "-",
        json.dumps(entry.detail, ensure_ascii=False, separators=(",", ":")),
    ]

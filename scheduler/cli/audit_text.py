"""Runs and entries of the audit as lines and cells for a person. Asks nothing of the database.

What a gateway once said is shown as printable characters only, whoever wrote it down.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import click

from scheduler import outside
from scheduler.audit.views import EntryView, RunView
from scheduler.cli.show import drawable, local_text
from scheduler.cli.table import Column, paragraph, printable, table, terminal_width
from scheduler.cli.times import count, span_words
from scheduler.plan import lease_from_json
from scheduler.setting import setting_words
from scheduler.site.leases import KIND, lease_words
from scheduler.words import Outcome, Wake

View = RunView | EntryView

# Sign, sign where the terminal has ASCII only, colour.
_SIGNS = {
    Outcome.CONFIRMED: ("✓", "+", "green"),
    Outcome.COMPLETED: ("✓", "+", "green"),
    Outcome.UNCHANGED: ("=", "=", "green"),
    Outcome.ACCEPTED: ("·", "-", "blue"),
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
_LONGEST = 2000
"""Characters of one text of a run's own page; a table shows fewer."""


def drawn(what: str, shown: Sequence[View], zone: ZoneInfo) -> str:
    if what == "runs":
        return runs([each for each in shown if isinstance(each, RunView)], zone)
    draw = events if what == "events" else entries
    return draw([each for each in shown if isinstance(each, EntryView)], zone)


def line(view: View, zone: ZoneInfo) -> str:
    return run_line(view, zone) if isinstance(view, RunView) else entry_line(view, zone)


def all_simulated(shown: Sequence[View]) -> bool:
    """Whether all that is shown was on simulated gateways; what names none does not count."""
    told = [each.simulated for each in shown if each.simulated is not None]
    return bool(told) and all(told)


def runs(shown: Sequence[RunView], zone: ZoneInfo) -> str:
    """One line per run, oldest first; what went wrong is indented below."""
    several = len({run.site for run in shown}) > 1
    mixed = not all_simulated(shown)
    columns: Sequence[Column | str] = (
        "run",
        "started",
        *([Column("site", leave_out="late")] if several else []),
        Column("wake", leave_out="late"),
        Column("wanted", wraps=True),
        Column("outcome", paint=_painted),
        Column("", wraps=True, leave_out="late"),
    )
    return table(
        [_run_cells(run, zone, several=several, mixed=mixed) for run in shown],
        columns,
        below=[[*_below(run)] for run in shown],
    )


def run_line(run: RunView, zone: ZoneInfo) -> str:
    cells = [cell for cell in _run_cells(run, zone, several=True, mixed=True) if cell != "-"]
    lines = [printable("  ".join(cells)), *(f"      {printable(each)}" for each in _below(run))]
    return "\n".join(lines)


def _painted(cell: str) -> str:
    sign = cell[:1]
    paint = next((paint for *signs, paint in _SIGNS.values() if sign in signs), None)
    return click.style(cell, fg=paint) if paint else cell


def _run_cells(run: RunView, zone: ZoneInfo, *, several: bool, mixed: bool) -> list[str]:
    return [
        f"#{run.run}",
        local_text(run.started_at, zone),
        *([run.site] if several else []),
        run.wake or "-",
        _wanted(run),
        _outcome_words(run),
        ", ".join(_remarks(run, mixed=mixed)),
    ]


def _outcome_words(run: RunView) -> str:
    try:
        fancy, plain, _ = _SIGNS[Outcome(run.outcome or "")]
    except ValueError:
        fancy, plain, _ = _AT_WORK
    return f"{fancy if drawable('✓✗»…·') else plain} {run.outcome or 'at work'}"


def _wanted(run: RunView) -> str:
    return run.kind if run.wanted is None else setting_words(run.wanted)


def _remarks(run: RunView, *, mixed: bool) -> Iterator[str]:
    if mixed and run.simulated:
        yield "SIMULATED"
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
        yield from (outside.said(line, limit=400) for line in (text or "").splitlines())


def one_run(run: RunView, zone: ZoneInfo) -> str:
    """All that is known of a run, from what was wanted to what came after."""
    parts = ["\n".join(paragraph(said, first=f"{key:<10}") for key, said in _facts(run, zone))]
    if run.steps:
        columns = ("at", "step", Column("request", leave_out="late"), "status", "took", _MORE)
        rows = [
            [
                f"{local_text(step.at, zone)[15:23]}",
                step.step,
                f"{step.method or ''} {step.path or ''}".strip(),
                str(step.status or "-"),
                "-" if step.duration_ms is None else f"{step.duration_ms:.0f} ms",
                outside.said(step.error or "", limit=400),
            ]
            for step in run.steps
        ]
        parts.append(table(rows, columns))
    if run.evidence:
        rows = [
            [local_text(each.at, zone), each.name, _detail(each.detail, {"evidence"})]
            for each in run.evidence
        ]
        parts.append(table(rows, ("at", "evidence", _MORE)))
    return "\n\n".join(parts)


_MORE = Column("", wraps=True)


def _facts(run: RunView, zone: ZoneInfo) -> Iterator[tuple[str, str]]:
    yield "run", f"#{run.run} of {printable(run.site)}"
    yield "what", printable(f"{run.kind}: {run.name}" if run.name else run.kind)
    if run.wanted is not None:
        yield "wanted", setting_words(run.wanted)
    attempt = f", attempt {run.attempt}" if run.attempt is not None and run.attempt > 1 else ""
    yield "wake", f"{run.wake or '-'}{attempt}"
    if run.planned_at is not None:
        late = _lateness(run.started_at - run.planned_at)
        yield "planned", f"{local_text(run.planned_at, zone)} ({late})"
    yield "started", local_text(run.started_at, zone)
    if run.finished_at is not None:
        took = span_words(run.finished_at - run.started_at)
        yield "ended", f"{local_text(run.finished_at, zone)} (took {took})"
    yield "outcome", _painted(_outcome_words(run))
    if run.observed is not None:
        yield "observed", setting_words(run.observed)
    if run.gateway is not None:
        mark = " (SIMULATED)" if run.simulated else ""
        yield "gateway", f"{outside.said(run.gateway)}{mark}"
    yield from _rest(run)


_TOLD = {"gateway", "planned_at", "attempt", "wanted", "observed", "error", "note"}


def _rest(run: RunView) -> Iterator[tuple[str, str]]:
    for key in ("error", "note"):
        if text := getattr(run, key):
            yield key, outside.said(text, limit=_LONGEST)
    for key, value in sorted(run.detail.items()):
        if key not in _TOLD and value is not None:
            yield printable(key), _value(value)


def events(shown: Sequence[EntryView], zone: ZoneInfo) -> str:
    """One line per event, oldest first; leases end on the clock of the zone."""
    columns = ("entry", "at", Column("site", leave_out="early"), "what", _MORE)
    rows = [
        [
            f"#{event.id}",
            local_text(event.at, zone),
            event.site,
            f"{event.kind} {event.name or ''}".strip() if event.kind != "schedule" else "schedule",
            _event_words(event, zone),
        ]
        for event in shown
    ]
    return table(rows, columns)


def _event_words(event: EntryView, zone: ZoneInfo) -> str:
    text = event.detail.get("text")
    if event.kind == "schedule" and isinstance(text, str):
        return f"{(event.name or '')[:16]}, {count(len(text.splitlines()), 'line')}"
    if event.kind == KIND and lease_from_json(event.detail) is not None:
        told = [event.detail.get(key) for key in ("how", "by")]
        how = ", ".join(str(each) for each in told if each)
        return outside.said(lease_words(event.detail, zone) + (f": {how}" if how else ""))
    return _detail(event.detail, set())


def _detail(detail: Mapping[str, object], without: set[str]) -> str:
    return "; ".join(
        f"{key}: {_value(value)}" for key, value in detail.items() if key not in without
    )


def _value(value: object) -> str:
    if isinstance(value, Mapping) and "mode" in value:
        return setting_words(value)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return outside.said(text, limit=_LONGEST)


def entries(shown: Sequence[EntryView], zone: ZoneInfo) -> str:
    columns = (
        "entry",
        "at",
        "what",
        "kind",
        "run",
        Column("name", wraps=True, leave_out="late"),
        Column("wake", leave_out="late"),
        Column("outcome", leave_out="late"),
        Column("detail", wraps=True, leave_out="late"),
    )
    return table([_entry_cells(entry, zone) for entry in shown], columns)


def entry_line(entry: EntryView, zone: ZoneInfo) -> str:
    return printable("  ".join(cell for cell in _entry_cells(entry, zone) if cell != "-"))


def _entry_cells(entry: EntryView, zone: ZoneInfo) -> list[str]:
    # A terminal can part the text at its blanks; a program reads it as it is hashed.
    separators = (",", ":") if terminal_width() is None else (", ", ": ")
    return [
        f"#{entry.id}",
        local_text(entry.at, zone),
        entry.entry,
        entry.kind,
        f"#{entry.run}" if entry.run is not None else "-",
        entry.name or "-",
        entry.wake or "-",
        entry.outcome or "-",
        _event_words(entry, zone)
        if entry.kind == "schedule" and terminal_width() is not None
        else json.dumps(entry.detail, ensure_ascii=False, separators=separators),
    ]


def row(view: View) -> dict[str, Any]:
    if isinstance(view, EntryView):
        return dict(view.to_json())
    wanted, observed = view.wanted or {}, view.observed or {}
    return {
        **view.to_json(),
        "wanted_mode": wanted.get("mode"),
        "wanted_reserve_percent": wanted.get("reserve_percent"),
        "observed_mode": observed.get("mode"),
        "observed_reserve_percent": observed.get("reserve_percent"),
        "steps": len(view.steps),
    }


_RUN = (
    *("run", "site", "kind", "name", "wake", "planned_at", "started_at", "finished_at", "outcome"),
    *("wanted_mode", "wanted_reserve_percent", "observed_mode", "observed_reserve_percent"),
    *("attempt", "error", "note", "gateway", "steps", "simulated"),
)
_ENTRY = (
    *("id", "at", "site", "entry", "kind", "run", "name", "wake", "outcome", "detail", "hash"),
    *("gateway", "simulated"),
)


def columns(what: str) -> tuple[str, ...]:
    """The columns of the CSV of runs, or of entries and events."""
    return _RUN if what == "runs" else _ENTRY

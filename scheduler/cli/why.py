"""`tou why`: what was wanted at an instant and by whom, what was tried, and what proves it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import click

from scheduler import clock, outside, settings
from scheduler.audit.database import Database
from scheduler.audit.views import RunView
from scheduler.cli.audit_question import asked, display_zone, life_of
from scheduler.cli.show import SIMULATION, echo_answer, format_option, local_text
from scheduler.cli.table import paragraph, printable
from scheduler.cli.times import count, parse_instant, span_words
from scheduler.outlets.evidence import evidence_words
from scheduler.outlets.explain import Explanation, explain, sentence, when
from scheduler.outlets.hindsight import hindsight
from scheduler.plan import Lease
from scheduler.setting import setting_words
from scheduler.settings import Settings

_LABEL = 11
_MOST_TRIED = 12


@click.command("why")
@click.option("--at", "at", metavar="T", default="now", show_default=True, help="The instant.")
@click.option("--site", metavar="NAME", help="Of which site, where there are several.")
@format_option()
def why_command(at: str, site: str | None, form: str) -> None:
    """Tell why the battery was as it was at T: what was wanted and by which rule or lease, what was
    tried, what proves it, and when nobody was watching.

    Reads the audit alone; needs neither the service nor the gateway.

    Example: tou why --at "yesterday 17:05"
    """
    chosen, now = settings.load(), clock.now()
    zone = display_zone(chosen)
    instant = parse_instant(at, now=now, zone=zone)
    if instant > now:
        raise click.UsageError("That is still to come. `tou plan` shows what will be wanted.")
    found = asked(chosen, lambda database: _explained(database, chosen, instant, now, site))
    local = clock.localise(instant, zone).isoformat()
    told = {**found.to_json(), "local": local, "answer": sentence(found, zone)}
    echo_answer(form, told, lambda: text(found, zone))


def _explained(
    database: Database, chosen: Settings, at: datetime, now: datetime, site: str | None
) -> Explanation:
    start, end = at - timedelta(days=1), min(at + timedelta(days=1), now + timedelta(seconds=1))
    life = life_of(chosen)
    return explain(hindsight(database, site or chosen.site, start, end, now=now, life=life), at)


def text(found: Explanation, zone: ZoneInfo) -> str:
    """The answer first, then what it rests on."""
    head = f"{local_text(found.at, zone)}, {found.facts.site}"
    simulated = (found.facts.gateway or "").startswith("simulated")
    rows = [
        paragraph(printable(value), first=f"{key:{_LABEL}}") for key, value in _rows(found, zone)
    ]
    answer = paragraph(printable(sentence(found, zone)))
    return "\n".join([*([SIMULATION] if simulated else []), head, answer, "", *rows])


def _rows(found: Explanation, zone: ZoneInfo) -> Iterator[tuple[str, str]]:
    yield from _wanted(found, zone)
    yield from _tried(found, zone)
    if found.proof is not None:
        yield from _evidence(found.proof, zone)
    if found.gap is None:
        yield "watched", "yes"
    if found.reading is not None:
        yield "battery", _reading(found, zone)
    yield from _things(found, zone)


def _wanted(found: Explanation, zone: ZoneInfo) -> Iterator[tuple[str, str]]:
    wanted = found.wanted
    if wanted is None:
        return
    since = f", since {when(wanted.since, zone)}" if wanted.since else ""
    until = f", until {when(wanted.until, zone)}" if wanted.until else ""
    yield "wanted", f"{setting_words(wanted.setting)}{since}{until}"
    if wanted.lease is not None:
        asked = when(wanted.lease.begun, zone)
        yield "by", f"an override{_who(wanted.lease)}, asked for at {asked}"
    else:
        line = f", line {wanted.line} of the schedule" if wanted.line else ""
        parts = ", ".join(x for x in (wanted.period, wanted.season, wanted.day_class) if x)
        yield "by", f'the rule "{wanted.rule}"{line}{f" ({parts})" if parts else ""}'
    if wanted.source == "run":
        yield "", "as a run of then had it; the schedule of then cannot be computed again"
    if found.pause is not None:
        yield "paused", f"until {when(found.pause.until, zone)}{_who(found.pause)}"
    for each in found.guards:
        text = outside.said(each.detail.get("text") or "")
        yield "guard", f"{each.name} since {when(each.at, zone)}: {text}"


def _who(lease: Lease) -> str:
    told = ": ".join(each for each in (lease.who, lease.reason) if each)
    return f" ({told})" if told else ""


def _tried(found: Explanation, zone: ZoneInfo) -> Iterator[tuple[str, str]]:
    if not found.tried:
        yield "tried", "nothing is on the record in that time"
        return
    shown = found.tried[:_MOST_TRIED]
    for number, run in enumerate(shown):
        yield ("" if number else "tried"), _run(run, zone)
    if len(found.tried) > len(shown):
        yield "", f"and {count(len(found.tried) - len(shown), 'more run')}: `tou audit` has them"


def _run(run: RunView, zone: ZoneInfo) -> str:
    what = run.name if run.kind == "switch" else f"{run.name} ({run.kind})"
    told = f"{when(run.started_at, zone)}  {run.outcome or 'at work'}  {what} (run {run.run})"
    return f"{told}: {outside.said(run.error)}" if run.error else told


def _evidence(run: RunView, zone: ZoneInfo) -> Iterator[tuple[str, str]]:
    ended = run.finished_at or run.started_at
    seen = f"the gateway showed {setting_words(run.observed)}" if run.observed else run.note
    late = ""
    if run.planned_at is not None:
        late = f", {span_words(max(ended - run.planned_at, timedelta(0)))} after its time"
    yield "proof", f"{seen or 'no reading'} at {when(ended, zone)}{late} (run {run.run})"
    for each in run.evidence:
        if each.name != "accepted":
            yield "", f"{each.name} at {when(each.at, zone)}: {evidence_words(each.detail)}"


def _reading(found: Explanation, zone: ZoneInfo) -> str:
    reading = found.reading
    assert reading is not None
    parts = [] if reading.charge is None else [f"charge {reading.charge:.0f} %"]
    for name, watts in (("battery", reading.battery_w), ("grid", reading.grid_w)):
        if watts is not None:
            parts.append(f"{name} {watts / 1000:+.1f} kW")
    return f"{', '.join(parts) or 'read'}, at {when(reading.at, zone)}"


def _things(found: Explanation, zone: ZoneInfo) -> Iterator[tuple[str, str]]:
    facts, then = found.facts, found.facts.then(found.at)
    firmware = f", firmware {facts.firmware}" if facts.firmware else ""
    yield "gateway", f"{outside.said(facts.gateway or 'not known')}{firmware}"
    name = then.schedule.name if then.schedule else "not readable"
    since = f", in force since {when(then.since, zone)} at the latest" if then.since else ""
    yield "schedule", f"{name} ({then.digest or 'digest not known'}){since}"
    if then.problem:
        yield "", then.problem

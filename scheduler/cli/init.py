"""`tou init`: a first schedule and its settings from a tariff and a purpose. Never overwrites."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import click

from scheduler import clock, imports, plan, recipes
from scheduler.cli import init_ask, init_files
from scheduler.cli.chosen import Found, every, find
from scheduler.cli.show import echo_json, format_option
from scheduler.cli.table import Column, table
from scheduler.cli.tariff import is_in
from scheduler.cli.tariff_import import read_source
from scheduler.errors import Problem
from scheduler.gateway.registry import TRANSPORTS, settings_of, transport
from scheduler.plan import Plan
from scheduler.plan.entry import entry_json
from scheduler.recipes import MOST_RESERVE, PURPOSES, Offered, Purpose
from scheduler.schedule import library
from scheduler.schedule.tariff import Tariff
from scheduler.schedule.values import Schedule
from scheduler.schedule.wording import did_you_mean, shown

GATEWAYS = tuple(dict.fromkeys(("simulated", *TRANSPORTS)))
_PURPOSE_HELP = "; ".join(f"{each.value}: {words}" for each, words in PURPOSES.items())
_COLUMNS = (Column("when"), Column("setting"), Column("rule", wraps=True))
_DAYS = 2


@dataclass(frozen=True, slots=True)
class _Chosen:
    """A tariff, how the schedule names it, and its text where it is written beside the schedule."""

    tariff: Tariff
    named: str
    text: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Options:
    """What the person gave; None where a step is still to be asked."""

    tariff: str | None
    utility: str | None
    region: str | None
    zone: str | None
    source: str | None
    timezone: str | None
    id: str | None
    purpose: str | None
    reserve: int | None
    gateway: str | None
    asks: bool


@click.command("init")
@click.option("--tariff", metavar="ID", help="A tariff by its id (tou tariff list), or a file.")
@click.option("--utility", metavar="U", help="Only tariffs of utilities whose name contains this.")
@click.option("--region", metavar="R", help="Only of this state, province or country.")
@click.option("--zone", metavar="Z", help="Only of zones whose name contains this.")
@click.option("--import", "source", metavar="FILE", help="A rate as JSON: as tou tariff import.")
@click.option("--timezone", metavar="Z", help="The IANA zone of the imported rate.")
@click.option("--id", metavar="ID", help="The id of the imported rate.")
@click.option(
    "--purpose", type=click.Choice([each.value for each in Purpose]), help=_PURPOSE_HELP + "."
)
@click.option(
    "--reserve",
    type=click.IntRange(0, MOST_RESERVE),
    metavar="PERCENT",
    help="What to keep for an outage, in the Tesla app's scale.  [default: 20]",
)
@click.option("--gateway", type=click.Choice(GATEWAYS), help="[default: simulated]")
@click.option("--example", metavar="NAME", help="Start from a shipped example instead.")
@click.option("--examples", is_flag=True, help="List the shipped examples.")
@click.option(
    "--into", type=click.Path(path_type=Path), default=Path(), metavar="FOLDER", help="Where to."
)
@click.option("--yes", is_flag=True, help="Write without asking; for scripts.")
@format_option()
def init_command(
    *, example: str | None, examples: bool, into: Path, yes: bool, form: str, **given: str | None
) -> None:
    """Write a first schedule and its settings, from a tariff and a purpose.

    Asks step by step in a terminal; what is given as an option is not asked. Shows what the
    battery would be told in two days before it writes home.yaml and settings.env, and never
    overwrites.

    Example: tou init --tariff sce-tou-d-4-9pm --purpose fill --into home --yes
    """
    if examples:
        _list_examples(form)
        return
    asks = not yes and form == "text" and sys.stdin is not None and sys.stdin.isatty()
    if not (asks or yes):
        raise click.UsageError(
            "Without a terminal nothing can be asked. Give --yes, with --tariff ID and --purpose "
            "or with --example NAME; tou tariff list shows the tariffs."
        )
    options = _Options(asks=asks, **given)  # type: ignore[arg-type]
    notes: tuple[str, ...] = ()
    if example is not None:
        gateway = _gateway(options)
        files = {init_files.SCHEDULE: _example_text(example)}
    else:
        chosen = _chosen(options, into)
        purpose = Purpose(options.purpose) if options.purpose else _purpose(options)
        reserve, gateway = _reserve(options), _gateway(options)
        files, notes = _made(chosen, purpose, reserve, gateway), chosen.notes
    files[init_files.SETTINGS] = init_files.settings_text(into / init_files.SCHEDULE, gateway)
    init_files.refuse_existing(into, files)
    _show_and_write(files, into, gateway, notes, form=form, asks=asks)


def _list_examples(form: str) -> None:
    found = {name: _headline(library.example(name)) for name in library.examples()}
    if form == "json":
        echo_json([{"name": name, "about": about} for name, about in found.items()])
        return
    rows = [[name, about] for name, about in found.items()]
    click.echo(table(rows, ("example", Column("about", wraps=True))))


def _headline(path: Path) -> str:
    """The first comment of an example, below the line that names its schema."""
    return path.read_text(encoding="utf-8").splitlines()[1].removeprefix("# ")


def _example_text(name: str) -> str:
    if name not in library.examples():
        guess = did_you_mean(name, library.examples())
        raise click.UsageError(
            f"There is no example {shown(name)}.{guess} tou init --examples lists them."
        )
    text = library.example(name).read_text(encoding="utf-8")
    return text.replace("$schema=../schedule", "$schema=schedule", 1)


def _made(chosen: _Chosen, purpose: Purpose, reserve: int, gateway: str) -> dict[str, str]:
    """The schedule's text, with that of a tariff of one's own."""
    text = recipes.schedule_text(chosen.tariff, chosen.named, purpose, reserve, _means(gateway))
    files = {} if chosen.text is None else {chosen.named: chosen.text}
    return {**files, init_files.SCHEDULE: text}


def _means(gateway: str) -> Offered:
    """What a gateway of this transport can be told, as far as is known before it is asked."""
    limits = transport(gateway).limits_of(settings_of(gateway).model_construct())
    return Offered(limits.grid_charging, export=bool(limits.exports))


def _beyond(schedule: Schedule, gateway: str) -> Iterator[str]:
    """What the schedule asks for that the gateway cannot do."""
    means, settings = _means(gateway), [rule.setting for rule in schedule.rules]
    asked = {
        "grid_charging": any(each.grid_charging for each in settings) and not means.grid_charging,
        "export": any(each.export for each in settings) and not means.export,
    }
    for key in (key for key, beyond in asked.items() if beyond):
        yield (
            f"This schedule sets {key}, which the gateway {gateway} cannot do: name another one in "
            f"TOU_GATEWAY before it runs, or remove the lines with {key}."
        )


def _gateway(options: _Options) -> str:
    if options.gateway is None and options.asks:
        return init_ask.gateway(GATEWAYS)
    return options.gateway or "simulated"


def _reserve(options: _Options) -> int:
    if options.reserve is None:
        return init_ask.reserve(MOST_RESERVE) if options.asks else 20
    return options.reserve


def _purpose(options: _Options) -> Purpose:
    if options.asks:
        return init_ask.purpose()
    raise click.UsageError(f"Give --purpose: {', '.join(Purpose)}. tou init --help explains them.")


def _chosen(options: _Options, into: Path) -> _Chosen:
    if options.source is not None:
        return _imported(options, options.source)
    found = find(options.tariff) if options.tariff else _filtered(options)
    if found.file is None:
        return _Chosen(found.tariff, f"{library.FOLDER}/{found.tariff.id}.yaml")
    name = options.id or found.file.stem
    named = f"{library.FOLDER}/{name}.yaml"
    if (into / named).exists() and (into / named).samefile(found.file):
        return _Chosen(found.tariff, named, None)
    library.refuse_hiding(into / named, library.ids())
    return _Chosen(found.tariff, named, found.file.read_text(encoding="utf-8"))


def _imported(options: _Options, source: str) -> _Chosen:
    shown_as = "stdin" if source == "-" else source
    today = clock.now().date()
    made = imports.read(read_source(source), shown_as, timezone=options.timezone, today=today)
    if not made.zone_known:
        raise click.UsageError(
            "The rate does not tell its time zone. Give --timezone, such as America/Los_Angeles."
        )
    named = f"{library.FOLDER}/{options.id or made.suggested_id}.yaml"
    library.refuse_hiding(Path(named), library.ids())
    return _Chosen(made.tariff, named, made.tariff_yaml, made.notes)


def _filtered(options: _Options) -> Found:
    """The one tariff that fits; of several one is asked for, or they are named."""
    wanted = (options.utility, options.zone)
    fitting = [
        each
        for each in every()
        if all(part is None or init_ask.fits(each, part) for part in wanted)
        and is_in(each.tariff, options.region)
    ]
    if len(fitting) == 1:
        return fitting[0]
    if options.asks and fitting:
        return init_ask.tariff(fitting)
    if any(wanted) or options.region:
        ids = ", ".join(str(each.tariff.id) for each in fitting[:20]) or "none"
        raise click.UsageError(f"Give --tariff ID. These fit: {ids}.")
    raise click.UsageError("Give --tariff ID; tou tariff list shows them.")


def _show_and_write(
    files: Mapping[str, str],
    into: Path,
    gateway: str,
    notes: Sequence[str],
    *,
    form: str,
    asks: bool,
) -> None:
    now = clock.now()
    beside = _beside(into) if init_files.SCHEDULE in files else {}
    schedule, doubts = init_files.tried({**beside, **files}, now)
    notes = (*notes, *_beyond(schedule, gateway))
    made = plan.plan(schedule, now, now + timedelta(days=_DAYS))
    if form == "json":
        echo_json(_answer(init_files.write(into, files), schedule, made, doubts, notes))
        return
    _show(schedule, made, doubts, notes)
    if asks and not click.confirm(f"Write {' and '.join(files)} into {into}?", default=True):
        click.echo("Nothing was written.")
        sys.exit(1)
    written = init_files.write(into, files)
    click.echo("".join(f"Written: {path}\n" for path in written) + _next(into, gateway))


def _beside(into: Path) -> dict[str, str]:
    return {
        f"{library.FOLDER}/{path.name}": path.read_text(encoding="utf-8")
        for path in library.own_files(into).values()
    }


def _answer(
    written: Sequence[Path],
    schedule: Schedule,
    made: Plan,
    doubts: Sequence[Problem],
    notes: Sequence[str],
) -> dict[str, object]:
    return {
        "written": [str(path) for path in written],
        "schedule": schedule.name,
        "tariff": schedule.tariff_name,
        "timezone": schedule.timezone,
        "notes": list(notes),
        "warnings": [each.message for each in doubts],
        "entries": [entry_json(schedule, entry) for entry in made.entries],
    }


def _show(schedule: Schedule, made: Plan, doubts: Sequence[Problem], notes: Sequence[str]) -> None:
    for words in (*notes, *(each.message for each in doubts)):
        click.echo(f"note: {words}")
    click.echo(f"{schedule.name} ({schedule.timezone}), the next {_DAYS} days:\n")
    rows = [
        [_when(schedule, entry.at), entry.setting.words() if entry.setting else "", entry.name]
        for entry in made.entries
    ]
    click.echo(f"{table(rows, _COLUMNS)}\n")


def _when(schedule: Schedule, at: datetime) -> str:
    return f"{clock.localise(at, schedule.calendar.display_zone):%a %Y-%m-%d %H:%M %Z}"


def _next(into: Path, gateway: str) -> str:
    schedule, settings = into / init_files.SCHEDULE, into / init_files.SETTINGS
    lines = [
        "Next:",
        f"  tou check {shlex.quote(str(schedule))}        after each edit",
        f"  tou plan --schedule {shlex.quote(str(schedule))} --days 7",
        f"  TOU_SETTINGS_FILE={shlex.quote(str(settings))} tou run        to try it here",
    ]
    if gateway == "simulated":
        lines.append(f"  once it does what you want: TOU_GATEWAY in {settings} names a real one")
    else:
        lines.append(f"  the gateway needs one more step: read {settings}")
    return "\n".join(lines)

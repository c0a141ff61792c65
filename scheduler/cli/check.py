"""`tou check`: read, lint, print all problems. Never needs the network."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from scheduler import clock, files, settings
from scheduler.cli import chosen
from scheduler.cli.show import echo_json, format_option, zone_data_words
from scheduler.cli.table import printable, terminal_width, wrapped
from scheduler.cli.times import count
from scheduler.errors import MOST_SHOWN, ConfigurationError, Problem, ScheduleError
from scheduler.plain import plain
from scheduler.schedule import zones

if TYPE_CHECKING:
    from scheduler.advice.limits import Allowed
    from scheduler.doctor import Signs

_HANG: Final = "    "


@click.command("check")
@click.argument("file", required=False)
@click.option("--strict", is_flag=True, help="Let warnings stop as errors do.")
@click.option("--online", is_flag=True, help="Ask the gateway too, as `tou doctor` does.")
@format_option()
def check_command(file: str | None, form: str, *, strict: bool, online: bool) -> None:
    """Read a schedule or a tariff and print its problems.

    FILE is a schedule, a tariff file, or the id of a tariff; without it, the schedule in force and
    the settings. Never needs the network, but with --online. Exit code 0, or 78 where there are
    errors, or with --strict warnings; with --online also as `tou doctor`.

    Example: tou check --strict schedules/home.yaml
    """
    path = chosen.file_of(file)
    failure: str | None = None
    problems: tuple[Problem, ...] = ()
    summary: dict[str, Any] = {}
    try:
        summary, problems = _read_tariff(path) if chosen.is_tariff(path) else _read_schedule(path)
    except ConfigurationError as error:
        if files.denied_in(error):
            raise
        problems = error.problems if isinstance(error, ScheduleError) else ()
        failure = "" if problems else str(error)
    stopping = ("error", "warning") if strict else ("error",)
    if failure is None and any(each.severity in stopping for each in problems):
        failure = ""
    gateways = _gateways(path) if online else None
    if form == "json":
        asked = {"gateways": [each.to_json() for each in gateways]} if gateways is not None else {}
        echo_json({**_answer(path, problems, failure, summary), **asked})
    else:
        _print(path, problems, failure, summary)
    code = 0 if failure is None else ConfigurationError.exit_code
    sys.exit(max(code, _told(gateways, form)))


def _told(gateways: tuple[Signs, ...] | None, form: str) -> int:
    """The exit code for what was found of the gateways, which is told where a person reads."""
    if gateways is None:
        return 0
    from scheduler.cli.doctor import lines
    from scheduler.doctor import exit_code

    if form == "text":
        click.echo("\n".join(lines((), gateways)))
    return exit_code(each for one in gateways for each in one.found)


def _gateways(path: Path) -> tuple[Signs, ...]:
    """What the gateways of the settings say to this schedule."""
    from scheduler.doctor import examine_all

    in_force = settings.load().model_copy(update={"schedule": path})
    return asyncio.run(examine_all(in_force))[1]


def _answer(
    path: Path, problems: tuple[Problem, ...], failure: str | None, summary: dict[str, Any]
) -> dict[str, Any]:
    return {
        "file": str(path),
        "ok": failure is None,
        "problems": plain(problems),
        **summary,
        "zone_data": zones.zone_data().to_json(),
        **({"error": failure} if failure else {}),
    }


def _read_tariff(path: Path) -> tuple[dict[str, Any], tuple[Problem, ...]]:
    from scheduler import advice
    from scheduler.schedule import source
    from scheduler.schedule.tariff_file import tariff_of

    document = source.compose(source.read_text(path, str(path)), str(path))
    tariff = tariff_of(document)
    today = clock.localise(clock.now(), tariff.display_zone).date()
    found = advice.tariff_advice(tariff, document, zones.zone_data(), today)
    return {"tariff": tariff.name, "timezone": tariff.timezone}, found


def _read_schedule(path: Path) -> tuple[dict[str, Any], tuple[Problem, ...]]:
    from scheduler import advice
    from scheduler.advice import limits
    from scheduler.schedule.load import load_schedule

    now = clock.now()
    loaded = load_schedule(path, now=now)
    schedule = loaded.schedule
    summary = {
        "schedule": schedule.name,
        "tariff": schedule.tariff_name,
        "timezone": schedule.timezone,
        "rules": len(schedule.rules),
        "jobs": len(schedule.jobs),
    }
    told = limits.settled(loaded, _allowed())
    found = (*told, *advice.advise(schedule, zones.zone_data(), now=now))
    return summary, tuple(sorted(found, key=lambda each: (each.place.line, each.place.column)))


def _allowed() -> list[Allowed]:
    """What the configured gateways allow; none where the settings are wrong, which is not
    what was asked."""
    from scheduler.advice import limits

    try:
        return limits.allowed_by(settings.load())
    except ConfigurationError:
        return []


def _print(
    path: Path, problems: tuple[Problem, ...], failure: str | None, summary: dict[str, Any]
) -> None:
    shown = _worst(problems)
    for problem in shown:
        click.echo(_line(str(problem)))
    if len(shown) < len(problems):
        more = count(len(problems) - len(shown), "more problem")
        click.echo(_line(f"And {more}; --format json tells all of them."))
    if failure:
        click.echo(_line(failure))
    counted, file = _counted(problems), printable(str(path))
    if failure is None:
        also = f", with {counted}" if counted else ""
        click.echo(_line(f"{file}: {_about(summary)[0]} is fine{also} ({_about(summary)[1]})."))
        click.echo(_line(f"zone data: {zone_data_words()}"))
    elif counted:
        click.echo(_line(f"{file}: {counted}."), err=True)


def _worst(problems: Sequence[Problem]) -> list[Problem]:
    """As many as a person reads, warnings left out first, in the order of the file."""
    if len(problems) <= MOST_SHOWN:
        return list(problems)
    numbered = sorted(enumerate(problems), key=lambda each: each[1].severity != "error")
    return [problem for _, problem in sorted(numbered[:MOST_SHOWN], key=lambda each: each[0])]


def _about(summary: dict[str, Any]) -> tuple[str, str]:
    """What the file is called, and its zone with the numbers of its rules and jobs."""
    name = printable(str(summary.get("schedule") or summary.get("tariff")))
    parts = [summary["timezone"]]
    if "rules" in summary:
        parts += [count(summary["rules"], "rule"), count(summary["jobs"], "job")]
    return name, ", ".join(parts)


def _line(text: str) -> str:
    """One line where a program reads; at a terminal wrapped at words."""
    width = terminal_width()
    if width is None:
        return printable(text)
    first, *more = wrapped(printable(text), width - len(_HANG))
    return "\n".join([first, *(_HANG + line for line in more)])


def _counted(problems: tuple[Problem, ...]) -> str:
    numbers = [
        (sum(each.severity == severity for each in problems), severity)
        for severity in ("error", "warning", "notice")
    ]
    return ", ".join(count(number, word) for number, word in numbers if number)

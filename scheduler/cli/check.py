"""`tou check`: read, lint, print all problems. Never needs the network."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scheduler import clock, files, settings
from scheduler.cli.show import echo_json, format_option, zone_data_json, zone_data_words
from scheduler.errors import ConfigurationError, Problem, ScheduleError, problem_lines
from scheduler.schedule import zones

if TYPE_CHECKING:
    from scheduler.schedule.document import Document


@click.command("check")
@click.argument("file", required=False, type=click.Path(path_type=Path, readable=False))
@click.option("--strict", is_flag=True, help="Let warnings stop as errors do.")
@format_option()
def check_command(file: Path | None, form: str, *, strict: bool) -> None:
    """Read a schedule (or a tariff file) and print all its problems.

    Without FILE: the schedule in force, and the settings. Exit code 0, or 78 where there are
    errors, or with --strict warnings. Example: tou check --strict schedules/home.yaml
    """
    path = file or settings.load().schedule_path
    failure: str | None = None
    problems: tuple[Problem, ...] = ()
    summary: dict[str, Any] = {}
    try:
        summary, problems = _read(path)
    except ScheduleError as error:
        problems, failure = error.problems, ""
    except ConfigurationError as error:
        if files.denied_in(error):
            raise
        failure = str(error)
    if failure is None and any(strict or each.severity == "error" for each in problems):
        failure = ""
    if form == "json":
        echo_json(_answer(path, problems, failure, summary))
    else:
        _print(path, problems, failure, summary)
    sys.exit(0 if failure is None else ConfigurationError.exit_code)


def _answer(
    path: Path, problems: tuple[Problem, ...], failure: str | None, summary: dict[str, Any]
) -> dict[str, Any]:
    return {
        "file": str(path),
        "ok": failure is None,
        "problems": [_as_json(problem) for problem in problems],
        **summary,
        "zone_data": zone_data_json(),
        **({"error": failure} if failure else {}),
    }


def _read(path: Path) -> tuple[dict[str, Any], tuple[Problem, ...]]:
    """What the file is, and what is doubtful about it."""
    from scheduler.schedule import source

    document = source.compose(source.read_text(path, str(path)), str(path))
    if isinstance(document.data, dict) and _is_tariff(document.data):
        return _read_tariff(document)
    return _read_schedule(path)


def _is_tariff(data: dict[str, object]) -> bool:
    return "windows" in data and "rules" not in data


def _read_tariff(document: Document) -> tuple[dict[str, Any], tuple[Problem, ...]]:
    from scheduler import advice
    from scheduler.schedule.tariff_file import tariff_of

    tariff = tariff_of(document)
    today = clock.localise(clock.now(), tariff.display_zone).date()
    found = advice.tariff_advice(tariff, document, zones.zone_data(), today)
    return {"tariff": tariff.name, "timezone": tariff.timezone}, found


def _read_schedule(path: Path) -> tuple[dict[str, Any], tuple[Problem, ...]]:
    from scheduler import advice
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
    found = (*loaded.warnings, *advice.advise(schedule, zones.zone_data(), now=now))
    return summary, tuple(sorted(found, key=lambda each: (each.place.line, each.place.column)))


def _print(
    path: Path, problems: tuple[Problem, ...], failure: str | None, summary: dict[str, Any]
) -> None:
    for line in problem_lines(problems):
        click.echo(line)
    if failure:
        click.echo(failure)
    counted = _counted(problems)
    if failure is None:
        words = summary.get("schedule") or summary.get("tariff")
        counts = f", {summary['rules']} rules, {summary['jobs']} jobs" if "rules" in summary else ""
        also = f", with {counted}" if counted else ""
        click.echo(f"{path}: {words} is fine{also} ({summary['timezone']}{counts}).")
        click.echo(f"zone data: {zone_data_words()}")
    elif counted:
        click.echo(f"{path}: {counted}.", err=True)


def _counted(problems: tuple[Problem, ...]) -> str:
    """`1 error, 2 warnings`; empty where there are none."""
    numbers = [
        (sum(each.severity == severity for each in problems), severity)
        for severity in ("error", "warning")
    ]
    return ", ".join(f"{count} {word}{'s' * (count != 1)}" for count, word in numbers if count)


def _as_json(problem: Problem) -> dict[str, Any]:
    return {
        "file": problem.place.file,
        "line": problem.place.line,
        "column": problem.place.column,
        "path": problem.path,
        "message": problem.message,
        "id": problem.id,
        "severity": problem.severity,
    }

"""`tou check`: read, lint, print all problems. Never needs the network."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from scheduler import clock, settings
from scheduler.cli.show import echo_json, format_option
from scheduler.errors import ConfigurationError, Problem, ScheduleError


@click.command("check")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@format_option()
def check_command(file: Path | None, form: str) -> None:
    """Read a schedule (or a tariff file) and print all its problems.

    Without FILE: the schedule in force, and the settings. Exit code 0, or 78 where there are
    errors. Example: tou check schedules/home.yaml
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
        failure = str(error)
    if form == "json":
        listed = [_as_json(problem) for problem in problems]
        echo_json(
            {
                "file": str(path),
                "ok": failure is None,
                "problems": listed,
                **summary,
                **({"error": failure} if failure else {}),
            }
        )
    else:
        _print(path, problems, failure, summary)
    sys.exit(0 if failure is None else ConfigurationError.exit_code)


def _read(path: Path) -> tuple[dict[str, Any], tuple[Problem, ...]]:
    """What the file is, and its warnings."""
    if _is_tariff(path):
        from scheduler.schedule.tariff_file import load_tariff

        tariff = load_tariff(path)
        return {"tariff": tariff.name, "timezone": tariff.timezone}, ()
    from scheduler.schedule.load import load_schedule

    loaded = load_schedule(path, today=clock.now().date())
    schedule = loaded.schedule
    summary = {
        "schedule": schedule.name,
        "tariff": schedule.tariff_name,
        "timezone": schedule.timezone,
        "rules": len(schedule.rules),
        "jobs": len(schedule.jobs),
    }
    return summary, loaded.warnings


def _is_tariff(path: Path) -> bool:
    from scheduler.schedule import source

    data = source.compose(source.read_text(path, str(path)), str(path)).data
    return isinstance(data, dict) and "windows" in data and "rules" not in data


def _print(
    path: Path, problems: tuple[Problem, ...], failure: str | None, summary: dict[str, Any]
) -> None:
    for problem in problems:
        click.echo(str(problem))
    if failure:
        click.echo(failure)
    if failure is not None:
        errors = sum(problem.severity == "error" for problem in problems)
        if errors:
            click.echo(f"{path}: {errors} {'error' if errors == 1 else 'errors'}.", err=True)
        return
    words = summary.get("schedule") or summary.get("tariff")
    counts = f", {summary['rules']} rules, {summary['jobs']} jobs" if "rules" in summary else ""
    click.echo(f"{path}: {words} is fine ({summary['timezone']}{counts}).")


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

"""Checks of jobs over the time to come."""

from __future__ import annotations

from collections.abc import Iterator

from scheduler.advice.outlook import Outlook, warning
from scheduler.errors import Problem
from scheduler.plan import wall
from scheduler.schedule.values import Job, JobKind


def firmware_in_peak(outlook: Outlook) -> Iterator[Problem]:
    """A firmware check is due outside the peak, or says allow_on_peak.

    Firmware checks due where they are not made; once for each job, with its first date.
    """
    for index, job in enumerate(outlook.schedule.jobs):
        if job.do is not JobKind.FIRMWARE_CHECK or job.allow_on_peak:
            continue
        due = [each for each in outlook.jobs if each.name == job.name]
        inside = [each for each in due if each.period in outlook.schedule.peak_periods]
        if not inside:
            continue
        first = inside[0]
        message = (
            f'"{job.name}" is due inside {first.period} {_times(len(inside), len(due))}, first on '
            f"{outlook.words(wall.floor_seconds(first.at))}, and is not made there. Choose "
            "another time, or write allow_on_peak: true."
        )
        yield warning(job, f"jobs[{index}].at", message, "firmware-in-peak")


def job_never_due(outlook: Outlook) -> Iterator[Problem]:
    """Every job is due at some time within the coming two years."""
    for index, job in enumerate(outlook.schedule.jobs):
        if job.name in outlook.due or outlook.over(job.condition):
            continue
        message = f'"{job.name}" is not due within two years: {_reason(job)}.'
        way_out = "Change its time or its conditions, or remove it."
        yield warning(job, f"jobs[{index}]", f"{message} {way_out}", "job-never-due")


def _times(inside: int, due: int) -> str:
    return "every time" if inside == due else f"{inside} of {due} times in the coming year"


def _reason(job: Job) -> str:
    if job.condition.always:
        return "the period it waits for has no such edge"
    return "none of its times meets all of its conditions"

"""The plan of the shipped SCE schedule: a year, ten years, and what a wake asks every time."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

from benchmarks.figure import Figure
from scheduler import plan
from scheduler.schedule import library
from scheduler.schedule.load import load_schedule
from scheduler.schedule.values import Condition, DateRange, Schedule

START = datetime(2026, 11, 23, 8, tzinfo=UTC)
YEAR = timedelta(days=366)
QUESTION_MS = 2.0
# Asked at every pulse of 30 s, of which an idle service may use 0.2 %, 60 ms: a third of that.
FAR_MS = 20.0
REPEATS = 5
ASKED = 200
"""Instants spread over a year at which each question of a wake is asked."""


def measure() -> list[Figure]:
    """Both budgets, the questions of a wake, and the worst that `next_boundary` can meet."""
    schedule = _shipped("sce-tou-d-a")
    # First, while nothing is cached: this is what `tou plan` pays.
    cold = _taken(lambda: plan.plan(schedule, START, START + YEAR)) * 1000
    return [
        _figure("plan: one year, the first time", cold, "ms", 50.0),
        _figure("plan: one year", _planned(schedule, 1) * 1000, "ms", 25.0),
        _figure("plan: ten years", _planned(schedule, 10), "s", 0.25),
        *_questions(schedule),
        _figure("plan: next_boundary, eleven months away", _far_away(schedule), "ms", FAR_MS),
    ]


def _shipped(name: str) -> Schedule:
    return load_schedule(library.shipped() / f"{name}.yaml").schedule


def _planned(schedule: Schedule, years: int) -> float:
    """Seconds: the median, with what the calendar and the zone remember."""
    return statistics.median(
        _taken(lambda: plan.plan(schedule, START, START + years * YEAR)) for _ in range(REPEATS)
    )


def _questions(schedule: Schedule) -> list[Figure]:
    questions: dict[str, Callable[[datetime], object]] = {
        "desired_at": lambda at: plan.desired_at(schedule, at),
        "next_boundary": lambda at: plan.next_boundary(schedule, at),
        "began_at": lambda at: plan.began_at(schedule, at),
        "next_job": lambda at: plan.next_job(schedule, at),
    }
    return [
        _figure(f"plan: {name}, median over a year", _median_ms(question), "ms", QUESTION_MS)
        for name, question in questions.items()
    ]


def _median_ms(question: Callable[[datetime], object]) -> float:
    instants = (START + YEAR * number / ASKED for number in range(ASKED))
    return 1000 * statistics.median(_taken(partial(question, at)) for at in instants)


def _far_away(schedule: Schedule) -> float:
    """Milliseconds to find the begin of a rule that holds on one date, eleven months from now."""
    date = (START + timedelta(days=330)).date()
    condition = Condition(dates=(DateRange(date, date),))
    rules = replace(schedule.rules[0], condition=condition), schedule.rules[-1]
    seldom = replace(schedule, rules=rules)
    return 1000 * statistics.median(
        _taken(lambda: plan.next_boundary(seldom, START)) for _ in range(REPEATS)
    )


def _taken(question: Callable[[], object]) -> float:
    begin = time.perf_counter()
    question()
    return time.perf_counter() - begin


def _figure(what: str, measured: float, unit: str, budget: float) -> Figure:
    return Figure(what, measured, unit, budget, measured <= budget)

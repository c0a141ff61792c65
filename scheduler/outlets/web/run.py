"""One run: what was wanted, each step, what proves it, why, and the rule's line as it was then."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any, Final

from starlette.requests import Request

from scheduler.audit import review
from scheduler.audit.views import RunView
from scheduler.outlets.evidence import evidence_words
from scheduler.outlets.explain import Explanation, explain, sentence
from scheduler.outlets.web.page import Desk, Facts, Page, missing, rendered
from scheduler.outlets.web.shapes import RUN_AND_WHY
from scheduler.outlets.web.source import Source

_AROUND: Final = timedelta(days=1)
_LINES: Final = 3
_LARGEST: Final = 2**63 - 1

Line = tuple[int, str, bool]
"""Its number, its text, whether the rule begins there."""


def facts(source: Source, number: int) -> dict[str, Any] | None:
    """What the template shows; None where there is no such run."""
    run = _found(source, number)
    if run is None:
        return None
    told = _explained(source, run)
    return {
        "page": "Audit",
        "run": run,
        "evidence": [(each.at, each.name, evidence_words(each.detail)) for each in run.evidence],
        "why": sentence(told, source.zone),
        "lines": lines(told),
        "attempts": [each for each in told.tried if each.kind == run.kind],
    }


def to_json(source: Source, number: int) -> dict[str, Any] | None:
    """The run as `tou audit RUN --format json`, with its why."""
    run = _found(source, number)
    if run is None:
        return None
    told = _explained(source, run)
    return {**run.to_json(), "why": {**told.to_json(), "answer": sentence(told, source.zone)}}


def lines(told: Explanation) -> list[Line]:
    """The rule in the schedule as it was then, with what stands around it."""
    text, at = told.facts.then(told.at).text, told.wanted.line if told.wanted else None
    if text is None or at is None:
        return []
    numbered = list(enumerate(text.splitlines(), 1))
    return [
        (number, line, number == at)
        for number, line in numbered[max(0, at - _LINES) : at + _LINES + 1]
    ]


def _found(source: Source, number: int) -> RunView | None:
    if not 0 < number <= _LARGEST:
        return None
    with source.audit() as database:
        run = review.run(database, number)
    return run if run and run.site == source.site else None


def _explained(source: Source, run: RunView) -> Explanation:
    at, now = run.finished_at or run.started_at, source.now()
    return explain(source.hindsight(at - _AROUND, min(at + _AROUND, now), now), at)


def _of_run(told: Callable[[Source, int], Facts | None], desk: Desk, request: Request) -> Facts:
    found = told(desk.source, request.path_params["number"])
    if found is None:
        raise missing("There is no such run. The audit lists those there are.")
    return found


PAGE: Final = Page(
    "/run/{number:whole}",
    rendered("run.html", partial(_of_run, facts)),
    "One run: steps, evidence, why, and the rule as it was then.",
    json="/run/{number:whole}.json",
    data=partial(_of_run, to_json),
    shape=RUN_AND_WHY,
)

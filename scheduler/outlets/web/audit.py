"""Runs with filters in the address, the newest first; a page ends at a run's number, not at a
count, so that nothing is shown twice or left out while new ones come.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from scheduler.audit import review
from scheduler.audit.views import RunView
from scheduler.outlets.web import address
from scheduler.outlets.web.page import Desk, Page, rendered
from scheduler.outlets.web.shapes import RUNS
from scheduler.outlets.web.source import Source
from scheduler.words import Outcome

SHOWN: Final = 50
MOST: Final = 1000
_FILTERS: Final = ("since", "until", "outcome", "name", "limit", "before")
_LARGEST: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page of runs, the newest first."""

    asked: Mapping[str, str]
    runs: Sequence[RunView]
    more: bool

    def link(self, form: str = "", **other: object) -> str:
        """The address of the same question with other words."""
        words = {**self.asked, **{key: str(value) for key, value in other.items() if value}}
        query = urlencode({key: words[key] for key in _FILTERS if words.get(key)})
        return f"/audit{form}{f'?{query}' if query else ''}"

    def following(self, form: str = "") -> str | None:
        """The address of the older ones; None where these are the oldest."""
        return self.link(form, before=self.runs[-1].run) if self.more else None


def facts(source: Source, query: Mapping[str, str]) -> dict[str, Any]:
    """What the template shows. Raises QuestionError for a filter that is none."""
    page = read(source, query)
    return {
        "page": "Audit",
        "asked": {name: page.asked.get(name, "") for name in _FILTERS},
        "runs": page.runs,
        "outcomes": [outcome.value for outcome in Outcome],
        "following": page.following(),
        "json": page.link(".json"),
        "csv": page.link(".csv"),
        "first": None if "before" not in page.asked else _first(page),
        "filtered": any(page.asked.get(name) for name in ("since", "until", "outcome", "name")),
        "simulated": bool(page.runs) and all(run.simulated for run in page.runs),
    }


def to_json(source: Source, query: Mapping[str, str]) -> dict[str, Any]:
    """The page of runs in the form of `tou audit --format json`, but the newest first."""
    page = read(source, query)
    return {"runs": [run.to_json() for run in page.runs], "next": page.following(".json")}


def to_csv(source: Source, query: Mapping[str, str]) -> tuple[str, str | None]:
    """The page of runs as CSV, and the address of the following one."""
    page = read(source, query)
    return source.sheet(page.runs), page.following(".csv")


def read(source: Source, query: Mapping[str, str]) -> Sheet:
    """The runs that fit; one more is asked for, which tells whether there are older ones. Raises
    QuestionError."""
    if unknown := sorted(set(query) - set(_FILTERS)):
        raise address.QuestionError(
            f'"{unknown[0]}" is no filter. There are {", ".join(_FILTERS)}.'
        )
    asked = {key: value.strip() for key, value in query.items() if value.strip()}
    since, until, outcome = (asked.get(key) for key in ("since", "until", "outcome"))
    if outcome and outcome not in [each.value for each in Outcome]:
        raise address.QuestionError(f'"{outcome}" is no outcome. There are {", ".join(Outcome)}.')
    limit = _number(asked, "limit", MOST) or SHOWN
    with source.audit() as database:
        found = review.runs(
            database,
            site=source.site,
            since=address.instant(since, source.zone) if since else None,
            until=address.instant(until, source.zone) if until else None,
            outcome=outcome,
            job=asked.get("name"),
            before=_number(asked, "before", _LARGEST),
            limit=limit + 1,
        )
    newest = found[::-1]
    return Sheet(asked, newest[:limit], len(newest) > limit)


def _first(page: Sheet) -> str:
    return Sheet({**page.asked, "before": ""}, (), more=False).link()


def _number(asked: Mapping[str, str], name: str, most: int) -> int | None:
    text = asked.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 20 and 1 <= int(text) <= most):
        raise address.QuestionError(f'{name}: "{text}" is no number from 1 to {most}.')
    return int(text)


def answer_csv(desk: Desk, request: Request) -> Response:
    """The same page of runs for a spreadsheet."""
    text, following = to_csv(desk.source, request.query_params)
    headers = {"Content-Disposition": 'attachment; filename="runs.csv"'}
    if following:
        headers["Link"] = f'<{following}>; rel="next"'
    return Response(text, media_type="text/csv", headers=headers)


_ASKS: Final = (
    ("since", "Runs that began then or later: a day, or a local or absolute time."),
    ("until", "Runs that began before then."),
    ("outcome", "Runs that ended so."),
    ("name", "Runs of a rule, a job or a kind."),
    ("limit", f"So many of them; {SHOWN}, and at most {MOST}."),
    ("before", "Runs with a smaller number."),
)
PAGE: Final = Page(
    "/audit",
    rendered("audit.html", lambda desk, request: facts(desk.source, request.query_params)),
    "Runs, the newest first, by filters in the address.",
    tab="Audit",
    json="/audit.json",
    data=lambda desk, request: to_json(desk.source, request.query_params),
    shape=RUNS,
    asks=_ASKS,
)
SHEET: Final = Page("/audit.csv", answer_csv, "The same runs for a spreadsheet.", asks=_ASKS)

"""What the pages' data looks like, in JSON Schema's words. Every key that is named is always there;
further ones may come with any version.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

Shape = Mapping[str, Any]

TEXT: Final[Shape] = {"type": "string"}
FLAG: Final[Shape] = {"type": "boolean"}
NUMBER: Final[Shape] = {"type": "number"}
WHOLE: Final[Shape] = {"type": "integer"}
AT: Final[Shape] = {"type": "string", "format": "date-time"}
DAY: Final[Shape] = {"type": "string", "format": "date"}
ANYTHING: Final[Shape] = {"type": "object"}


def of(**parts: Shape) -> Shape:
    """An object with these keys; a trailing underscore keeps Python from reading its own word."""
    named = {key.rstrip("_"): shape for key, shape in parts.items()}
    return {"type": "object", "required": list(named), "properties": named}


def each(shape: Shape) -> Shape:
    """A list."""
    return {"type": "array", "items": shape}


def maybe(shape: Shape) -> Shape:
    """Or null: not known, or not there."""
    return {"anyOf": [shape, {"type": "null"}]}


SETTING: Final = of(
    mode=TEXT, reserve_percent={"anyOf": [NUMBER, TEXT], "description": "App percent, or hold."}
)
STEP: Final = of(
    at=AT,
    step=TEXT,
    method=maybe(TEXT),
    path=maybe(TEXT),
    status=maybe(WHOLE),
    duration_ms=maybe(NUMBER),
    error=maybe(TEXT),
)
RUN: Final = of(
    run=WHOLE,
    site=TEXT,
    kind=TEXT,
    name=maybe(TEXT),
    wake=maybe(TEXT),
    planned_at=maybe(AT),
    started_at=AT,
    finished_at=maybe(AT),
    outcome=maybe(TEXT),
    wanted=maybe(ANYTHING),
    observed=maybe(ANYTHING),
    attempt=maybe(WHOLE),
    error=maybe(TEXT),
    note=maybe(TEXT),
    gateway=maybe(TEXT),
    simulated=maybe(FLAG),
    steps=each(STEP),
    evidence=each(ANYTHING),
)
WHY: Final = of(
    at=AT,
    site=TEXT,
    word=TEXT,
    answer=TEXT,
    wanted=maybe(ANYTHING),
    proof=maybe(ANYTHING),
    before=maybe(ANYTHING),
    tried=each(ANYTHING),
    pause=maybe(ANYTHING),
    guards=each(ANYTHING),
    leases=each(ANYTHING),
    watched=FLAG,
    gap=maybe(ANYTHING),
    reading=maybe(ANYTHING),
    gateway=ANYTHING,
    schedule=ANYTHING,
)
STATE: Final = of(
    site=TEXT,
    schedule=maybe(TEXT),
    timezone=TEXT,
    now=AT,
    health=of(
        ok=FLAG,
        word={"enum": ["good", "waiting", "attention", "failing"]},
        reasons=each(TEXT),
        details=each(of(id=TEXT, text=TEXT, since=maybe(AT), word=TEXT)),
    ),
    wanted=maybe(SETTING),
    confirmed=maybe(SETTING),
    next=maybe(ANYTHING),
    last_run=maybe(ANYTHING),
    gateway=of(name=TEXT, kind=TEXT, simulated=FLAG, reachable=maybe(FLAG), error=maybe(TEXT)),
    service=of(running=FLAG, since=maybe(AT), seen=maybe(AT), version=TEXT),
    dry_run=FLAG,
)
VERDICT: Final = of(
    ok=FLAG,
    word=TEXT,
    reasons=each(of(id=TEXT, text=TEXT, since=maybe(AT), word=TEXT, age_seconds=maybe(NUMBER))),
    confirmed_age_seconds=maybe(NUMBER),
    read_age_seconds=maybe(NUMBER),
)
SHOWN_DAY: Final = of(
    site=TEXT,
    day=DAY,
    timezone=TEXT,
    start=AT,
    end=AT,
    summary=TEXT,
    parted=each(of(from_=AT, to=AT)),
    stretches=each(of(from_=AT, to=AT, word=TEXT, wanted=maybe(TEXT), by=TEXT, proven=maybe(TEXT))),
    gaps=each(of(from_=maybe(AT), to=maybe(AT), why=TEXT)),
    runs=each(of(run=WHOLE, at=AT, outcome=TEXT)),
    powers=each(of(at=AT, solar_w=maybe(NUMBER), load_w=maybe(NUMBER), grid_w=maybe(NUMBER))),
    charge=each(of(at=AT, percent=NUMBER)),
    table=each(of(from_=TEXT, to=TEXT, what=TEXT, which=TEXT)),
    strip=each(of(day=DAY, kind=TEXT, runs=WHOLE, worst=maybe(TEXT), unwatched=FLAG)),
    why=maybe(WHY),
)
SHOWN_YEAR: Final = of(
    year=WHOLE,
    schedule=maybe(TEXT),
    days=each(
        of(
            date=DAY,
            weekday=TEXT,
            season=maybe(TEXT),
            day_class=TEXT,
            holiday=maybe(TEXT),
            observed=FLAG,
            hours=NUMBER,
            clock_change=maybe(TEXT),
            periods=each(of(start=TEXT, end=TEXT, period=TEXT)),
            differs=FLAG,
        )
    ),
    months=each(
        of(
            month=TEXT,
            due=maybe(WHOLE),
            wrong_minutes=maybe(NUMBER),
            unwatched_minutes=NUMBER,
        )
    ),
)
PROBLEM: Final = of(line=WHOLE, column=WHOLE, path=TEXT, message=TEXT, id=TEXT, severity=TEXT)
EDIT: Final = of(
    days_changed=WHOLE,
    first=maybe(ANYTHING),
    groups=each(
        of(
            from_time=TEXT,
            to_time=TEXT,
            old=SETTING,
            new=SETTING,
            days=WHOLE,
            first=DAY,
            last=DAY,
            weekdays=TEXT,
        )
    ),
    jobs=ANYTHING,
    summary=TEXT,
)
SHOWN_SCHEDULE: Final = of(
    schedule=of(
        name=maybe(TEXT),
        digest=maybe(TEXT),
        since=maybe(AT),
        text=maybe(TEXT),
        problem=maybe(TEXT),
    ),
    problems=each(PROBLEM),
    edit=maybe(EDIT),
    file=maybe(of(file=TEXT, problems=each(PROBLEM), told=each(TEXT), edit=maybe(EDIT))),
    tariff=maybe(
        of(
            name=TEXT,
            timezone=TEXT,
            seasons=each(of(season=TEXT, dates=each(TEXT), rows=each(ANYTHING))),
        )
    ),
)
RUNS: Final = of(runs=each(RUN), next=maybe(TEXT))
RUN_AND_WHY: Final = {"allOf": [RUN, of(why=WHY)]}
FILES: Final = of(files={"type": "object", "additionalProperties": TEXT})
ERROR: Final = of(error=TEXT)

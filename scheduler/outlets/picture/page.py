"""Days of pictures with their tables as one HTML file that needs nothing beside itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from html import escape
from typing import Final

from scheduler import clock
from scheduler.outlets.picture.day import DayPicture
from scheduler.outlets.picture.svg import KINDS, draw

Row = tuple[str, str, str, str]
"""From, to, what, which."""
_Told = tuple[datetime | None, datetime | None, str]

_OFTEN: Final = timedelta(minutes=30)

_STYLE: Final = """\
:root{color-scheme:light dark;--ink:#1d2733;--soft:#6b7785;--line:#dfe4ea;--paper:#fff;
--bad:#b3261e;--good:#2e7d4f;--doubt:#b26a00}
@media screen and (prefers-color-scheme:dark){:root{--ink:#e4e9ef;--soft:#96a2af;--line:#2c3640;
--paper:#12181f;--bad:#f2857c;--good:#69c08b;--doubt:#e5a54b}}
body{font:15px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif;color:var(--ink);
background:var(--paper);max-width:1040px;margin:0 auto;padding:28px 20px 60px}
h1{font-size:24px;margin:0 0 4px}h2{font-size:17px;margin:38px 0 6px}p{margin:0 0 8px}
.soft{color:var(--soft)}svg{width:100%;height:auto;display:block}summary{cursor:pointer;color:var(--soft)}
table{border-collapse:collapse;width:100%;font-size:13px;margin-top:8px}
th,td{text-align:left;padding:3px 10px 3px 0;border-bottom:1px solid var(--line);vertical-align:top}
th{color:var(--soft);font-weight:500}td:first-child,td:nth-child(2){white-space:nowrap;
font-variant-numeric:tabular-nums}.bad{color:var(--bad)}.doubt{color:var(--doubt)}
.good{color:var(--good)}
.key{display:inline-block;margin-right:18px}.key i{display:inline-block;width:22px;margin-right:6px;
vertical-align:middle}
@media print{h2{break-after:avoid}section{break-inside:avoid}}"""
_KEYS: Final = (
    '<span class="key"><i style="border-top:11px solid #b9c8dc"></i>wanted</span>'
    '<span class="key"><i style="border-top:3px solid #1f5fa8"></i>proven by reading back</span>'
    '<span class="key"><i style="border-top:11px solid #b3261e;opacity:.25"></i>apart</span>'
    '<span class="key">● confirmed or unchanged &nbsp; ■ waiting &nbsp; ▲ in doubt &nbsp; ✕ a '
    "person should look</span>"
)


def page(title: str, days: Sequence[DayPicture], *, note: str = "") -> str:
    """The whole file."""
    body = "".join(_section(each) for each in days) or "<p>There is nothing in that time.</p>"
    told = f'<p class="soft">{escape(note)}</p>' if note else ""
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; style-src '
        "'unsafe-inline'\">"
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>"
        f'<h1>{escape(title)}</h1>{told}<p class="soft">{_KEYS}</p>{body}</body></html>\n'
    )


def _section(day: DayPicture) -> str:
    local = clock.localise(day.start, day.zone)
    head = f"{local:%A} {local:%Y-%m-%d}"
    rows = "".join(_row(each) for each in table(day))
    return (
        f"<section><h2>{head}</h2><p>{escape(summary(day))}</p>{draw(day)}<details><summary>"
        "The same as a table</summary><table><thead><tr><th>from</th><th>to</th><th>what</th>"
        f"<th>which</th></tr></thead><tbody>{rows}</tbody></table></details></section>"
    )


def summary(day: DayPicture) -> str:
    """A day in a sentence."""
    apart = sum((end - start).total_seconds() for start, end in day.parted())
    gone = sum((g.end - g.start).total_seconds() for g in day.gaps if g.start and g.end)
    bad = [mark for mark in day.marks if KINDS.get(mark.outcome) in {"bad", "doubt"}]
    parts = [
        f"{_span(apart)} known not to be as wanted" if apart else "",
        f"{_span(gone)} with nobody watching" if gone else "",
        f"{len(bad)} of {len(day.marks)} runs did not end well" if bad else "",
    ]
    told = "; ".join(part for part in parts if part)
    return f"{told[:1].upper()}{told[1:]}." if told else "As wanted, as far as is known."


def table(day: DayPicture) -> list[Row]:
    """What the picture shows, by instant."""
    rows = sorted(_rows(day), key=lambda row: row[0])
    return [row[1] for row in rows]


def _rows(day: DayPicture) -> Iterator[tuple[float, Row]]:
    spans: Iterable[tuple[str, Iterable[_Told]]] = (
        ("period", ((b.start, b.end, b.name.replace("_", " ")) for b in day.bands)),
        ("wanted", ((s.start, s.end, f"{s.setting} ({s.by})") for s in day.wanted)),
        ("proven", ((s.start, s.end, f"{s.setting} ({s.by})") for s in day.proven)),
        ("not as wanted", ((start, end, "") for start, end in day.parted())),
        ("nobody watching", ((g.start, g.end, g.why) for g in day.gaps)),
        ("paused", day.pauses),
        ("run", ((m.at, None, f"{m.outcome}: {m.text}, run {m.run}") for m in day.marks)),
        ("charge", ((at, None, f"{charge:.0f} %") for at, charge in _now_and_then(day))),
    )
    for what, found in spans:
        for start, end, which in found:
            if start is not None:
                yield start.timestamp(), (_time(day, start), _time(day, end), what, which)


def _now_and_then(day: DayPicture) -> Iterator[tuple[datetime, float]]:
    """The first charge of each half hour: a table is read line by line."""
    last = None
    for at, charge in day.charge:
        if last is None or at - last >= _OFTEN:
            yield at, charge
            last = at


def _time(day: DayPicture, at: datetime | None) -> str:
    if at is None:
        return ""
    return "24:00:00" if at == day.end else f"{clock.localise(at, day.zone):%H:%M:%S}"


def _row(row: Row) -> str:
    outcome = row[3].split(":")[0] if row[2] == "run" else ""
    kind = KINDS.get(outcome, "") if outcome else ""
    word = "bad" if row[2] == "not as wanted" else kind
    cells = "".join(f"<td>{escape(cell)}</td>" for cell in row)
    return f'<tr class="{word}">{cells}</tr>' if word else f"<tr>{cells}</tr>"


def _span(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"

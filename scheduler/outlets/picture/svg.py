"""The drawing: one SVG that needs nothing from outside and no script.

From top to bottom: the periods of the tariff; a step line for what was wanted, and a thinner one
within it for what was proven, which leaves it where the two differ; the runs; the charge.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from html import escape
from typing import Final

from scheduler import clock
from scheduler.outlets.picture.day import DayPicture, Mark, Span

WIDTH: Final = 960
_LEFT, _RIGHT = 150, 14
_BAND, _LEVEL, _CHARGE = 26, 34, 64
_HOUR: Final = timedelta(hours=1)

KINDS: Final = {
    "confirmed": "good", "unchanged": "good", "completed": "good",
    "accepted": "waiting", "at work": "waiting", "deferred": "waiting",
    "unreachable": "doubt", "unconfirmed": "doubt",
    "refused": "bad", "failed": "bad", "interrupted": "bad", "missed": "bad",
}  # fmt: skip
"""The class of an outcome; any other is `quiet`."""
_SHAPES: Final = {
    "good": '<circle r="5"/>',
    "waiting": '<rect x="-4.5" y="-4.5" width="9" height="9" rx="1"/>',
    "doubt": '<path d="M0-6 6 5H-6Z"/>',
    "bad": '<path d="M-5-5 5 5M5-5-5 5"/>',
    "quiet": '<path d="M0-5 5 0 0 5-5 0Z"/>',
}

STYLE: Final = """\
.day{--ink:#1d2733;--soft:#6b7785;--line:#dfe4ea;--want:#b9c8dc;--proof:#1f5fa8;--good:#2e7d4f;
--waiting:#5b6b7d;--doubt:#b26a00;--bad:#b3261e;--quiet:#8793a1;--apart:#b3261e;--paper:#fff;
--charge:#5b8c5a;font:12px system-ui,-apple-system,"Segoe UI",sans-serif;color:var(--ink)}
@media (prefers-color-scheme:dark){.day{--ink:#e4e9ef;--soft:#96a2af;--line:#2c3640;--want:#3d5069;
--proof:#7db4f0;--good:#69c08b;--waiting:#9aa8b7;--doubt:#e5a54b;--bad:#f2857c;--quiet:#76828f;
--apart:#f2857c;--paper:#12181f;--charge:#8cc08b}}
.day text{fill:var(--ink)}.day .soft{fill:var(--soft)}.day .grid{stroke:var(--line)}
.day .want{stroke:var(--want);stroke-width:13;fill:none;stroke-linejoin:round}
.day .proof{stroke:var(--proof);stroke-width:3.5;fill:none;stroke-linejoin:round}
.day .apart{fill:var(--apart);opacity:.16}
.day .charge{stroke:var(--charge);fill:none;stroke-width:2}
.day .over{paint-order:stroke;stroke:var(--paper);stroke-width:5;stroke-linejoin:round}
.day .gap{fill:url(#unwatched)}.day .gapline{stroke:var(--soft);stroke-dasharray:2 3}
.day .ahead{fill:var(--paper);opacity:.55}.day .now{stroke:var(--ink)}
.day .pause{fill:var(--waiting);opacity:.14}
.day .band{stroke:var(--paper)}.day .m-good{fill:var(--good)}.day .m-waiting{fill:var(--waiting)}
.day .m-doubt{fill:var(--doubt)}.day .m-bad{stroke:var(--bad);stroke-width:2.5;fill:none}
.day .m-quiet{fill:var(--quiet)}"""

_TONES: Final = {
    "super_off_peak": "#cfe3d6", "off_peak": "#dce7ef", "partial_peak": "#f3e3c0",
    "mid_peak": "#f3e3c0", "shoulder": "#f3e3c0", "on_peak": "#f2c9bd", "critical_peak": "#e8a99b",
}  # fmt: skip
_OTHER_TONE: Final = "#e3e3ea"


def draw(day: DayPicture, *, link: Callable[[int], str] | None = None) -> str:
    """The picture as an SVG element. `link` makes the address of a run."""
    levels = _levels(day)
    top = _BAND + 16
    bottom = top + _LEVEL * max(1, len(levels))
    marks = bottom + 20
    foot = marks + 16 + (_CHARGE + 14 if day.charge else 0)
    parts = [
        _defs(),
        *_pauses(day, top, bottom),
        *_hours(day, top - 6, foot),
        *_bands(day),
        *_apart(day, levels, top),
        *_names(levels, top),
        _steps(day, day.wanted, levels, top, "want"),
        _steps(day, day.proven, levels, top, "proof"),
        *_gaps(day, top - 8, foot),
        *_marks(day, marks, link),
        *(_charge(day, marks + 16) if day.charge else ()),
        *_ahead(day, top - 8, foot),
    ]
    label = escape(_label(day))
    role = "group" if link else "img"  # an image may not have links in it
    return (
        f'<svg class="day" viewBox="0 0 {WIDTH} {foot + 22}" role="{role}" aria-label="{label}" '
        f'xmlns="http://www.w3.org/2000/svg"><style>{STYLE}</style>{"".join(parts)}</svg>'
    )


def _label(day: DayPicture) -> str:
    local = clock.localise(day.start, day.zone)
    apart = len(day.parted())
    told = f"{apart} times apart" if apart else "never apart"
    return f"{local:%A %Y-%m-%d}: wanted and proven {told}, {len(day.marks)} runs"


def _x(day: DayPicture, at: datetime) -> float:
    share = (at - day.start) / (day.end - day.start)
    return round(_LEFT + min(max(share, 0.0), 1.0) * (WIDTH - _LEFT - _RIGHT), 1)


def _time(day: DayPicture, at: datetime) -> str:
    return f"{clock.localise(at, day.zone):%H:%M:%S}"


def _between(day: DayPicture, start: datetime, end: datetime) -> str:
    return f"{_time(day, start)} to {_time(day, end)}"


def _levels(day: DayPicture) -> dict[str, int]:
    """Each setting's level, that of the highest reserve on top."""
    found = {each.setting: each.reserve for each in (*day.wanted, *day.proven)}
    order = sorted(found, key=lambda name: (-1.0 if found[name] is None else -found[name], name))  # type: ignore[operator]
    return {name: number for number, name in enumerate(order)}


def _y(levels: dict[str, int], top: int, setting: str) -> float:
    return top + _LEVEL * (levels[setting] + 0.5)


def _names(levels: dict[str, int], top: int) -> Iterator[str]:
    for name in levels:
        first, _, rest = name.partition(", ")
        y = _y(levels, top, name)
        yield f'<text x="{_LEFT - 10}" y="{y - 2}" text-anchor="end">{escape(first)}</text>'
        short = rest if len(rest) <= 26 else f"{rest[:25]}…"
        yield (
            f'<text class="soft" x="{_LEFT - 10}" y="{y + 12}" text-anchor="end">{escape(short)}'
            "</text>"
        )


def _steps(
    day: DayPicture, spans: Sequence[Span], levels: dict[str, int], top: int, kind: str
) -> str:
    """A line of steps, broken where nothing is known; each stretch tells itself."""
    path, last = "", None
    for each in spans:
        x, y = _x(day, each.start), _y(levels, top, each.setting)
        joined = last is not None and each.start - last <= timedelta(seconds=5)
        path += f"{'V' + str(y) if joined else f'M{x} {y}'}H{_x(day, each.end)}"
        last = each.end
    titles = "".join(_title(day, each, levels, top, kind) for each in spans)
    return f'<path class="{kind}" d="{path}"/>{titles}' if path else ""


def _title(day: DayPicture, each: Span, levels: dict[str, int], top: int, kind: str) -> str:
    x, y = _x(day, each.start), _y(levels, top, each.setting)
    word = "wanted" if kind == "want" else "proven"
    text = f"{word}: {each.setting}, {_between(day, each.start, each.end)} ({each.by})"
    height, shift = (14, 7) if kind == "want" else (6, 3)
    return (
        f'<rect x="{x}" y="{y - shift}" width="{max(_x(day, each.end) - x, 1):.1f}" '
        f'height="{height}" fill="transparent"><title>{escape(text)}</title></rect>'
    )


def _apart(day: DayPicture, levels: dict[str, int], top: int) -> Iterator[str]:
    height = _LEVEL * len(levels)
    for start, end in day.parted():
        x = _x(day, start)
        text = f"not as wanted, {_between(day, start, end)}"
        yield (
            f'<rect class="apart" x="{x}" y="{top}" width="{max(_x(day, end) - x, 1.5):.1f}" '
            f'height="{height}"><title>{escape(text)}</title></rect>'
        )


def _bands(day: DayPicture) -> Iterator[str]:
    for each in day.bands:
        x, width = _x(day, each.start), _x(day, each.end) - _x(day, each.start)
        name = each.name.replace("_", " ")
        tone = _TONES.get(each.name, _OTHER_TONE)
        yield (
            f'<rect class="band" x="{x}" y="2" width="{width:.1f}" height="{_BAND - 4}" rx="3" '
            f'fill="{tone}"><title>{escape(name)}, {_between(day, each.start, each.end)}</title>'
            "</rect>"
        )
        if width > 7 * len(name):
            middle = x + width / 2
            yield (
                f'<text x="{middle:.1f}" y="18" text-anchor="middle" style="fill:#3a4653">'
                f"{escape(name)}</text>"
            )


def _hours(day: DayPicture, top: int, foot: int) -> Iterator[str]:
    at = day.start
    while at <= day.end:
        local = clock.localise(at, day.zone)
        if local.minute == 0 and local.hour % 3 == 0:
            x = _x(day, at)
            yield f'<line class="grid" x1="{x}" y1="{top}" x2="{x}" y2="{foot}"/>'
            hour = "24" if at == day.end else f"{local:%H}"
            yield f'<text class="soft" x="{x}" y="{foot + 15}" text-anchor="middle">{hour}</text>'
        at += _HOUR


def _gaps(day: DayPicture, top: int, foot: int) -> Iterator[str]:
    for gap in day.gaps:
        assert gap.start is not None
        assert gap.end is not None
        x, width = _x(day, gap.start), _x(day, gap.end) - _x(day, gap.start)
        text = f"nobody was watching, {_between(day, gap.start, gap.end)}: {gap.why}"
        yield (
            f'<rect class="gap" x="{x}" y="{top}" width="{max(width, 2):.1f}" '
            f'height="{foot - top}"><title>{escape(text)}</title></rect>'
        )
        if width > 110:
            yield (
                f'<text class="over" x="{x + width / 2:.1f}" y="{(top + foot) / 2:.0f}" '
                'text-anchor="middle">nobody watching</text>'
            )


def _pauses(day: DayPicture, top: int, bottom: int) -> Iterator[str]:
    for start, end, who in day.pauses:
        x = _x(day, start)
        text = f"paused, {_between(day, start, end)}{f' ({who})' if who else ''}"
        yield (
            f'<rect class="pause" x="{x}" y="{top - 8}" width="{max(_x(day, end) - x, 2):.1f}" '
            f'height="{bottom - top + 8}"><title>{escape(text)}</title></rect>'
        )


def _marks(day: DayPicture, y: int, link: Callable[[int], str] | None) -> Iterator[str]:
    yield f'<text class="soft" x="{_LEFT - 10}" y="{y + 4}" text-anchor="end">runs</text>'
    for group in _grouped(day):
        first, last = group[0], group[-1]
        kind = KINDS.get(first.outcome, "quiet")
        more = f" ({len(group)} of them, until {_time(day, last.at)})" if len(group) > 1 else ""
        text = f"{_time(day, first.at)} {first.outcome}{more}: {last.text}, run {last.run}"
        shape = (
            f'<g class="m-{kind}" transform="translate({_x(day, first.at)} {y})">{_SHAPES[kind]}'
            f"<title>{escape(text)}</title></g>"
        )
        named = f'href="{escape(link(last.run))}" aria-label="{escape(text)}"' if link else ""
        yield f"<a {named}>{shape}</a>" if link else shape


def _grouped(day: DayPicture) -> list[list[Mark]]:
    """Marks of one outcome that would stand on each other are one."""
    groups: list[list[Mark]] = []
    for mark in day.marks:
        last = groups[-1] if groups else None
        near = last is not None and _x(day, mark.at) - _x(day, last[0].at) < 7
        if last is not None and near and last[0].outcome == mark.outcome:
            last.append(mark)
        else:
            groups.append([mark])
    return groups


def _charge(day: DayPicture, top: int) -> Iterator[str]:
    for percent in (0, 50, 100):
        y = top + _CHARGE * (1 - percent / 100)
        yield (
            f'<line class="grid" x1="{_LEFT}" y1="{y}" x2="{WIDTH - _RIGHT}" y2="{y}"/>'
            f'<text class="soft" x="{_LEFT - 10}" y="{y + 4}" text-anchor="end">{percent} %</text>'
        )
    yield f'<text x="4" y="{top + _CHARGE / 2 + 4}">charge</text>'
    path, last = "", None
    for at, charge in day.charge:
        joined = last is not None and at - last <= timedelta(minutes=30)
        path += f"{'L' if joined else 'M'}{_x(day, at)} {top + _CHARGE * (1 - charge / 100):.1f}"
        last = at
    yield f'<path class="charge" d="{path}"/>'


def _ahead(day: DayPicture, top: int, foot: int) -> Iterator[str]:
    if day.now >= day.end:
        return
    x = _x(day, day.now)
    width = WIDTH - _RIGHT - x
    yield f'<rect class="ahead" x="{x}" y="{top}" width="{width:.1f}" height="{foot - top}"/>'
    yield f'<line class="now" x1="{x}" y1="{top}" x2="{x}" y2="{foot}"/>'


def _defs() -> str:
    return (
        '<defs><pattern id="unwatched" width="7" height="7" patternUnits="userSpaceOnUse" '
        'patternTransform="rotate(45)"><rect width="7" height="7" style="fill:var(--paper)" '
        'opacity=".75"/><line class="hatch" y2="7" style="stroke:var(--soft)" stroke-width="1.6" '
        'opacity=".55"/></pattern></defs>'
    )

"""The drawing: one SVG that needs nothing from outside and no script.

From top to bottom: the periods of the tariff; a step line for what was wanted, and a thinner one
within it for what was proven, which leaves it where the two differ; the runs; charge and powers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from html import escape
from typing import Final

from scheduler import clock
from scheduler.outlets.picture import meters
from scheduler.outlets.picture.day import DayPicture, Mark, Span
from scheduler.outlets.picture.frame import Frame, wide

_BAND: Final = 26

KINDS: Final = {
    "confirmed": "good", "unchanged": "good", "completed": "good",
    "accepted": "waiting", "at work": "waiting", "deferred": "waiting",
    "unreachable": "doubt", "unconfirmed": "doubt",
    "refused": "bad", "failed": "bad", "interrupted": "bad", "missed": "bad",
}  # fmt: skip
"""The class of an outcome; any other is `quiet`."""
_SHAPES: Final = {
    "quiet": '<path d="M0-5 5 0 0 5-5 0Z"/>',
    "good": '<circle r="5"/>',
    "waiting": '<rect x="-4.5" y="-4.5" width="9" height="9" rx="1"/>',
    "doubt": '<path d="M0-6 6 5H-6Z"/>',
    "bad": '<path d="M-5-5 5 5M5-5-5 5"/>',
}
"""The worst last."""

STYLE: Final = """\
.day{--ink:#1d2733;--soft:#5d6977;--line:#e3e8ed;--want:#b9c8dc;--proof:#1f5fa8;--good:#2e7d4f;
--waiting:#5b6b7d;--doubt:#b26a00;--bad:#b3261e;--quiet:#8793a1;--apart:#b3261e;--paper:#fff;
--charge:#3f7d5a;--sun:#d9a514;--load:#7a6aa8;--net:#8a4b2f;
font:12px system-ui,-apple-system,"Segoe UI",sans-serif;color:var(--ink)}
@media screen and (prefers-color-scheme:dark){.day{--ink:#e4e9ef;--soft:#9dabb9;--line:#28323c;
--want:#3d5069;
--proof:#7db4f0;--good:#69c08b;--waiting:#9aa8b7;--doubt:#e5a54b;--bad:#f2857c;--quiet:#76828f;
--apart:#f2857c;--paper:#12181f;--charge:#8cc08b;--sun:#e8c04a;--load:#a99bd6;--net:#d99a7c}
.day .band{opacity:.82}}
.day text{fill:var(--ink)}.day .soft{fill:var(--soft)}.day .grid{stroke:var(--line)}
.day .want{stroke:var(--want);stroke-width:13;fill:none;stroke-linejoin:round}
.day .proof{stroke:var(--proof);stroke-width:3.5;fill:none;stroke-linejoin:round}
.day .apart{fill:var(--apart);opacity:.16}
.day .charge{stroke:var(--charge);fill:none;stroke-width:2}
.day .reserve{stroke:var(--proof);fill:none;stroke-width:1.5;stroke-dasharray:5 3;opacity:.8}
.day .sun{fill:var(--sun);opacity:.22}.day .solar{stroke:var(--sun);fill:none;stroke-width:1.4}
.day .load{stroke:var(--load);fill:none;stroke-width:1.4}
.day .net{stroke:var(--net);fill:none;stroke-width:1.8}
.day .on{fill:#2f3a46}.day .blank{fill:var(--paper)}.day .hatch{stroke:var(--soft)}
.day .stripe{stroke:var(--paper)}
.day .over{paint-order:stroke;stroke:var(--paper);stroke-width:5;stroke-linejoin:round}
.day .now{stroke:var(--ink);stroke-width:1.5}
.day .pause{fill:var(--waiting);opacity:.14}
.day .band{stroke:var(--paper)}.day .m-good{fill:var(--good)}.day .m-waiting{fill:var(--waiting)}
.day .m-doubt{fill:var(--doubt)}.day .m-bad{stroke:var(--bad);stroke-width:2.5;fill:none}
.day .m-quiet{fill:var(--quiet)}.day a:focus-visible{outline:3px solid var(--proof)}"""

_TONES: Final = {
    "super_off_peak": "#cfe3d6", "off_peak": "#dce7ef", "partial_peak": "#f3e3c0",
    "mid_peak": "#f3e3c0", "shoulder": "#f3e3c0", "on_peak": "#f2c9bd", "critical_peak": "#e8a99b",
}  # fmt: skip
_OTHER_TONE: Final = "#e3e3ea"


def tone(period: str) -> str:
    """The colour of a period; dark text stands on it."""
    return _TONES.get(period, _OTHER_TONE)


def draw(
    day: DayPicture,
    *,
    link: Callable[[int], str] | None = None,
    frame: Frame | None = None,
    styled: bool = True,
) -> str:
    """The picture as an SVG element. `link` makes the address of a run; where it is not `styled`,
    STYLE stands elsewhere."""
    frame = frame or wide(day)
    levels = _levels(frame)
    top = _BAND + 16
    bottom = top + levels.each * max(1, len(levels.of))
    marks = bottom + 20
    foot = marks + 16 + meters.height(day)
    parts = [
        _defs(frame),
        *_pauses(frame, top, bottom),
        *frame.hours(top - 6, foot),
        *_bands(frame),
        *_apart(frame, levels),
        _steps(frame, day.wanted, levels, "want"),
        _steps(frame, day.proven, levels, "proof"),
        *meters.draw(frame, marks + 16 + meters.BETWEEN // 2),
        *_gaps(frame, top - 8, foot),
        *_ahead(frame, top - 8, foot),
        *_names(frame, levels),
        *meters.names(frame, marks + 16 + meters.BETWEEN // 2),
        *_marks(frame, marks, link),
    ]
    label = escape(_label(day))
    style = f"<style>{STYLE}</style>" if styled else ""
    role = "group" if link else "img"  # an image may not have links in it
    return (
        f'<svg class="day" viewBox="0 0 {frame.width} {foot + 22}" role="{role}" '
        f'aria-label="{label}" xmlns="http://www.w3.org/2000/svg">{style}'
        f"{''.join(parts)}</svg>"
    )


def _label(day: DayPicture) -> str:
    local = clock.localise(day.start, day.zone)
    apart = len(day.parted())
    told = f"{apart} times apart" if apart else "never apart"
    return f"{local:%A %Y-%m-%d}: wanted and proven {told}, {len(day.marks)} runs"


@dataclass(frozen=True, slots=True)
class _Levels:
    """Each setting's level, that of the highest reserve on top."""

    of: dict[str, int]
    top: int
    each: int

    def y(self, setting: str) -> float:
        return self.top + self.each * (self.of[setting] + 0.5) + (6 if self.each > 40 else 0)


def _levels(frame: Frame) -> _Levels:
    found = {each.setting: each.reserve for each in (*frame.day.wanted, *frame.day.proven)}
    order = sorted(found, key=lambda name: (-_reserve(found[name]), name))
    numbers = {name: number for number, name in enumerate(order)}
    return _Levels(numbers, _BAND + 16, 46 if frame.narrow else 34)


def _reserve(known: float | None) -> float:
    return -1.0 if known is None else known


def _names(frame: Frame, levels: _Levels) -> Iterator[str]:
    for name in levels.of:
        first, _, rest = name.partition(", ")
        y = levels.y(name)
        if frame.narrow:
            yield frame.name(escape(_short(name, 46)), y - 12)
            continue
        yield frame.name(escape(first), y - 2)
        yield frame.name(escape(_short(rest, 26)), y + 12, soft=True)


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _steps(frame: Frame, spans: Sequence[Span], levels: _Levels, kind: str) -> str:
    """A line of steps, broken where nothing is known; each stretch tells itself."""
    path, last = "", None
    for each in spans:
        x, y = frame.x(each.start), levels.y(each.setting)
        joined = last is not None and each.start - last <= timedelta(seconds=5)
        path += f"{'V' + str(y) if joined else f'M{x} {y}'}H{frame.x(each.end)}"
        last = each.end
    titles = "".join(_title(frame, each, levels, kind) for each in spans)
    return f'<path class="{kind}" d="{path}"/>{titles}' if path else ""


def _title(frame: Frame, each: Span, levels: _Levels, kind: str) -> str:
    x, y = frame.x(each.start), levels.y(each.setting)
    word = "wanted" if kind == "want" else "proven"
    text = f"{word}: {each.setting}, {frame.between(each.start, each.end)} ({each.by})"
    height, shift = (14, 7) if kind == "want" else (6, 3)
    return (
        f'<rect x="{x}" y="{y - shift}" width="{max(frame.x(each.end) - x, 1):.1f}" '
        f'height="{height}" fill="transparent"><title>{escape(text)}</title></rect>'
    )


def _apart(frame: Frame, levels: _Levels) -> Iterator[str]:
    height = levels.each * len(levels.of)
    for start, end in frame.day.parted():
        x = frame.x(start)
        text = f"not as wanted, {frame.between(start, end)}"
        yield (
            f'<rect class="apart" x="{x}" y="{levels.top}" '
            f'width="{max(frame.x(end) - x, 1.5):.1f}" height="{height}">'
            f"<title>{escape(text)}</title></rect>"
        )


def _bands(frame: Frame) -> Iterator[str]:
    for each in frame.day.bands:
        x, width = frame.x(each.start), frame.x(each.end) - frame.x(each.start)
        name = each.name.replace("_", " ")
        yield (
            f'<rect class="band" x="{x}" y="2" width="{width:.1f}" height="{_BAND - 4}" rx="3" '
            f'fill="{tone(each.name)}"><title>{escape(name)}, '
            f"{frame.between(each.start, each.end)}</title></rect>"
        )
        if width > 7 * len(name):
            middle = x + width / 2
            yield (
                f'<text x="{middle:.1f}" y="18" class="on" text-anchor="middle">'
                f"{escape(name)}</text>"
            )


def _gaps(frame: Frame, top: int, foot: int) -> Iterator[str]:
    for gap in frame.day.gaps:
        assert gap.start is not None
        assert gap.end is not None
        x, width = frame.x(gap.start), frame.x(gap.end) - frame.x(gap.start)
        text = f"nobody was watching, {frame.between(gap.start, gap.end)}: {gap.why}"
        yield (
            f'<rect class="gap" fill="url(#unwatched{frame.width})" x="{x}" y="{top}" '
            f'width="{max(width, 2):.1f}" height="{foot - top}">'
            f"<title>{escape(text)}</title></rect>"
        )
        if width > 110:
            yield (
                f'<text class="over" x="{x + width / 2:.1f}" y="{(top + foot) / 2:.0f}" '
                'text-anchor="middle">nobody watching</text>'
            )


def _pauses(frame: Frame, top: int, bottom: int) -> Iterator[str]:
    for start, end, who in frame.day.pauses:
        x = frame.x(start)
        text = f"paused, {frame.between(start, end)}{f' ({who})' if who else ''}"
        yield (
            f'<rect class="pause" x="{x}" y="{top - 8}" width="{max(frame.x(end) - x, 2):.1f}" '
            f'height="{bottom - top + 8}"><title>{escape(text)}</title></rect>'
        )


def _marks(frame: Frame, y: int, link: Callable[[int], str] | None) -> Iterator[str]:
    if not frame.narrow:
        yield frame.name("runs", y + 4, soft=True)
    # The worst lies on top of what it stands too near to.
    for group in sorted(_grouped(frame), key=_badness):
        first, last = group[0], group[-1]
        kind = KINDS.get(first.outcome, "quiet")
        until = frame.time(last.at)
        more = f" ({len(group)} of them, until {until})" if len(group) > 1 else ""
        text = f"{frame.time(first.at)} {first.outcome}{more}: {last.text}, run {last.run}"
        shape = (
            f'<g class="m-{kind}" transform="translate({frame.x(first.at)} {y})">{_SHAPES[kind]}'
            f"<title>{escape(text)}</title></g>"
        )
        named = f'href="{escape(link(last.run))}" aria-label="{escape(text)}"' if link else ""
        yield f"<a {named}>{shape}</a>" if link else shape


def _grouped(frame: Frame) -> list[list[Mark]]:
    """Marks of one outcome that would stand on each other are one."""
    groups: list[list[Mark]] = []
    for mark in frame.day.marks:
        last = groups[-1] if groups else None
        near = last is not None and frame.x(mark.at) - frame.x(last[0].at) < 7
        if last is not None and near and last[0].outcome == mark.outcome:
            last.append(mark)
        else:
            groups.append([mark])
    return groups


def _badness(group: list[Mark]) -> int:
    return list(_SHAPES).index(KINDS.get(group[0].outcome, "quiet"))


def _ahead(frame: Frame, top: int, foot: int) -> Iterator[str]:
    """What is to come, hatched: it is planned, and nothing else."""
    day = frame.day
    if day.now >= day.end:
        return
    x = frame.x(max(day.now, day.start))
    yield (
        f'<rect class="ahead" fill="url(#tocome{frame.width})" x="{x}" y="{top}" '
        f'width="{frame.right - x:.1f}" height="{foot - top}"><title>to come</title></rect>'
    )
    if day.now >= day.start:
        yield f'<line class="now" x1="{x}" y1="{top}" x2="{x}" y2="{foot}"/>'


def _defs(frame: Frame) -> str:
    hatched = 'width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"'
    striped = 'width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(-45)"'
    return (
        f'<defs><pattern id="unwatched{frame.width}" {hatched}><rect width="7" height="7" '
        'class="blank" opacity=".75"/><line class="hatch" y2="7" '
        'stroke-width="1.6" opacity=".55"/></pattern>'
        f'<pattern id="tocome{frame.width}" {striped}><line x1="1.5" x2="1.5" y2="6" '
        'class="stripe" stroke-width="3" opacity=".9"/></pattern></defs>'
    )

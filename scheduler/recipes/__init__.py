"""A first schedule: from a tariff and a purpose to the text of a schedule file, with its reasons.

Reads no file and no clock; knows of a gateway only what it can be asked for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from scheduler.errors import NothingToScheduleError
from scheduler.recipes.bands import Bands, bands
from scheduler.recipes.hours import hours
from scheduler.schedule.tariff import Tariff
from scheduler.schedule.wording import listed, one_or_list

MOST_RESERVE: Final = 80
"""Above it next to nothing is left to use, and a cloud gateway keeps none but 100 %."""
_SCHEMA_LINE: Final = "# yaml-language-server: $schema=schedule.schema.json"
_PLAIN: Final = re.compile(r"[A-Za-z][A-Za-z0-9 ._/+(),&-]*")


class Purpose(StrEnum):
    FILL = "fill"
    KEEP = "keep"
    SELL = "sell"
    CAR = "car"


PURPOSES: Final = {
    Purpose.FILL: "charge from the grid in the cheap hours, run the house in the others",
    Purpose.KEEP: "keep what the sun gave for the peak; nothing is charged from the grid",
    Purpose.SELL: "charge in the cheap hours, sell in the peak, run the house in between",
    Purpose.CAR: "hold the battery while a car charges in the cheap hours, else run the house",
}
"""What each purpose does, for a person who chooses."""

Part = Callable[[Bands], frozenset[str]]


@dataclass(frozen=True, slots=True)
class Offered:
    """What the gateway can be told beside mode and reserve."""

    grid_charging: bool = False
    export: bool = False


@dataclass(frozen=True, slots=True)
class _Rule:
    """One rule: its part of the tariff, or all the rest."""

    name: str
    lines: tuple[str, ...]
    reason: str
    part: Part | None = None


def schedule_text(
    tariff: Tariff, named: str, purpose: Purpose, reserve: int, means: Offered = Offered()
) -> str:
    """The text of a schedule that names its tariff as `named`.

    Raises NothingToScheduleError where the tariff has no hours that the purpose could use.
    """
    found = bands(tariff)
    _refuse_without_hours(tariff, found, purpose)
    name = _as_yaml(f"{tariff.name[:60].strip()}, {purpose.value}")
    lines = [
        _SCHEMA_LINE,
        f"# {tariff.name}:",
        f"# {PURPOSES[purpose]}.",
        "# Edit it as you like: tou check tells what is wrong with it, tou plan what it will do.",
        f"schedule: {name}",
        f"tariff: {_as_yaml(named)}",
        "",
        "rules:                # the first rule that holds at an instant decides",
    ]
    for rule in _RULES[purpose](reserve, means):
        lines += _written(tariff, found, rule)
    return "\n".join(lines) + "\n"


def _as_yaml(text: str) -> str:
    return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)


def _refuse_without_hours(tariff: Tariff, found: Sequence[Bands], purpose: Purpose) -> None:
    if not any(each.cheap for each in found):
        message = "has no hours that are cheaper than others: nothing to schedule."
        raise NothingToScheduleError(f"{tariff.name} {message}")
    if purpose in (Purpose.KEEP, Purpose.SELL) and not any(each.dearest for each in found):
        raise NothingToScheduleError(
            f"{tariff.name} has cheap hours but no peak, so there is nothing to "
            f"{purpose.value} the battery for. Choose the purpose fill or car."
        )


def _cheap(each: Bands) -> frozenset[str]:
    return each.cheap


def _dearest(each: Bands) -> frozenset[str]:
    return each.dearest


def _peak(each: Bands) -> frozenset[str]:
    return each.peak if each.dearest else frozenset()


def _before_a_peak(each: Bands) -> frozenset[str]:
    """What is not the peak, in the seasons that have one."""
    return each.periods - each.peak if each.dearest else frozenset()


def _self_powered(reserve: str) -> tuple[str, ...]:
    return ("mode: self_consumption", f"reserve: {reserve}")


def _house(reserve: int, *more: str) -> _Rule:
    reason = "The last rule has no condition, so something always holds"
    return _Rule("run the house", (*_self_powered(f"{reserve}%"), *more), reason)


def _fill_up(means: Offered) -> _Rule:
    lines = ("inset: 5m", "mode: backup", "reserve: 100%")
    return _Rule(
        "fill in the cheap hours",
        (*lines, "grid_charging: allow") if means.grid_charging else lines,
        "Backup-only at 100 % charges from the grid; the inset stays clear of the dearer minutes",
        _cheap,
    )


def _fill(reserve: int, means: Offered) -> tuple[_Rule, ...]:
    return _fill_up(means), _house(reserve, *_no_grid(means))


def _no_grid(means: Offered) -> tuple[str, ...]:
    """What one rule sets, every rule sets: else it would stay as the last one left it."""
    return ("grid_charging: deny",) if means.grid_charging else ()


def _keep(reserve: int, means: Offered) -> tuple[_Rule, ...]:
    peak = _Rule(
        "use it in the peak",
        (*_self_powered(f"{reserve}%"), *_no_grid(means)),
        "The house runs on the battery down to the reserve",
        _peak,
    )
    keep = _Rule("keep it for the peak", _self_powered("hold"), _HELD_FOR_THE_PEAK, _before_a_peak)
    if means.grid_charging:
        lines = ("mode: backup", "reserve: 100%", "grid_charging: deny")
        keep = replace(keep, lines=lines, reason=_KEPT_FOR_THE_PEAK)
    return peak, keep, _house(reserve, *_no_grid(means))


def _sell(reserve: int, means: Offered) -> tuple[_Rule, ...]:
    lines = ("inset: 5m", "mode: autonomous", f"reserve: {reserve}%", *_no_grid(means))
    solar = ("export: solar",) if means.export else ()
    fill = _fill_up(means)
    peak = _Rule(
        "sell in the peak",
        (*lines, "export: battery") if means.export else lines,
        "Time-Based Control sells by the rate plan set in the Tesla app, where that is allowed",
        _dearest,
    )
    fill = replace(fill, lines=(*fill.lines, *solar))
    return peak, fill, _house(reserve, *_no_grid(means), *solar)


def _car(reserve: int, means: Offered) -> tuple[_Rule, ...]:
    reason = "Hold reads the charge as the rule begins: the car takes from the grid, not from it"
    return _Rule("hold for the car", _self_powered("hold"), reason, _cheap), _house(reserve)


_HELD_FOR_THE_PEAK: Final = (
    "Hold reads the charge as the rule begins: the sun may add to it, the house takes none of that"
)
_KEPT_FOR_THE_PEAK: Final = (
    "Backup-only without charging from the grid: the sun fills the battery, the house takes none"
)
_RULES: Final[dict[Purpose, Callable[[int, Offered], tuple[_Rule, ...]]]] = {
    Purpose.FILL: _fill,
    Purpose.KEEP: _keep,
    Purpose.SELL: _sell,
    Purpose.CAR: _car,
}


def _written(tariff: Tariff, found: Sequence[Bands], rule: _Rule) -> Iterator[str]:
    """The rule, or one for each group of seasons whose periods have other parts."""
    if rule.part is None:
        yield from (f"  # {rule.reason}.", f"  - name: {rule.name}")
        yield from (f"    {line}" for line in rule.lines)
        return
    for periods, seasons in _groups(found, rule.part):
        yield f"  # {rule.reason}."
        for each in found:
            if rule.part(each) and (not seasons or each.season in seasons):
                yield f"  # {each.season}: {hours(tariff, each.season, rule.part(each))}"
        yield f"  - name: {rule.name}{' in ' + listed(seasons) if seasons else ''}"
        yield f"    during: {one_or_list(sorted(periods, key=tariff.periods.index))}"
        if seasons:
            yield f"    seasons: {one_or_list(seasons)}"
        yield from (f"    {line}" for line in rule.lines)


def _groups(found: Sequence[Bands], part: Part) -> list[tuple[frozenset[str], list[str]]]:
    """Periods with the seasons in which they are meant; no seasons where they say enough."""
    union = frozenset[str]().union(*map(part, found))
    if all(union & each.periods == part(each) for each in found):
        return [(union, [])]
    groups: dict[frozenset[str], list[str]] = {}
    for each in found:
        if part(each):
            groups.setdefault(part(each), []).append(each.season)
    return list(groups.items())

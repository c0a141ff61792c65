"""Which of a tariff's periods are cheap and which are the peak, season by season.

By the prices where every period of a season has one, else by the names: a price may be missing,
and a name such as `day` says nothing by itself. Knows nothing of settings.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from scheduler.schedule.tariff import HOLIDAY, Season, Tariff, is_peak

# The words of the shipped tariffs and of Tesla's labels, cheapest first.
_CHEAPEST: Final = re.compile(r"super_?off|ultra|free|sharer|cosy|flux_off", re.IGNORECASE)
_CHEAP: Final = re.compile(r"off_?peak|night|^low$|^base$|^p3$|lowest", re.IGNORECASE)
_DEAREST: Final = re.compile(r"super_?peak|critical", re.IGNORECASE)
_DAY_SECONDS: Final = 86_400


@dataclass(frozen=True, slots=True)
class Bands:
    """The periods of one season with their parts; a season without a difference has none."""

    season: str
    periods: frozenset[str]
    cheap: frozenset[str] = frozenset()
    dearest: frozenset[str] = frozenset()
    """The dearest period where it is a peak, with whatever takes its hours on other days."""
    peak: frozenset[str] = frozenset()
    """`dearest`, and what its name calls a peak."""


def bands(tariff: Tariff) -> tuple[Bands, ...]:
    by_name = {season.name: season for season in tariff.seasons.values()}
    prices = tariff.prices.per_kwh if tariff.prices else {}
    return tuple(_of_season(by_name[name], prices.get(name, {})) for name in tariff.season_names)


def _of_season(season: Season, prices: Mapping[str, float]) -> Bands:
    names = frozenset(str(name) for day in season.shapes for _, name in day.periods)
    ranks = {name: (prices[name] if names <= prices.keys() else 0.0, rank(name)) for name in names}
    lowest, highest = min(ranks.values()), max(ranks.values())
    if lowest == highest:
        return Bands(season.name, names)
    cheap = frozenset(name for name in names if ranks[name] == lowest)
    dearest = frozenset(
        name for name in names if ranks[name] == highest and _is_short(season, name)
    )
    if dearest:
        rest = names - dearest - cheap
        dearest |= {name for name in rest if _stands_in(season, name, dearest)}
    called = {name for name in names - cheap if is_peak(name)}
    return Bands(season.name, names, cheap, dearest, dearest | called)


def rank(name: str) -> int:
    """Where a name puts its period among the others, 0 the cheapest."""
    if _CHEAPEST.search(name):
        return 0
    if _CHEAP.search(name):
        return 1
    if not is_peak(name):
        return 2
    return 4 if _DEAREST.search(name) else 3


def _is_short(season: Season, name: str) -> bool:
    """Whether a dear period is a peak: by its name, or as it takes less than a third of the week.

    The dearest hours of Octopus Go are everything but the night: nothing can be kept for them.
    """
    week = (day.periods for day in season.shapes[:HOLIDAY])
    spans = [span for day in week for span in _spans([day], {name})]
    return is_peak(name) or sum(end - start for start, end in spans) < 7 * _DAY_SECONDS / 3


def _stands_in(season: Season, name: str, dearest: frozenset[str]) -> bool:
    """Whether a period fills hours of the dearest one on days that are without it, and only those:
    SCE's mid-peak of summer weekends."""
    hours = _spans((season.shapes[day].periods for day in range(HOLIDAY + 1)), dearest)
    days = [day.periods for day in season.shapes if name in _names(day.periods)]
    alone = all(dearest.isdisjoint(_names(day)) for day in days)
    return alone and all(
        any(first <= start and end <= last for first, last in hours)
        for start, end in _spans(days, {name})
    )


def _names(day: Iterable[tuple[int, str | None]]) -> list[str]:
    return [str(name) for _, name in day]


def _spans(
    days: Iterable[Iterable[tuple[int, str | None]]], names: Collection[str]
) -> set[tuple[int, int]]:
    """Start and end, in seconds of the day, of every window of these periods."""
    closed = [(*day, (_DAY_SECONDS, None)) for day in days]
    return {
        (start, end) for day in closed for (start, name), (end, _) in pairwise(day) if name in names
    }

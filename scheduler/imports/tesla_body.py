"""Where the tariff stands in a Tesla answer, request or site_info, and what its parts hold.

Two generations differ in their lists of periods and in their prices; both come out alike here.
Numbers that are zero may be left out, as protobuf does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from scheduler.imports.document import Json, Path, RateFile, decoded
from scheduler.imports.naming import plain
from scheduler.schedule.wording import path_text

_CONTENTS = ("tariff_content_v2", "tariff_content")
_NOT_INSIDE = ("sell_tariff", "rate_tariffs")
_DEEPEST = 8
_ZONE = "installation_time_zone"
_DATES = ("fromMonth", "fromDay", "toMonth", "toDay")
_MAX_PRICE = 10_000.0
_NUMBER = re.compile(r"[0-9]{1,5}(?:\.0*)?")


@dataclass(frozen=True, slots=True)
class Body:
    """The tariff's own object, where it stands, and the site's zone if the file names it."""

    path: Path
    fields: dict[str, Json]
    zone: str


@dataclass(frozen=True, slots=True)
class TariffEntry:
    """One stretch of one label, as written."""

    label: str
    path: Path
    fields: dict[str, Json]


def find(document: RateFile) -> Body:
    """The tariff of the file. Raises ScheduleError where there is none that can be read."""
    bodies = list(_bodies(document.data, (), ""))
    if not bodies:
        raise document.error((), *_without_a_body(document.data))
    zone = next((body.zone for body in bodies if body.zone), "")
    # site_info carries both generations; one of them may be an empty placeholder.
    filled = [body for body in bodies if _filled(body.fields)]
    best = next(iter(filled or bodies))
    other = next((body for body in filled if not _same(best, body)), None)
    if other is not None:
        message = (
            f"Here stands a second tariff, beside that of {path_text(best.path)}. "
            "Keep the one that is meant."
        )
        raise document.error(other.path, message, "several-tariffs")
    return Body(best.path, best.fields, best.zone or zone)


def is_tariff(data: Json) -> bool:
    """Whether JSON data holds a Tesla tariff anywhere, or an answer that should have one."""
    return next(_bodies(data, (), ""), None) is not None or any(
        ("start_seconds" in each and "week_days" in each) or any(key in each for key in _CONTENTS)
        for each in _objects(data)
    )


def _same(one: Body, other: Body) -> bool:
    """Whether two bodies are both generations of one tariff, or equal."""
    both = (one.path[-1:], other.path[-1:])
    pair = one.path[:-1] == other.path[:-1] and all(each and each[0] in _CONTENTS for each in both)
    return pair or one.fields == other.fields


def number(document: RateFile, path: Path, fields: dict[str, Json], key: str) -> int:
    """A whole number; 0 where it is left out. Raises ScheduleError at its place."""
    value = fields.get(key)
    if value is None:
        return 0
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value % 1:
        raise document.error((*path, key), "A whole number is expected here.", "period-time")
    if abs(value) > 10_000:
        raise document.error((*path, key), "This number is too large.", "period-time")
    return int(value)


def entries(document: RateFile, path: Path, season: Json) -> list[TariffEntry]:
    """The stretches of a season, of either generation; none for a placeholder."""
    periods = decoded(season.get("tou_periods")) if isinstance(season, dict) else None
    if periods is None:
        return []
    path = (*path, "tou_periods")
    if not isinstance(periods, dict):
        raise document.error(path, "Labels with their periods are expected here.", "periods")
    found = []
    for label, value in periods.items():
        where: Path = (*path, label)
        listed = value
        if isinstance(value, dict):
            listed, where = value.get("periods"), (*where, "periods")
        for index, each in enumerate(_listed(document, where, listed)):
            if not isinstance(each, dict):
                message = "A period with its days and times is expected here."
                raise document.error((*where, index), message, "periods")
            found.append(TariffEntry(label, (*where, index), each))
    return found


def prices(document: RateFile, body: Body, season: str) -> dict[str, float]:
    path = (*body.path, "energy_charges", season)
    charges = body.fields.get("energy_charges")
    rates = charges.get(season) if isinstance(charges, dict) else None
    if isinstance(rates, dict) and isinstance(rates.get("rates"), dict):
        rates, path = rates["rates"], (*path, "rates")
    if not isinstance(rates, dict):
        return {}
    found = {}
    for label, price in rates.items():
        if price is None or label == "rates":
            continue
        value = _price(price)
        if value is None:
            raise document.error((*path, label), "A price per kWh is expected here.", "rates")
        found[label] = value
    return found


def is_v2(body: Body) -> bool:
    """Whether the body is of the second generation, which leaves zeros out."""
    return body.fields.get("version") is not None or "tariff_content_v2" in body.path


def undated(season: dict[str, Json]) -> bool:
    """Whether a season's dates are all zero or left out: a placeholder."""
    return not any(season.get(key) for key in _DATES)


def _price(value: Json) -> float | None:
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return round(float(value), 8) if abs(value) <= _MAX_PRICE else None


def _listed(document: RateFile, path: Path, value: Json) -> list[Json]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise document.error(path, "A list of periods is expected here.", "periods")
    return value


def _bodies(data: Json, path: Path, zone: str) -> Iterator[Body]:
    """Each tariff with its path, those of the second generation before those of the first."""
    if isinstance(data, dict):
        zone = plain(data.get(_ZONE), 60) or zone
        if isinstance(data.get("seasons"), dict) or isinstance(data.get("energy_charges"), dict):
            yield Body(path, data, zone)
            return
    for key, value in _inside(data, path):
        yield from _bodies(value, (*path, key), zone)


def _inside(data: Json, path: Path) -> Iterator[tuple[str | int, Json]]:
    """The members and items in which a tariff may stand."""
    if len(path) > _DEEPEST:
        return
    if isinstance(data, list):
        yield from enumerate(data)
    if isinstance(data, dict):
        first = [(key, decoded(data[key])) for key in _CONTENTS if key in data]
        rest = [each for each in data.items() if each[0] not in (*_CONTENTS, *_NOT_INSIDE)]
        yield from (*first, *rest)


def _objects(data: Json, path: Path = ()) -> Iterator[dict[str, Json]]:
    if isinstance(data, dict):
        yield data
    for key, value in _inside(data, path):
        yield from _objects(value, (*path, key))


def _filled(fields: dict[str, Json]) -> bool:
    seasons = fields.get("seasons")
    if not isinstance(seasons, dict):
        return False
    return any(isinstance(each, dict) and each.get("tou_periods") for each in seasons.values())


def _without_a_body(data: Json) -> tuple[str, str]:
    """What to say of an answer that has no tariff, and the check that says it."""
    if any(key in each for each in _objects(data) for key in _CONTENTS):
        return (
            "The tariff of this answer is empty. Set your rate plan in the Tesla app, under "
            "Utility Rate Plan, and ask for the answer again.",
            "periods",
        )
    return (
        "This is Tesla's older schedule of targets (week_days, start_seconds), which names no "
        "periods. Export tariff_content or tariff_content_v2 instead.",
        "legacy-form",
    )

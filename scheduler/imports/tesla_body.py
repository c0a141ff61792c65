"""Where the tariff stands in a Tesla answer, request or site_info, and what its parts hold.

Two generations differ in their lists of periods and in their prices; both come out alike here.
Numbers that are zero may be left out, as protobuf does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from scheduler.errors import ScheduleError
from scheduler.imports.document import Document, Json, Path
from scheduler.imports.naming import plain

_WRAPPERS = (
    *("tariff_content_v2", "tariff_content", "tou_settings", "tariff_rate", "response"),
    *("site_info", "utility_rates", "body", "data"),
)
_ZONE = "installation_time_zone"
_DATES = ("fromMonth", "fromDay", "toMonth", "toDay")
_MAX_PRICE = 10_000.0


@dataclass(frozen=True, slots=True)
class Body:
    """The tariff's own object, where it stands, and the site's zone if the file names it."""

    path: Path
    fields: dict[str, Json]
    zone: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One stretch of one label, as written."""

    label: str
    path: Path
    fields: dict[str, Json]


def find(document: Document) -> Body:
    """The tariff of the file. Raises ScheduleError where there is none that can be read."""
    bodies = list(_bodies(document.data, (), ""))
    if not bodies:
        raise _legacy(document)
    zone = next((body.zone for body in bodies if body.zone), "")
    # site_info carries both generations; one of them may be an empty placeholder.
    best = next((body for body in bodies if _filled(body.fields)), bodies[0])
    return Body(best.path, best.fields, best.zone or zone)


def is_tariff(data: Json) -> bool:
    """Whether JSON data holds a Tesla tariff anywhere it is known to stand."""
    return _is_legacy(data) or next(_bodies(data, (), ""), None) is not None


def number(document: Document, path: Path, fields: dict[str, Json], key: str) -> int:
    """A whole number; 0 where it is left out. Raises ScheduleError at its place."""
    value = fields.get(key)
    if value is None:
        return 0
    if isinstance(value, str) and value.strip().isdigit() and len(value) < 10:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value % 1:
        raise document.error((*path, key), "A whole number is expected here.", "period-time")
    if abs(value) > 10_000:
        raise document.error((*path, key), "This number is too large.", "period-time")
    return int(value)


def entries(document: Document, path: Path, season: Json) -> list[Entry]:
    """The stretches of a season, of either generation; none for a placeholder."""
    periods = season.get("tou_periods") if isinstance(season, dict) else None
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
            found.append(Entry(label, (*where, index), each))
    return found


def prices(document: Document, body: Body, season: str) -> dict[str, float]:
    """Price per kWh by label, as far as written."""
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


def _listed(document: Document, path: Path, value: Json) -> list[Json]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise document.error(path, "A list of periods is expected here.", "periods")
    return value


def _bodies(data: Json, path: Path, zone: str) -> Iterator[Body]:
    if isinstance(data, list) and len(data) == 1:
        yield from _bodies(data[0], (*path, 0), zone)
    if not isinstance(data, dict):
        return
    zone = plain(data.get(_ZONE), 60) or zone
    if isinstance(data.get("seasons"), dict) or _has_charges(data):
        yield Body(path, data, zone)
    for key in _WRAPPERS:
        yield from _bodies(data.get(key), (*path, key), zone)


def _has_charges(data: dict[str, Json]) -> bool:
    return isinstance(data.get("energy_charges"), dict)


def _filled(fields: dict[str, Json]) -> bool:
    seasons = fields.get("seasons")
    if not isinstance(seasons, dict):
        return False
    return any(isinstance(each, dict) and each.get("tou_periods") for each in seasons.values())


def _is_legacy(data: Json) -> bool:
    settings = data.get("tou_settings", data) if isinstance(data, dict) else None
    schedule = settings.get("schedule") if isinstance(settings, dict) else None
    first = schedule[0] if isinstance(schedule, list) and schedule else None
    return isinstance(first, dict) and "start_seconds" in first


def _legacy(document: Document) -> ScheduleError:
    message = (
        "This is Tesla's older schedule of targets (week_days, start_seconds), which names no "
        "periods. Export tariff_content or tariff_content_v2 instead."
    )
    return document.error((), message, "legacy-form")

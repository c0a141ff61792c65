"""Time zones by IANA name, from the newer of the system's zone database and the tzdata package.

Python alone takes the system's copy first, however old: on an image of 2025 a battery in
Vancouver would act an hour off all winter of 2026. Must not know tariffs.
"""

from __future__ import annotations

import re
import zoneinfo
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Final, Literal
from zoneinfo import ZoneInfo

from scheduler.schedule.wording import shown

UNKNOWN: Final = "WRITE-THE-ZONE"
"""What stands for a zone that an import could not tell."""

# Dates of the archives on the IANA server; a later release is not here and has no date.
_RELEASED: Final = {
    "2023a": date(2023, 3, 22),
    "2023b": date(2023, 3, 23),
    "2023c": date(2023, 3, 28),
    "2023d": date(2023, 12, 21),
    "2024a": date(2024, 2, 1),
    "2024b": date(2024, 9, 4),
    "2025a": date(2025, 1, 15),
    "2025b": date(2025, 3, 22),
    "2025c": date(2025, 12, 10),
    "2026a": date(2026, 3, 2),
    "2026b": date(2026, 4, 23),
    "2026c": date(2026, 7, 8),
}

# Some of these load as zones of their own, but they name an offset, not a place with its law.
_ABBREVIATIONS: Final = {
    "PST": "America/Los_Angeles",
    "PDT": "America/Los_Angeles",
    "PT": "America/Los_Angeles",
    "PST8PDT": "America/Los_Angeles",
    "MST": "America/Denver, or America/Phoenix in Arizona",
    "MDT": "America/Denver",
    "MT": "America/Denver",
    "MST7MDT": "America/Denver",
    "CST": "America/Chicago",
    "CDT": "America/Chicago",
    "CT": "America/Chicago",
    "CST6CDT": "America/Chicago",
    "EST": "America/New_York",
    "EDT": "America/New_York",
    "ET": "America/New_York",
    "EST5EDT": "America/New_York",
    "AKST": "America/Anchorage",
    "HST": "Pacific/Honolulu",
    "GMT": "Europe/London, or UTC",
    "BST": "Europe/London",
    "WET": "Europe/Lisbon",
    "CET": "Europe/Madrid or Europe/Berlin",
    "CEST": "Europe/Madrid or Europe/Berlin",
    "MET": "Europe/Berlin",
    "EET": "Europe/Athens",
    "AEST": "Australia/Sydney, or Australia/Brisbane in Queensland",
    "AEDT": "Australia/Sydney",
    "ACST": "Australia/Adelaide",
    "AWST": "Australia/Perth",
    "NZST": "Pacific/Auckland",
    "JST": "Asia/Tokyo",
}
_VERSION: Final = re.compile(r"(\d{4})([a-z]{1,2})")
_OFFSET: Final = re.compile(r"(?:UTC|GMT)?[+-]\d{1,2}(?::?\d{2})?")
_NO_PLACE: Final = frozenset({"Factory", "localtime", "posixrules"})


@dataclass(frozen=True, slots=True)
class ZoneData:
    """Which zone database is in use. `version` is IANA's, such as 2026b."""

    source: Literal["system", "package"]
    version: str | None
    released: date | None

    def to_json(self) -> dict[str, str | None]:
        return {"source": self.source, "version": self.version}

    def older_than_a_year(self, today: date) -> bool:
        """Whether the release is certainly more than a year old on that day.

        A version without a known date counts as released on the last day of its year.
        """
        released = self.released or _last_day_of_its_year(self.version)
        return released is not None and (today - released).days > 365


def zone(name: str) -> ZoneInfo:
    """The zone of an IANA name. Raises ValueError with the way out."""
    advice = _refusal(name)
    if advice is not None:
        raise ValueError(advice)
    return _load(name)


@cache
def zone_data() -> ZoneData:
    """The zone database that `zone` reads. Raises ValueError when there is none."""
    return newer(_system_version(), _package_version())


def newer(system: str | None, package: str | None) -> ZoneData:
    """The newer of two versions; the system's where they are equal or where only it exists.

    A system copy that does not tell its version loses to the package.
    """
    if package is not None and (system is None or _order(package) > _order(system)):
        return ZoneData("package", package, _RELEASED.get(package))
    if system is None and not zoneinfo.available_timezones():
        raise ValueError("There is no zone database. Install the tzdata package.")
    return ZoneData("system", system, _RELEASED.get(system or ""))


@cache
def _load(name: str) -> ZoneInfo:
    package = _package_folder()
    if zone_data().source == "system" or package is None:
        return ZoneInfo(name)
    path = package.joinpath("zoneinfo", *name.split("/"))
    if not path.is_file():
        return ZoneInfo(name)
    with path.open("rb") as file:
        return ZoneInfo.from_file(file, key=name)


def _refusal(name: str) -> str | None:
    if name in _listed() and name not in _ABBREVIATIONS:
        return None
    if name.upper() in (UNKNOWN, "CHANGE-ME"):
        return "The zone is not known yet. Write a place such as America/Los_Angeles."
    if name.upper() in _ABBREVIATIONS:
        return (
            f"{shown(name)} is an abbreviation, not a place. Write {_ABBREVIATIONS[name.upper()]}."
        )
    if _OFFSET.fullmatch(name.upper()):
        return (
            f"{shown(name)} is an offset, which knows no summer time. "
            "Write a place such as America/Los_Angeles."
        )
    known = frozenset(zoneinfo.available_timezones()) - _NO_PLACE
    if name in known:
        return None
    near = _nearest(name, known | _listed())
    return f"{shown(name)} is not an IANA time zone. " + (
        f"Did you mean {near}?" if near else "Write a place such as America/Los_Angeles."
    )


def _nearest(name: str, known: frozenset[str]) -> str | None:
    wanted = name.strip().replace(" ", "_").casefold()
    places = sorted((each for each in known if "/" in each), key=lambda each: (len(each), each))
    for each in (*sorted(known), *places):
        if wanted in (each.casefold(), each.rpartition("/")[2].casefold()):
            return each
    by_fold = {each.casefold(): each for each in places}
    from difflib import get_close_matches

    close = get_close_matches(wanted, by_fold, n=1, cutoff=0.7)
    return by_fold[close[0]] if close else None


@cache
def _listed() -> frozenset[str]:
    """Names as the package spells them: quick, and true on disks that ignore case."""
    package = _package_folder()
    if package is None or not (package / "zones").is_file():
        return frozenset()
    return frozenset((package / "zones").read_text(encoding="utf-8").split()) - _NO_PLACE


def _system_version() -> str | None:
    for folder in zoneinfo.TZPATH:
        for name in ("tzdata.zi", "+VERSION"):
            try:
                with (Path(folder) / name).open(encoding="utf-8") as file:
                    found = _VERSION.search(file.readline(100))
            except (OSError, UnicodeDecodeError):
                continue
            if found:
                return found.group()
    return None


def _package_version() -> str | None:
    return str(import_module("tzdata").IANA_VERSION) if _package_folder() else None


@cache
def _package_folder() -> Path | None:
    try:
        place = import_module("tzdata").__file__
    except ModuleNotFoundError:
        return None
    return Path(place).parent if place else None


def _order(version: str) -> tuple[int, int, str]:
    found = _VERSION.search(version)
    return (int(found[1]), len(found[2]), found[2]) if found else (0, 0, "")


def _last_day_of_its_year(version: str | None) -> date | None:
    found = _VERSION.search(version or "")
    return date(int(found[1]), 12, 31) if found else None

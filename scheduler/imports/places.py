"""The time zone of a rate: given, found in the file, or the place of a well-known utility.

Neither an OpenEI record nor the body of a Tesla tariff names a zone, so
whatever was not given is said aloud.
"""

from __future__ import annotations

import re
from typing import Final

from scheduler.errors import Place, Problem, ScheduleError
from scheduler.imports.draft import Zone
from scheduler.schedule import zones
from scheduler.schedule.tariff_sense import check_zone

UNKNOWN: Final = zones.UNKNOWN
"""No zone, so that every reader refuses the file until its owner has written one."""
_PACIFIC, _ARIZONA, _MOUNTAIN, _CENTRAL, _EASTERN, _DETROIT, _HAWAII = (
    "America/Los_Angeles",
    "America/Phoenix",
    "America/Denver",
    "America/Chicago",
    "America/New_York",
    "America/Detroit",
    "Pacific/Honolulu",
)

# EIA utility numbers; a utility whose territory lies in two zones is given by its main one.
_BY_EIA_ID: Final = {
    803: _ARIZONA,
    1015: _CENTRAL,
    4110: _CENTRAL,
    4226: _EASTERN,
    4254: _DETROIT,
    5109: _DETROIT,
    5416: _EASTERN,
    6452: _EASTERN,
    7140: _EASTERN,
    9601: _EASTERN,
    11208: _PACIFIC,
    14328: _PACIFIC,
    14940: _EASTERN,
    15248: _PACIFIC,
    15466: _MOUNTAIN,
    15477: _EASTERN,
    16534: _PACIFIC,
    16572: _ARIZONA,
    16609: _PACIFIC,
    17609: _PACIFIC,
    19547: _HAWAII,
    19876: _EASTERN,
}
_BY_NAME: Final = (
    (r"southern california edison|\bsce\b", _PACIFIC),
    (r"pacific gas|pg\s*&\s*e\b|\bpge\b|portland general", _PACIFIC),
    (r"san diego gas|sdg\s*&\s*e", _PACIFIC),
    (r"sacramento municipal|\bsmud\b", _PACIFIC),
    (r"los angeles (department|dept)|\bladwp\b", _PACIFIC),
    (r"clean power alliance|marin clean energy|\bmce\b|peninsula clean energy", _PACIFIC),
    (r"east bay community energy|\bava community|silicon valley clean|san jose clean", _PACIFIC),
    (r"sonoma clean power|puget sound energy|seattle city light|city of colton", _PACIFIC),
    (r"arizona public service|\baps\b|salt river project|\bsrp\b|tucson electric", _ARIZONA),
    (r"public service co\w* of colorado|xcel energy colorado", _MOUNTAIN),
    (r"hawaiian electric|\bheco\b", _HAWAII),
    (r"commonwealth edison|\bcomed\b|austin energy|\bcps energy\b", _CENTRAL),
    (r"consumers energy|\bdte\b|detroit edison", _DETROIT),
    (r"consolidated edison|\bcon\s*ed(ison)?\b|public service (elec|enterprise)", _EASTERN),
    (r"pse\s*&\s*g|florida power (&|and) light|\bfpl\b|georgia power|duke energy", _EASTERN),
    (r"peco energy|\bpeco\b|dominion energy|virginia electric|jackson electric", _EASTERN),
    (r"ontario energy board|toronto hydro|hydro ottawa|alectra", "America/Toronto"),
    (r"octopus energy|british gas|scottish ?power", "Europe/London"),
    (r"ausgrid|endeavour energy|essential energy", "Australia/Sydney"),
    (r"\bergon\b|energex", "Australia/Brisbane"),
)

# A country that a name or a currency tells, and what the zones of its utilities begin with. Where
# it has one zone that zone is meant; where it has several only the table above can tell.
_COUNTRIES: Final = (
    (r"\bnz\b|new zealand|aotearoa", "NZD", ("Pacific/Auckland",)),
    (r"\bgermany\b|\bdeutschland\b|\bgmbh\b", "", ("Europe/Berlin",)),
    (r"\bspain\b|\bespa[nñ]a\b", "", ("Europe/Madrid",)),
    (r"\bitaly\b|\bitalia\b", "", ("Europe/Rome",)),
    (r"\bfrance\b", "", ("Europe/Paris",)),
    (r"\bjapan\b", "JPY", ("Asia/Tokyo",)),
    (r"\bireland\b(?<!northern ireland)", "", ("Europe/Dublin",)),
    (r"\buk\b|\bgb\b|united kingdom|great britain", "GBP", ("Europe/London",)),
    (r"\baustralia\b", "AUD", ("Australia/",)),
    (r"\bcanada\b", "CAD", ("America/",)),
    (r"\btexas\b", "", (_CENTRAL,)),
    (r"\busa?\b|united states|\bamerica\b", "USD", ("America/", "Pacific/Honolulu")),
)
_OF_THE_EURO: Final = (
    "Europe/Berlin",
    "Europe/Madrid",
    "Europe/Rome",
    "Europe/Paris",
    "Europe/Dublin",
)


def find(
    *,
    given: str | None,
    in_file: str,
    utility: str,
    file: str,
    name: str = "",
    currency: str = "",
    eia_id: object = None,
) -> tuple[Zone, tuple[str, ...]]:
    """The zone and what to say of it. Raises ScheduleError when the given one is no zone."""
    if given:
        return _given(given, in_file, file)
    if in_file and not _fault(in_file):
        return Zone(in_file, "the site's zone, from the imported file"), ()
    ignored = (f'The zone "{in_file}" of the file is not that of a house.',) if in_file else ()
    found = _by_eia_id(eia_id) or _by_words(utility, name, currency)
    if found is None:
        remark = "not known: write the IANA zone of your utility, such as America/Los_Angeles"
        note = (
            "The zone is not known, so the file cannot be used yet: write the IANA zone in place "
            f"of {UNKNOWN}, or import again with --timezone."
        )
        return Zone(UNKNOWN, remark), (note, *ignored)
    note = f"The zone is taken from the utility's place ({found}); check it, or give --timezone."
    return Zone(found, "taken from the utility's place: check it"), (note, *ignored)


def _given(name: str, in_file: str, file: str) -> tuple[Zone, tuple[str, ...]]:
    if fault := _fault(name):
        raise ScheduleError((Problem(Place(file, 1, 1), "timezone", fault, "timezone"),))
    if in_file and in_file != name:
        return Zone(name), (f"The imported file names the zone {in_file}; {name} was asked for.",)
    return Zone(name), ()


def _fault(name: str) -> str | None:
    """Why a name is not the zone of a house; None where it is one."""
    try:
        zones.zone(name)
    except ValueError as error:
        return str(error)
    return next((each.message for each in check_zone(name, "local")), None)


def _by_eia_id(eia_id: object) -> str | None:
    number = str(eia_id).removesuffix(".0") if isinstance(eia_id, (int, float, str)) else ""
    return _BY_EIA_ID.get(int(number)) if re.fullmatch(r"[0-9]{1,6}", number) else None


def _by_words(utility: str, name: str, currency: str) -> str | None:
    """The zone of a known utility, unless a country's name or the currency speaks against it."""
    allowed = _allowed(f"{utility} {name}".lower(), currency.upper())
    lowered = utility.lower()
    found = next((zone for pattern, zone in _BY_NAME if re.search(pattern, lowered)), None)
    if allowed is None or (found or "").startswith(allowed):
        return found
    single = [zone for zone in allowed if not _fault(zone)]
    known = found is not None and len(single) == 1 and len(allowed) == 1
    return single[0] if known else None


def _allowed(words: str, currency: str) -> tuple[str, ...] | None:
    """What the zone must begin with, by the country named in the words, else by the currency."""
    for pattern, _, zones_ in _COUNTRIES:
        if re.search(pattern, words):
            return zones_
    if currency == "EUR":
        return _OF_THE_EURO
    return next((zones_ for _, money, zones_ in _COUNTRIES if money == currency != ""), None)

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

UNKNOWN: Final = "Etc/UTC"
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


def find(
    *, given: str | None, in_file: str, utility: str, eia_id: object, file: str
) -> tuple[Zone, tuple[str, ...]]:
    """The zone and what to say of it. Raises ScheduleError when the given one is no zone."""
    if given:
        return _given(given, in_file, file)
    if in_file and _is_zone(in_file):
        return Zone(in_file, "the site's zone, from the imported file"), ()
    ignored = (f'The zone "{in_file}" of the file is not known here.',) if in_file else ()
    name = _of_utility(utility, eia_id)
    if name is None:
        remark = "NOT KNOWN: write the zone of your utility here"
        note = (
            f"The zone is not known: the file says {UNKNOWN}, which is wrong for nearly "
            "everybody. Set it, or import again with --timezone."
        )
        return Zone(UNKNOWN, remark), (note, *ignored)
    note = f"The zone is taken from the utility's place ({name}); check it, or give --timezone."
    return Zone(name, "taken from the utility's place: check it"), (note, *ignored)


def _given(name: str, in_file: str, file: str) -> tuple[Zone, tuple[str, ...]]:
    try:
        zones.zone(name)
    except ValueError as error:
        problem = Problem(Place(file, 1, 1), "timezone", str(error), "timezone")
        raise ScheduleError((problem,)) from None
    if in_file and in_file != name:
        return Zone(name), (f"The imported file names the zone {in_file}; {name} was asked for.",)
    return Zone(name), ()


def _is_zone(name: str) -> bool:
    try:
        zones.zone(name)
    except ValueError:
        return False
    return True


def _of_utility(utility: str, eia_id: object) -> str | None:
    if isinstance(eia_id, (int, float, str)):
        number = str(eia_id).removesuffix(".0")
        if number.isdigit() and len(number) < 7 and int(number) in _BY_EIA_ID:
            return _BY_EIA_ID[int(number)]
    lowered = utility.lower()
    return next((zone for pattern, zone in _BY_NAME if re.search(pattern, lowered)), None)

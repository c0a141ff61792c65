"""The gauges of `/metrics`, each as its name, its meaning, and how it is had of a state."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from scheduler.outlets.web.source import State, as_wanted, turning
from scheduler.setting import Mode

Rows = Iterable[tuple[tuple[str, ...], float | None]]

FRESH_SECONDS: Final = 900.0
"""A charge that is older says nothing of now, and is left out."""
_WORDS: Final = ("good", "waiting", "attention", "failing")
_LACKING: Final = frozenset({"overdue", "trying", "refused", "unverified"})


def overdue(state: State) -> float | None:
    """Since when what is wanted is not proven, in seconds; 0 where it is, or where a pause or a
    guard holds it back. With no service, by the last proof in the audit."""
    if not state.get("wanted"):
        return None
    if as_wanted(state) or _held(state):
        return 0.0
    if not turning(state):
        return _age(state, state["wanted"]["since"])
    lacking = [each["since"] for each in state["health"]["details"] if each["id"] in _LACKING]
    since = min((each for each in lacking if each), default=None)
    return 0.0 if since is None else _age(state, since)


def _held(state: State) -> bool:
    paused = any(each["kind"] == "pause" for each in state.get("leases", ()))
    return paused or any(each["id"] == "deferred" for each in state["health"]["details"])


def _age(state: State, since: str | None) -> float | None:
    if since is None:
        return None
    now = datetime.fromisoformat(state["now"])
    return max(0.0, (now - datetime.fromisoformat(since)).total_seconds())


def _at(*path: str) -> Callable[[State], float | None]:
    """The instant at a place of the state, as seconds since 1970."""

    def found(state: State) -> float | None:
        value: Any = state
        for key in path:
            value = value.get(key) if isinstance(value, Mapping) else None
        return datetime.fromisoformat(value).timestamp() if isinstance(value, str) else None

    return found


def _charge(state: State) -> float | None:
    read = state.get("read")
    if not turning(state) or not read or read["charge"] is None:
        return None
    return None if read["age_seconds"] > FRESH_SECONDS else read["charge"] / 100


def _reachable(state: State) -> float | None:
    known = state["gateway"]["reachable"]
    return None if known is None else float(known)


def _file(key: str) -> Callable[[State], float | None]:
    def found(state: State) -> float | None:
        schedule = state.get("schedule_in_force")
        if schedule is None or not turning(state):
            return None
        value = schedule[key]
        return float(len(value) if isinstance(value, list) else value)

    return found


PLAIN: Final[tuple[tuple[str, str, Callable[[State], float | None]], ...]] = (
    ("tou_up", "1 where the service runs and answers.", lambda s: float(turning(s))),
    ("tou_as_wanted", "1 where all that is wanted is proven.", lambda s: float(_proven(s))),
    (
        "tou_overdue_seconds",
        "For how long what is wanted is not proven; the one to be alarmed by.",
        overdue,
    ),
    ("tou_simulated", "1 on a simulated gateway.", lambda s: float(s["gateway"]["simulated"])),
    ("tou_dry_run", "1 where nothing is sent.", lambda s: float(s["dry_run"])),
    ("tou_gateway_reachable", "1 where the gateway answers.", _reachable),
    ("tou_charge_ratio", "Charge of the battery, of what the app shows as full.", _charge),
    ("tou_incidents", "Open incidents.", lambda s: float(len(s.get("incidents", ())))),
    ("tou_schedule_file_differs", "1 where the file is not in force.", _file("file_differs")),
    ("tou_schedule_problems", "Problems of the file on the disk.", _file("file_problems")),
    (
        "tou_confirmed_timestamp_seconds",
        "When the setting in force was proven.",
        _at("confirmed", "at"),
    ),
    ("tou_read_timestamp_seconds", "When the gateway was last read.", _at("read", "at")),
    (
        "tou_next_boundary_timestamp_seconds",
        "When another setting will be wanted.",
        _at("next", "at"),
    ),
    ("tou_next_job_timestamp_seconds", "When the next job is due.", _at("next_job", "at")),
    (
        "tou_service_start_timestamp_seconds",
        "Since when the service runs.",
        _at("service", "since"),
    ),
    (
        "tou_service_seen_timestamp_seconds",
        "The service's last sign of life.",
        _at("service", "seen"),
    ),
    (
        "tou_turn_timestamp_seconds",
        "When the controller last ended a turn.",
        _at("service", "turned"),
    ),
)


def _proven(state: State) -> bool:
    return turning(state) and as_wanted(state)


def _settings(state: State) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """What is wanted, and what was proven and read; without a service nobody knows the latter."""
    read = state.get("read") or {}
    found = {"wanted": state.get("wanted"), "confirmed": state.get("confirmed")}
    found["read"] = read.get("setting")
    for which, setting in found.items():
        if setting and (which == "wanted" or turning(state)):
            yield which, setting


def _modes(state: State) -> Rows:
    for which, setting in _settings(state):
        for mode in Mode:
            yield (which, mode.value), float(setting.get("mode") == mode.value)


def _reserves(state: State) -> Rows:
    for which, setting in _settings(state):
        reserve = setting.get("reserve_percent")
        if isinstance(reserve, int | float):
            yield (which,), reserve / 100


def _wanted(state: State) -> Rows:
    wanted = state.get("wanted")
    if wanted:
        yield tuple(wanted[key] or "" for key in _WHY), 1.0


_WHY: Final = ("rule", "period", "season", "day_class")


def _health(state: State) -> Rows:
    return [((word,), float(word == state["health"]["word"])) for word in _WORDS]


def _reasons(state: State) -> Rows:
    """Each once: several of one id differ only in their text."""
    return [((each,), 1.0) for each in sorted({x["id"] for x in state["health"]["details"]})]


def _leases(state: State) -> Rows:
    kinds = [each["kind"] for each in state.get("leases", ())]
    return [((kind,), float(kinds.count(kind))) for kind in ("override", "pause", "skip")]


def _guards(state: State) -> Rows:
    for guard in state.get("guards", ()):
        yield (str(guard["name"]),), _at("since")(guard)


def _budgets(of: str) -> Callable[[State], Rows]:
    def found(state: State) -> Rows:
        budget = state["gateway"].get("budget") or {}
        return [((name,), float(figure[of])) for name, figure in budget.items()]

    return found


LABELLED: Final[tuple[tuple[str, str, tuple[str, ...], Callable[[State], Rows]], ...]] = (
    ("tou_setting", "1 for the mode that is wanted, confirmed, read.", ("which", "mode"), _modes),
    ("tou_reserve_ratio", "The reserve, on the app's scale.", ("which",), _reserves),
    ("tou_wanted_info", "The rule that decides, and in what period; always 1.", _WHY, _wanted),
    ("tou_health", "1 for the word of the health.", ("word",), _health),
    ("tou_reason", "1 for each reason that speaks against good.", ("id",), _reasons),
    ("tou_leases", "Leases in force.", ("kind",), _leases),
    (
        "tou_guard_since_timestamp_seconds",
        "Since when each guard in force holds.",
        ("guard",),
        _guards,
    ),
    ("tou_budget_left", "What is left of a budget.", ("budget",), _budgets("left")),
    ("tou_budget_limit", "What a budget has in all.", ("budget",), _budgets("of")),
)

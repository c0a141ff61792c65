"""The state of a site as one flat JSON object. What nobody knows at present is null: a service that
is gone leaves no old word behind. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

State = Mapping[str, Any]
Message = dict[str, Any]

_MOST_REASONS: Final = 5
_LONGEST: Final = 200
_WANTED: Final = ("wanted_mode", "wanted_reserve", "rule", "period")
_LIVE: Final = (
    "problem", "as_wanted", "mode", "reserve", "confirmed_at", *_WANTED, "charge", "next_at",
    "next_mode", "next_reserve", "next_rule", "next_job", "next_job_at", "override_until",
    "paused_until", "last_run", "last_outcome", "last_run_at", "gateway", "simulated", "dry_run",
)  # fmt: skip
FRESH: Final = timedelta(minutes=15)
"""A charge that was read longer ago says nothing of now."""


def of_state(state: State, *, patience: timedelta) -> Message:
    """What is told of a site whose service answers; of one whose controller hangs, only that."""
    turned = state["service"].get("turned")
    still = _between(turned, state["now"]) if turned else timedelta(0)
    if still > patience:
        minutes = still.total_seconds() / 60
        why = f"The service answers, but its controller has not looked for {minutes:.0f} min."
        return gone(state["site"], state["now"], why, running=True)
    health = state["health"]
    return {
        **_head(state["site"], state["now"]),
        "running": True,
        "health": health["word"],
        "problem": not health["ok"],
        "reasons": [_short(text) for text in health["reasons"][:_MOST_REASONS]],
        **_settings(state),
        "charge": _charge(state),
        **_coming(state),
        **_leases(state),
        **_last(state),
        "gateway": state["gateway"]["reachable"],
        "simulated": state["gateway"]["simulated"],
        "dry_run": state["dry_run"],
        "version": state["service"]["version"],
    }


def gone(site: str, now: str, why: str, *, running: bool | None = False) -> Message:
    """What is told where no service can be heard; with `running` None nobody looks any more."""
    failing = running is not None
    return {
        **_head(site, now),
        "running": running,
        "health": "failing" if failing else None,
        **dict.fromkeys(_LIVE),
        "problem": True if failing else None,
        "reasons": [_short(why)],
        "version": None,
    }


def is_live(message: Message) -> bool:
    """Whether it says how the battery is now."""
    return message["as_wanted"] is not None


def _head(site: str, now: str) -> Message:
    return {"site": site, "at": now}


def _settings(state: State) -> Message:
    wanted, confirmed = state["wanted"], state["confirmed"] or {}
    return {
        "as_wanted": _as_wanted(wanted, confirmed),
        "mode": confirmed.get("mode"),
        "reserve": _percent(confirmed.get("reserve_percent")),
        "confirmed_at": confirmed.get("at"),
        "wanted_mode": wanted["mode"],
        "wanted_reserve": _percent(wanted["reserve_percent"]),
        "rule": wanted["rule"],
        "period": wanted["period"],
    }


def _as_wanted(wanted: State, confirmed: State) -> bool:
    """Whether all that is wanted was read back equal; a hold's reserve is the one of the proof."""
    keys = [key for key in ("mode", "reserve_percent", "grid_charging", "export") if key in wanted]
    return bool(confirmed) and all(
        wanted[key] == confirmed.get(key) for key in keys if wanted[key] != "hold"
    )


def _charge(state: State) -> float | None:
    read = state["read"]
    if not read or read["charge"] is None or read["age_seconds"] > FRESH.total_seconds():
        return None
    return round(float(read["charge"]), 1)


def _coming(state: State) -> Message:
    entry, job = state["next"] or {}, state["next_job"] or {}
    return {
        "next_at": entry.get("at"),
        "next_mode": entry.get("mode"),
        "next_reserve": _percent(entry.get("reserve_percent")),
        "next_rule": entry.get("name"),
        "next_job": job.get("name"),
        "next_job_at": job.get("at"),
    }


def _leases(state: State) -> Message:
    ends = {each["kind"]: each["until"] for each in state["leases"]}
    return {"override_until": ends.get("override"), "paused_until": ends.get("pause")}


def _last(state: State) -> Message:
    run = state["last_run"] or {}
    return {
        "last_run": run.get("name"),
        "last_outcome": run.get("outcome"),
        "last_run_at": run.get("started_at"),
    }


def _percent(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def _between(earlier: str, later: str) -> timedelta:
    return datetime.fromisoformat(later) - datetime.fromisoformat(earlier)

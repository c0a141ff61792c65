"""What the matrices try, for the tests and for the page that counts them."""

from __future__ import annotations

CRASHES = {
    "switch": 25,
    "login": 40,
    "expired session": 40,
    "second crash": 40,
    "firmware check": 15,
    "migration": 10,
    "switch of proxy": 10,
    "switch of v1r": 10,
    "switch of fleet": 10,
}
"""Every act that is killed at each of its points, and the fewest points it has."""

FAULTS: dict[str, dict[str, str]] = {
    "proxy": {
        "refused": "refuse",
        "500": "fails:500:{n}",
        "503": "fails:503:{n}",
        "429": "fails:429:{n}",
        "401": "fails:401:{n}",
        "404": "fails:404:{n}",
        "a page of HTML": "garbage:{n}",
        "mode's answer lost": "answer_lost:/control/mode:{n}",
        "reserve's answer lost": "answer_lost:/control/reserve:{n}",
        "no secret there": "disabled",
        "nothing behind it": "unreadable:{n}",
        "not taken": "not_taken:{n}",
        "changes nothing": "ignored:{n}",
        "stale": "stale",
    },
    "v1r": {
        "refused": "refuse",
        "busy": "busy:{n}",
        "limited": "limited:{n}",
        "cut off": "drop:{n}",
        "garbage": "garbage:{n}",
        "huge": "huge:{n}",
        "packed": "packed:{n}",
        "tokens dead": "kill_tokens:{n}",
        "no date": "no_date",
        "lock taken": "lock_conflict:{n}",
        "update ignored": "update_ignored:{n}",
        "answer lost": "answer_lost:{n}",
        "half a file": "half_file:{n}",
    },
    "fleet": {
        "refused": "refuse",
        "500": "fails:500:{n}",
        "503": "fails:503:{n}",
        "408 on a command": "fails:operation/408:{n}",
        "cut off": "drop:{n}",
        "garbage": "garbage:{n}",
        "null response": "null_response:{n}",
        "mode changes nothing": "ignored:operation:{n}",
        "reserve changes nothing": "ignored:backup:{n}",
        "mode's answer lost": "answer_lost:operation:{n}",
        "reserve's answer lost": "answer_lost:backup:{n}",
        "a token dead": "kill_tokens:{n}",
        "refresh lost": "refresh_lost:{n}",
        "late in force": "lag:0.05",
    },
}
"""By transport: each fault in words, and how its simulated server is told; {n} is how often."""

STEPS = {"proxy": 5, "v1r": 6, "fleet": 6}
"""Before which of its requests a fault strikes; a switch has so many, and the look before it."""

TIMES = {"once": 1, "three times": 3, "ten minutes": -1}

COSTLY = frozenset({"packed"})
"""Faults whose server works for seconds on each answer: not for ten minutes."""


def times_of(fault: str) -> tuple[int, ...]:
    """How often a fault strikes."""
    return tuple(each for each in TIMES.values() if each > 0 or fault not in COSTLY)


def cells_of(name: str) -> int:
    """How many switches are tried with a fault on this transport."""
    return sum(STEPS[name] * len(times_of(fault)) for fault in FAULTS[name])

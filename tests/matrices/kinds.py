"""What the matrices try, for the tests and for the page that counts them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

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
    "renewal of fleet": 14,
}
"""Every act that is killed at each of its points, and the fewest points it has."""

FAULTS: dict[str, dict[str, str]] = {
    "local": {
        "refused": "refuse",
        "silent": "silent",
        "another certificate": "stranger:{n}",
        "cut off": "drop:{n}",
        "busy": "busy:{n}",
        "limited": "limited:{path}:{n}",
        "asks for years": "busy:{n} retry_after:1e9",
        "never answered": "hang:{path}:{n}",
        "drips": "drip:{n}",
        "endless": "endless:{n}",
        "huge": "huge:{n}",
        "deep": "deep:{n}",
        "garbage": "garbage:{n}",
        "blank": "blank:{n}",
        "packed": "packed:{n}",
        "bad gateway": "bad_gateway:{n}",
        "error in a body": "error_body:{n}",
        "missing": "missing:{path}:{n}",
        "answer lost": "answer_lost:{path}:{n}",
        "restarts": "reboot:{path}:{n}",
        "a null mode": "null:real_mode:{n}",
        "no reserve": "without:backup_reserve_percent:{n}",
        "a reserve in words": "typed:backup_reserve_percent:{n}",
        "sessions gone": "kill_tokens:{n}",
        "too many logins": "too_many:{n}",
        "reads forbidden": "reads_forbidden",
        "password reverted": "password_reverted",
        "a dead session is forbidden": "kill_tokens:{n} dead_token:403",
        "sessions die at once": "token_life:0",
        "default password": "default_password",
        "off grid": "islanded",
        "a stop refused": "stop_refused",
        "a version of null": "null:version:{n}",
        "a version that is a number": "typed:version:{n}",
        "keys that nobody knows": "extra_keys",
        "plain text": "text_type",
        "float noise": "noise",
        "a commit that lags": "commit_lag",
        "its clock a day ahead": "clock_offset:86400",
        "login lost": "login_lost:{n}",
        "commit lost": "commit_lost:{n}",
        "mode dropped": "old_mode:{n}",
        "stays down": "stays_down:{n}",
    },
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
        # In real seconds: after the first read-back, and well before the next boundary, which comes
        # some hundredths of a second later here.
        "late in force": "lag:0.005",
    },
}
"""By transport: each fault in words, and how its simulated server is told; {n} is how often, {path}
that of the request which meets it first."""

ALWAYS = -1
TIMES = {"once": 1, "three times": 3, "ten minutes": ALWAYS}
STEPS = {"proxy": 5, "v1r": 6, "fleet": 6}
"""Before which of its requests a fault strikes; a switch has so many, and the look before it."""
LOCAL: dict[int, tuple[tuple[bool, range], ...]] = {
    1: ((False, range(6)), (True, range(10))),
    3: ((True, range(0, 10, 2)),),
    ALWAYS: ((True, range(1, 6, 4)),),
}
"""The same of the local gateway, with a session and without one, whose login is a stop as well."""

PULSE = 30.0
# A setting is in force a pulse after its fault, and the waits of the back-off after what the fault
# may have left behind.
SOON = 3 * PULSE
# A certificate is looked at again each minute, a refusal within five. A gateway that limits logins
# is left alone for five minutes, then ten (one that was armed too late for its switch strikes
# beside the next one), or as long as it asks, up to fifteen.
SOON_AFTER = {
    "another certificate": 60.0 + PULSE,
    "reads forbidden": 300.0 + PULSE,
    "password reverted": 300.0 + PULSE,
    "default password": 300.0 + PULSE,
    "sessions die at once": 300.0 + PULSE,
    "limited": 300.0 + PULSE,
    "too many logins": 300.0 + 600.0 + 2 * PULSE,
    "asks for years": 900.0 + PULSE,
}
# A fault that stays has lengthened the waits: those of a refusal to fifteen minutes, thrice.
SOON_AFTER_LONG = 5 * 60.0
SOON_AFTER_REFUSALS = 3 * 900.0 + PULSE
REFUSES = frozenset(SOON_AFTER)
# Elsewhere a wait of fifteen minutes, and some pulses.
SOON_ELSEWHERE = 20 * 60.0
# Logins while one fault stays and is overcome: one an attempt, and attempts are ever rarer.
LOGINS = 24


@dataclass(frozen=True, slots=True)
class Cell:
    """One switch with one fault."""

    text: str
    times: int
    """How often it strikes; a fault that is not counted stays as many pulses long."""
    at: int
    """Before the request of this number."""
    cold: bool = False
    """Whether the process has just begun, with no session."""
    soon: float = SOON_ELSEWHERE
    """Seconds within which all must be well after it."""

    @property
    def counted(self) -> bool:
        """Whether it ends by itself."""
        return "{n}" in self.text


def cells(name: str, fault: str) -> Iterator[Cell]:
    """Every switch that is tried with a fault on a transport."""
    text = FAULTS[name][fault]
    if name != "local":
        for times in TIMES.values():
            # Where it stays, only the first attempt knows before which request it began.
            steps = range(0, STEPS[name], 2 if times == ALWAYS else 1)
            yield from (Cell(text, times, at) for at in steps)
        return
    for times, table in LOCAL.items():
        soon = SOON_AFTER.get(fault, SOON)
        if times != 1:
            soon = SOON_AFTER_REFUSALS if fault in REFUSES else SOON_AFTER_LONG
        for cold, steps in table:
            yield from (Cell(text, times, at, cold, soon) for at in steps)


def cells_of(name: str) -> int:
    """How many switches are tried on a transport."""
    return sum(len(list(cells(name, fault))) for fault in FAULTS[name])

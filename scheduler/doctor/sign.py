"""What a check found, in words for the owner."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from scheduler.errors import SchedulerError
from scheduler.plain import as_json

Weight = Literal["fine", "doubtful", "wrong", "unknown"]
# What must be mended first decides the code.
_ORDER = (78, 77, 69, 1)
SENTENCES = re.compile(r"(?<=[.]) (?=[A-Z`])")


@dataclass(frozen=True, slots=True)
class Sign:
    """One thing that works, or does not."""

    id: str
    """The name of the check."""
    text: str
    weight: Weight = "fine"
    do: str | None = None
    """What to do about it."""
    code: int = 0
    """The exit code it asks for."""

    def to_json(self) -> dict[str, Any]:
        """As every view has it."""
        return as_json(self, "code")


@dataclass(frozen=True, slots=True)
class Signs:
    """What was found out about one gateway."""

    transport: str
    gateway: str | None
    """As the audit calls it; None where it could not be opened."""
    simulated: bool
    found: tuple[Sign, ...]

    def to_json(self) -> dict[str, Any]:
        """As every view has it."""
        return {
            "transport": self.transport,
            "gateway": self.gateway,
            "simulated": self.simulated,
            "works": not any(each.weight == "wrong" for each in self.found),
            "findings": [each.to_json() for each in self.found],
        }


def of_error(id_: str, error: SchedulerError) -> Sign:
    """An error says in its first sentence what happened, and then what to do."""
    text, *rest = SENTENCES.split(str(error), maxsplit=1)
    return Sign(id_, text, "wrong", rest[0] if rest else None, code=error.exit_code)


def exit_code(found: Iterable[Sign]) -> int:
    """Of all findings together: settings or schedule before the gateway's refusal, before its
    silence, before what merely does not work."""
    codes = {each.code for each in found}
    return next((code for code in _ORDER if code in codes), 0)

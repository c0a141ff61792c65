"""One measured figure and its budget."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """What was measured, how much it came to, and whether that is within the budget."""

    what: str
    measured: float
    unit: str
    budget: str
    met: bool

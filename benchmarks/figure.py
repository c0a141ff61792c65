"""One measured figure beside its budget."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """What was measured; `met` is None for a figure that has no budget."""

    what: str
    measured: float
    unit: str
    budget: float | None
    met: bool | None

"""One measured figure beside its budget."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """What was measured; `met` is None for a figure that has no budget."""

    what: str
    measured: float
    unit: str
    budget: float | None
    met: bool | None


def undisturbed(taken: Iterable[float]) -> float:
    """What something takes by itself, of the times it took: what else the machine does at the
    time only adds, so that it is one of the shortest."""
    found = sorted(taken)
    return found[len(found) // 40]

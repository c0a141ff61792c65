"""Measures every budget in one run and prints it beside its figure, met or not."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

from benchmarks import audit, commands, idle, outlets, plan, sites, switching
from benchmarks.figure import Figure

PARTS: dict[str, Callable[[], list[Figure]]] = {
    "plan": plan.measure,
    "commands": commands.measure,
    "switch": switching.measure,
    "service": idle.measure,
    "audit": audit.measure,
    "sites": sites.measure,
    "outlets": outlets.measure,
}


def main(names: list[str]) -> None:
    """Measure the parts named, or all: each in a process of its own, since the memory that one
    part leaves would hide what the next one takes."""
    if len(names) == 1:
        _measure(names[0])
        return
    print(f"{'what':58} {'measured':>12} {'budget':>12}", flush=True)
    for name in names or PARTS:
        subprocess.run([sys.executable, "-m", "benchmarks", name], check=True)


def _measure(name: str) -> None:
    for figure in PARTS[name]():
        budget = "-" if figure.budget is None else f"<= {figure.budget:g}"
        verdict = {True: "met", False: "NOT MET", None: ""}[figure.met]
        measured = f"{figure.measured:.3g} {figure.unit}".strip()
        print(f"{figure.what:58} {measured:>12} {budget:>12}  {verdict}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])

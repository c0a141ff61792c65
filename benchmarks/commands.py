"""Commands as a person waits for them: the whole process, start-up included."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from datetime import timedelta

from benchmarks.figure import Figure, undisturbed
from benchmarks.plan import START, YEAR
from scheduler.plan.effect import effect
from scheduler.schedule import library
from scheduler.schedule.load import load_schedule

RUNS = 9
INSTANTS = 10_000


def measure() -> list[Figure]:
    """`tou check`, many instants of `tou tariff at`, and the effect of an edit over a year."""
    check = _shortest("check", str(library.shipped() / "sce-tou-d-4-9pm.yaml"))
    instants = "".join(
        f"{START + timedelta(hours=n):%Y-%m-%dT%H:%M:%SZ}\n" for n in range(INSTANTS)
    )
    at = _shortest("tariff", "at", "sce-tou-d-4-9pm", "-", given=instants)
    return [
        Figure("tou check, a process", check, "s", 0.4, check <= 0.4),
        Figure(f"tou tariff at, {INSTANTS} instants, a process", at, "s", None, None),
        Figure("effect of an edit over a year", _effect(), "ms", None, None),
    ]


def _shortest(*words: str, given: str = "") -> float:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("TOU_")}
    taken = []
    for _ in range(RUNS):
        begun = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "scheduler", *words],
            env=kept,
            input=given,
            text=True,
            stdout=subprocess.DEVNULL,
            check=True,
        )
        taken.append(time.perf_counter() - begun)
    return undisturbed(taken)


def _effect() -> float:
    old = load_schedule(library.shipped() / "sce-tou-d-a.yaml").schedule
    new = load_schedule(library.shipped() / "sce-tou-d-4-9pm.yaml").schedule
    begun = time.perf_counter()
    effect(old, new, START, START + YEAR)
    return (time.perf_counter() - begun) * 1000

"""`tou doctor`: what works with this gateway and what does not, and what to do."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterable, Iterator

import click

from scheduler import settings
from scheduler.cli.show import SIMULATION, echo_answer, format_option
from scheduler.cli.table import printable
from scheduler.doctor import Sign, Signs, examine_all, exit_code

_MARKS = {"fine": "ok", "doubtful": "note", "wrong": "NO", "unknown": "?"}


@click.command("doctor")
@format_option()
def doctor_command(form: str) -> None:
    """Look at the gateway of the settings and say what will work, what will not, and what to do.

    Writes nothing to the gateway, and sends no login that stops the battery. Where a look is paid
    for, one is taken. Exit code 0 where all is well; 1 where something does not work; 69
    unreachable; 77 refused; 78 settings or schedule wrong.

    Example: tou doctor --format json
    """
    chosen = settings.load()
    beside, gateways = asyncio.run(examine_all(chosen))
    found = (*beside, *(each for one in gateways for each in one.found))
    code = exit_code(found)
    told = as_json(beside, gateways, code)
    echo_answer(form, told, lambda: "\n".join(lines(beside, gateways)))
    sys.exit(code)


def as_json(beside: Iterable[Sign], gateways: Iterable[Signs], code: int) -> dict[str, object]:
    return {
        "ok": code == 0,
        "exit_code": code,
        "schedule": [each.to_json() for each in beside],
        "gateways": [each.to_json() for each in gateways],
    }


def lines(beside: Iterable[Sign], gateways: Iterable[Signs]) -> Iterator[str]:
    """A line for each finding, and in the end what follows."""
    everything = [*beside]
    yield from (_line(each) for each in everything)
    for one in gateways:
        if one.simulated:
            yield SIMULATION
        yield f"{one.transport}: {printable(one.gateway or 'not opened')}"
        yield from (_line(each) for each in one.found)
        everything += one.found
    yield ""
    yield from _verdict(everything)


def _line(each: Sign) -> str:
    return f"  {_MARKS[each.weight]:<5}{each.id:<12}{printable(each.text)}"


def _verdict(everything: list[Sign]) -> Iterator[str]:
    wrong = [each for each in everything if each.weight == "wrong"]
    todo = list(dict.fromkeys(each.do for each in everything if each.do))
    if wrong:
        names = ", ".join(dict.fromkeys(each.id for each in wrong))
        yield f"Does not work: {names}."
    else:
        yield "The schedule will be kept, as far as looking tells."
    if todo:
        yield "What to do:"
        yield from (f"  - {printable(each)}" for each in todo)

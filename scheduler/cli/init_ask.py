"""What `tou init` asks a person at a terminal, one step at a time; each step can be an option."""

from __future__ import annotations

from collections.abc import Sequence

import click

from scheduler.cli.chosen import Found, every
from scheduler.recipes import PURPOSES, Purpose

_MOST_LISTED = 20


def tariff(found: Sequence[Found]) -> Found:
    """One of the tariffs, by number; first fewer of them, by a word of the utility or the plan."""
    while True:
        if len(found) <= _MOST_LISTED:
            for number, each in enumerate(found, start=1):
                click.echo(f"{number:3}  {each.tariff.name}  ({each.tariff.utility or 'unknown'})")
            answer = click.prompt("Your tariff: a number, or a word to look for", type=str)
        else:
            click.echo(f"There are {len(found)} tariffs.")
            answer = click.prompt("Your utility, plan or place: a word to look for", type=str)
        numbers = [str(number) for number in range(1, min(len(found), _MOST_LISTED) + 1)]
        if answer.strip() in numbers:
            return found[int(answer) - 1]
        fitting = [each for each in every() if fits(each, answer)]
        if not fitting:
            click.echo(
                f"No tariff has {answer!r}. With a rate as JSON: tou init --import FILE. "
                "See tou tariff import --help for where to get one."
            )
        found = fitting or found


def fits(found: Found, words: str) -> bool:
    """Whether every word is somewhere in a tariff's names."""
    tariff = found.tariff
    names = (tariff.id, tariff.name, tariff.utility, tariff.timezone, tariff.region, tariff.country)
    text = " ".join([*filter(None, names), *tariff.aliases]).casefold()
    return all(word in text for word in words.casefold().split())


def purpose() -> Purpose:
    """What the battery is for, by number or word."""
    click.echo("What is the battery for?")
    known = {each.value: each for each in PURPOSES}
    for number, (each, words) in enumerate(PURPOSES.items(), start=1):
        click.echo(f"{number:3}  {each.value:<5} {words}")
        known[str(number)] = each
    answer: str = click.prompt(
        "Purpose", type=click.Choice(list(known)), default="1", show_choices=False
    )
    return known[answer]


def reserve(most: int) -> int:
    """The charge below which the battery is kept for an outage."""
    answer: int = click.prompt(
        "Percent to keep for an outage, in the Tesla app's scale",
        type=click.IntRange(0, most),
        default=20,
    )
    return answer


def gateway(known: Sequence[str]) -> str:
    """Which gateway; the simulated one until a person is sure."""
    answer: str = click.prompt("Gateway", type=click.Choice(known), default="simulated")
    return answer

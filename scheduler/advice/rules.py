"""Checks of rules over the coming year: what never decides, and what does so too briefly."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from typing import Final

from scheduler.advice.outlook import Outlook, place_of, warning, whole
from scheduler.clock import format_duration
from scheduler.errors import Problem
from scheduler.plan.switches import breaks
from scheduler.schedule.values import Rule
from scheduler.setting import HOLD

SETTLING: Final = timedelta(minutes=2)
"""What a battery takes at most to follow a setting."""

_SECOND: Final = timedelta(seconds=1)


def inset_too_long(outlook: Outlook) -> Iterator[Problem]:
    """An inset is shorter than the stretches of the coming year that it shrinks; an error where
    it leaves none of them."""
    for index, rule in enumerate(outlook.schedule.rules):
        cut = rule.inset.start + rule.inset.end
        if not cut or rule.condition.always:
            continue
        stretches = outlook.stretches[index]
        known = [each for each in stretches if whole(each)]
        lost = [each for each in known if each.end - each.start <= cut // _SECOND]
        if not lost:
            continue
        length = format_duration(timedelta(seconds=lost[0].end - lost[0].start))
        took = f"The inset takes {format_duration(cut)}"
        path = f"rules[{index}].inset"
        if len(lost) == len(stretches):
            message = (
                f"{took}, and every stretch of the coming year is that short or shorter (the "
                f"first lasts {length}), so the rule never holds. Write a shorter one."
            )
            yield Problem(place_of(rule, path), path, message, "inset-too-long")
            continue
        message = (
            f"{took} and leaves nothing of {len(lost)} of the {len(stretches)} stretches of the "
            f"coming year, first of that on {outlook.words(lost[0].start)}, which lasts {length}. "
            "Write a shorter one, or leave those days out."
        )
        yield warning(rule, path, message, "inset-too-long")


def never_holds(outlook: Outlook) -> Iterator[Problem]:
    """Every rule decides at some time within the coming two years."""
    refused = {each.path for each in inset_too_long(outlook) if each.severity == "error"}
    for index, rule in enumerate(outlook.schedule.rules[:-1]):
        told = f"rules[{index}].inset" in refused or outlook.over(rule.condition)
        if told or rule.name in outlook.deciding:
            continue
        message = (
            f'"{rule.name}" decides at no time within two years: its condition does not hold, or '
            "the rules above it win whenever it does. Move it up, or remove it."
        )
        yield warning(rule, f"rules[{index}]", message, "never-holds")


def boundary_too_near(outlook: Outlook) -> Iterator[Problem]:
    """A setting stays for at least the two minutes that a battery takes to follow."""
    changes = _changes(outlook)
    told: set[str] = set()
    for (at, rule_index), (following, _) in pairwise(changes):
        rule = outlook.schedule.rules[rule_index]
        if following - at >= SETTLING // _SECOND or rule.name in told:
            continue
        told.add(rule.name)
        lasts = format_duration(timedelta(seconds=following - at))
        message = (
            f'"{rule.name}" lasts only {lasts} on {outlook.words(at)}; a battery takes up to '
            f"{format_duration(SETTLING)} to follow. Let windows meet, or leave more between them."
        )
        yield warning(rule, f"rules[{rule_index}]", message, "boundary-too-near")


def hold_without_end(outlook: Outlook) -> Iterator[Problem]:
    """hold stands in a rule that ends, and another setting follows it.

    `hold` in the last rule, or holds that follow each other without an end: the charge is read
    at each of them and can then only fall.
    """
    rules = outlook.schedule.rules
    deciding = {rule.name for _, rule in outlook.decisions}
    never_left = all(_holds(rule) for rule in rules if rule.name in deciding)
    for index, rule in enumerate(rules):
        last = index == len(rules) - 1
        if not _holds(rule) or not (last or (never_left and rule.name in deciding)):
            continue
        alone = last or len(deciding) == 1
        what = "has no end of its own" if alone else "is followed by nothing but other holds"
        message = (
            f'"{rule.name}" holds the charge and {what}, so the battery may stand '
            "still for good. Write a percentage here, and hold in a rule with a condition."
        )
        yield warning(rule, f"rules[{index}].reserve", message, "hold-without-end")


def left_as_it_was(outlook: Outlook) -> Iterator[Problem]:
    """grid_charging or export, once named in a rule, is named in every rule."""
    rules = outlook.schedule.rules
    for key in ("grid_charging", "export"):
        names = [rule for rule in rules if getattr(rule.setting, key) is not None]
        if not names:
            continue
        for index, rule in enumerate(rules):
            if getattr(rule.setting, key) is None:
                message = (
                    f'"{names[0].name}" names {key} and "{rule.name}" does not, so it stays as '
                    f"it was when this rule begins. Name {key} here too."
                )
                yield warning(rule, f"rules[{index}]", message, "left-as-it-was")


def _holds(rule: Rule) -> bool:
    return rule.setting.reserve == HOLD


def _changes(outlook: Outlook) -> list[tuple[int, int]]:
    """(instant, index of the rule) wherever the setting changes, without what is now in force."""
    places = {rule.name: index for index, rule in enumerate(outlook.schedule.rules)}
    return [
        (at, places[rule.name])
        for (_, before), (at, rule) in pairwise(outlook.decisions)
        if breaks(before, rule)
    ]

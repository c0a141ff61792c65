"""What every verb says of itself."""

from __future__ import annotations

from collections.abc import Iterator

import click
import pytest

from scheduler.cli.root import tou as root

from .conftest import Tou


def verbs(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        yield (*path, name)
        if isinstance(command, click.Group):
            yield from verbs(command, (*path, name))


EVERY = list(verbs(root))


@pytest.mark.parametrize("words", EVERY, ids=" ".join)
def test_every_verb_has_an_example_on_a_line_of_its_own_within_eighty_columns(
    tou: Tou, words: tuple[str, ...]
) -> None:
    lines = tou(*words, "--help").out.splitlines()

    examples = [line for line in lines if line.startswith("  Example: ")]
    assert len(examples) == 1
    assert "tou " in examples[0]
    following = lines[lines.index(examples[0]) + 1 :]
    assert not following or not following[0].strip(), "the example is cut"
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize("words", [(), *[each for each in EVERY if len(each) == 1]], ids=" ".join)
def test_no_line_of_help_is_cut(tou: Tou, words: tuple[str, ...]) -> None:
    assert "..." not in tou(*words, "--help").out.replace("[ARGS]...", "").replace("T...", "")


@pytest.mark.parametrize("columns", [20, 60, 80, 200])
def test_help_is_written_at_every_width(
    tou: Tou, monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))

    answer = tou("--help")

    assert answer.code == 0
    assert "calendar" in answer.out


def test_tou_alone_prints_the_verbs_under_headings(tou: Tou) -> None:
    answer = tou()

    assert answer.code == 2
    headings = [line for line in answer.err.splitlines() if line and line[0] != " "]
    assert headings[1:] == ["Options:", "See:", "Write schedules:", "Act:", "Look after:"]
    for name, *more in EVERY:
        assert more or f"  {name}" in answer.err


UNKNOWN = {
    "plna": "Did you mean plan?",
    "Staus": "Did you mean status?",
    "log": "Did you mean audit?",
    "validate": "Did you mean check?",
    "xyzzy": "tou --help lists them.",
    "\x1b[2J": 'no verb "\\x1b[2J"',
}


@pytest.mark.parametrize(("word", "hint"), UNKNOWN.items(), ids=map(repr, UNKNOWN))
def test_an_unknown_verb_is_told_the_nearest(tou: Tou, word: str, hint: str) -> None:
    answer = tou(word)

    assert answer.code == 2
    assert hint in answer.err


@pytest.mark.parametrize("group", ["tariff", "db", "gateway"])
def test_a_verb_within_a_verb_is_told_the_nearest_too(tou: Tou, group: str) -> None:
    first = next(words[1] for words in EVERY if words[0] == group and len(words) == 2)

    assert f"Did you mean {first}?" in tou(group, first + "x").err

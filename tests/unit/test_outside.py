"""The door for text from outside."""

from __future__ import annotations

import json

import pytest

from scheduler.outside import HIDDEN, hides_tokens, said


def test_a_secret_is_hidden_before_the_text_is_cut() -> None:
    shown = said("x" * 15 + "correct horse battery", secrets=["correct horse battery"], limit=24)

    assert "correct" not in shown
    assert len(shown) <= 24


@pytest.mark.parametrize(
    "spelt",
    ['pa"ss é', json.dumps('pa"ss é')[1:-1], "pa%22ss%20%C3%A9", "pa%22ss+%C3%A9", 'pa\\"ss é'],
)
def test_a_secret_is_hidden_however_it_is_spelt(spelt: str) -> None:
    assert said(f"no: {spelt}!", secrets=['pa"ss é']) == f"no: {HIDDEN}!"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred", "\\x1b[31mred"),
        ("a\r\nb\tc", "a b c"),
        ("abc\u202edef", "abc\\u202edef"),
        ("zero\u200bwidth", "zero\\u200bwidth"),
        ("\ud800", "\\ud800"),
        ("\x9b31m", "\\x9b31m"),
        ("nul\x00", "nul\\x00"),
        ("Grüße 100 %", "Grüße 100 %"),
        (b"\xff1", "\ufffd1"),
        (17, "17"),
    ],
)
def test_what_a_terminal_would_obey_is_made_visible(text: object, shown: str) -> None:
    assert said(text) == shown


def test_a_long_text_is_bounded_and_says_so() -> None:
    shown = said("a" * 10_000_000, limit=50)

    assert len(shown) == 50
    assert shown.endswith("...")


def test_the_head_of_a_strange_body_is_short_and_holds_no_secret() -> None:
    token = "A" * 86 + "=="
    body = f'{{"token":"{token}",\n"pass":"hunter2","q":"p\\"w"}}'.encode() + b"x" * 500

    head = hides_tokens(said(body, secrets=("hunter2", 'p"w'), limit=120))

    assert len(head) <= 123
    assert "hunter2" not in head
    assert 'p\\"w' not in head
    assert "AAAA" not in head
    assert "\n" not in head


def test_the_longer_of_two_secrets_is_hidden_first() -> None:
    assert said("the secretary", secrets=("secret", "secretary")) == "the [hidden]"

"""The text that is hashed is plain JSON: anybody can prove the chain with a dozen lines."""

from __future__ import annotations

import hashlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.audit.chain import Row, canonical, digest, storable

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
maybe = st.none() | words
numbers = st.integers(-(2**62), 2**62)
rows = st.builds(
    Row, numbers, numbers, words, words, words, st.none() | numbers, maybe, maybe, maybe, words
)


@settings(max_examples=200)
@given(prev=st.sampled_from(["", "0" * 64, "9f" * 32]), row=rows)
def test_digest_is_the_sha256_of_a_json_array_without_spaces(prev: str, row: Row) -> None:
    array = json.dumps([prev, *row], separators=(",", ":"), ensure_ascii=False)

    assert digest(prev, row) == hashlib.sha256(array.encode("utf-8")).hexdigest()


def test_digest_of_a_written_down_entry_never_changes() -> None:
    """Old audits verify in new versions only while this very value holds."""
    row = Row(2, 1_767_225_600_000_000, "home", "outcome", "switch", 1, "rün", None, "missed", "{}")

    known = "e2e9a5103b39f71ebd5c2596"
    assert digest("ab" * 32, row)[:24] == known


def test_canonical_text_sorts_keys_and_keeps_letters() -> None:
    assert canonical({"b": [1, None, True], "a": {"ü": 5.5}}) == '{"a":{"ü":5.5},"b":[1,null,true]}'


def test_canonical_text_refuses_what_json_cannot_say() -> None:
    with pytest.raises(ValueError, match="JSON"):
        canonical({"charge": float("nan")})


def test_half_a_surrogate_pair_becomes_a_question_mark() -> None:
    assert storable("broken \ud83d body, ü stays") == "broken ? body, ü stays"

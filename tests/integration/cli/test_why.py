"""`tou why` and the pictures of days, over an audit at rest."""

from __future__ import annotations

import json
from pathlib import Path

from scheduler.audit.log import Log
from scheduler.words import Outcome

from .conftest import Runs, Tou


def test_why_answers_in_a_sentence_and_as_json(tou: Tou, runs: Runs) -> None:
    run = runs.switch(Outcome.CONFIRMED)

    answer = tou("why", "--at", "2026-11-23T16:00:30Z", "--format", "json")

    told = json.loads(answer.out)
    assert (answer.code, told["word"], told["proof"]["run"]) == (0, "in_force", run)
    assert told["answer"].startswith("It was as wanted: Backup-only, 100 %, read back equal at ")
    assert told["schedule"]["problem"]
    words = tou("why", "--at", "2026-11-23T16:00:30Z").out
    assert told["answer"].split(",")[0] in words
    assert "as a run of then had it" in words


def test_why_refuses_what_is_to_come_and_says_where_there_is_no_audit(tou: Tou, home: Path) -> None:
    answer = tou("why", "--at", "2999-01-01")
    assert (answer.code, "`tou plan` shows" in answer.err) == (2, True)
    answer = tou("why")
    assert (answer.code, "No audit yet" in answer.err) == (1, True)


def test_days_are_exported_as_one_page(tou: Tou, runs: Runs) -> None:
    runs.switch(Outcome.CONFIRMED)
    runs.switch(Outcome.REFUSED, end={"observed": None, "error": "<b>no</b>"})

    words = ("audit", "export", "--format", "html", "--since", "2026-11-23")
    answer = tou(*words, "--until", "2026-11-24")

    assert answer.code == 0
    assert answer.out.count("<svg") == 1
    assert "&lt;b&gt;no" in answer.out
    assert "<b>no" not in answer.out


def test_days_are_refused_where_a_filter_does_not_suit_them(tou: Tou, log: Log) -> None:
    export = ("audit", "export", "--format", "html")
    assert tou(*export, "--outcome", "refused").code == 2
    assert "more than 92 days" in tou(*export, "--since", "2025-01-01").err

"""The list of what is in a release names every locked distribution, once and with its digests."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

from tools.release import ROOT, bill, digests

MOMENT = datetime(2026, 11, 25, tzinfo=UTC)


def test_the_bill_names_every_locked_distribution_once_with_its_digests() -> None:
    made = bill(MOMENT)
    lock = (ROOT / "packaging" / "everything.txt").read_text()

    addresses = [each["purl"] for each in made["components"]]
    assert len(addresses) == len(set(addresses)) == lock.count("==") - lock.count("python_full")
    for each in made["components"]:
        assert f"{each['name']}=={each['version']} " in lock
        assert all(len(found["value"]) == 64 for found in each["properties"])
        assert each["properties"]


def test_the_bill_is_the_same_for_the_same_commit() -> None:
    assert json.dumps(bill(MOMENT)) == json.dumps(bill(MOMENT))


def test_the_digests_are_those_that_sha256sum_reads(tmp_path: Path) -> None:
    (tmp_path / "b").write_text("two")
    (tmp_path / "a").write_text("one")

    assert digests(tmp_path).splitlines() == [
        f"{hashlib.sha256(text.encode()).hexdigest()}  {name}"
        for name, text in (("a", "one"), ("b", "two"))
    ]

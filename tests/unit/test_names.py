"""One word per thing: no public class has the name of another one; and one page names the rooms."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "scheduler"

# To be renamed, whoever comes by; nothing may be added.
NOT_YET: dict[str, set[str]] = {}


def public_classes() -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for path in PACKAGE.rglob("*.py"):
        name = path.relative_to(PACKAGE).with_suffix("").as_posix()
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                found[node.name].add(name)
    return found


def test_no_public_class_has_the_name_of_another() -> None:
    twice = {name: where for name, where in public_classes().items() if len(where) > 1}

    assert {
        name: where for name, where in twice.items() if not where <= NOT_YET.get(name, set())
    } == {}


def test_every_room_and_single_file_is_named_on_the_page_of_the_rooms() -> None:
    page = (PACKAGE.parent / "docs" / "architecture.md").read_text(encoding="utf-8")
    rooms = {each.parent.name for each in PACKAGE.glob("*/__init__.py")}
    files = {each.name for each in PACKAGE.glob("*.py") if not each.name.startswith("__")}

    assert {name for name in rooms | files if f"`{name}`" not in page} == set()


def test_every_file_that_the_page_of_the_rooms_names_is_there() -> None:
    page = (PACKAGE.parent / "docs" / "architecture.md").read_text(encoding="utf-8")
    named = {each for each in re.findall(r"`([a-z0-9_/]+\.py)`", page) if "/" in each}

    assert {
        each
        for each in named
        if not (PACKAGE / each).is_file() and not (PACKAGE.parent / each).is_file()
    } == set()

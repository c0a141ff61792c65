"""The handbook is built without a warning, and has what the program has."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from scheduler.cli.root import tou

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("handbook")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict", "--site-dir", folder],
        cwd=ROOT,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    return folder


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8")


def test_every_command_has_its_heading(book: Path) -> None:
    page = _text(book / "commands.html")
    context = click.Context(tou)

    for name in tou.list_commands(context):
        assert f'id="tou-{name}"' in page, name


def test_every_example_is_shown_as_a_file_and_as_two_drawn_days(book: Path) -> None:
    page = _text(book / "cookbook.html")
    examples = sorted(each.name for each in (ROOT / "schedules" / "examples").glob("*.yaml"))

    assert [each for each in examples if f"examples/{each}" not in page] == []
    assert page.count('<svg class="day"') == 2 * len(examples)


def test_every_page_of_docs_is_in_the_book_and_loads_nothing_from_elsewhere(book: Path) -> None:
    for source in (ROOT / "docs").glob("*.md"):
        page = _text(book / f"{source.stem}.html")
        for loads in ('src="http', "src='http", 'rel="stylesheet" href="http'):
            assert loads not in page, (source.name, loads)


def test_the_commands_of_a_page_show_what_they_print(book: Path) -> None:
    page = _text(book / "index.html")

    assert "on_peak" in page
    assert "<!-- output" not in page


def test_the_picture_of_the_rooms_has_every_room_of_the_contract(book: Path) -> None:
    page = _text(book / "architecture.html")

    for room in ("cli", "site", "plan", "gateway", "audit", "errors"):
        assert f">{room}</text>" in page

"""docs/schedule.md says what the models and the tables of checks say."""

from __future__ import annotations

from pathlib import Path

import pytest

from scheduler.advice import CHECKS as ADVICE_CHECKS
from scheduler.gateway.registry import TRANSPORTS
from scheduler.schedule.lint import CHECKS
from scheduler.schedule.tariff_file import TARIFF_CHECKS
from tools.reference import FILE, page

ROOT = Path(__file__).parents[2]


def test_the_page_is_what_the_program_says() -> None:
    written = (ROOT / FILE).read_text(encoding="utf-8")

    assert written == page(), "run python -m tools.reference"


@pytest.mark.parametrize("id_", sorted({*CHECKS, *TARIFF_CHECKS, *ADVICE_CHECKS}))
def test_every_check_is_on_the_page_with_its_sentence(id_: str) -> None:
    checks = page().partition("## Checks")[2].splitlines()
    rows = [line for line in checks if line.startswith(f"| `{id_}` |")]

    sentences = {table[id_] for table in (CHECKS, TARIFF_CHECKS, ADVICE_CHECKS) if id_ in table}
    assert sentences == {row.split(" | ")[2].removesuffix(" |") for row in rows}


def test_the_readme_links_the_page() -> None:
    assert FILE.as_posix() in (ROOT / "README.md").read_text(encoding="utf-8")


# Others are registered by tests that show how little that takes.
SHIPPED = sorted(
    name
    for name, module in TRANSPORTS.items()
    if module.startswith("scheduler.") and name != "simulated"
)


@pytest.mark.parametrize("transport", SHIPPED)
def test_every_way_to_a_powerwall_is_in_the_readme_s_table_and_has_a_page(transport: str) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    page = f"docs/{transport}.md"

    rows = [line for line in readme.splitlines() if line.startswith("| ")]
    assert [row for row in rows if f"| `{transport}` |" in row]
    assert f"({page})" in readme
    assert f"TOU_GATEWAY={transport}" in (ROOT / page).read_text(encoding="utf-8")

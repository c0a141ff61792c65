"""A day's page: the picture's parts, the stretches with their why, and the strip of ninety days."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest
from starlette.testclient import TestClient

DAY = "2026-11-23"


def rows(text: str) -> list[tuple[str, ...]]:
    """The stretches as the page lists them."""
    table = text.split('class="stretches"')[1].split("</table>", maxsplit=1)[0]
    found = re.findall(r"<tr data-from.*?</tr>", table, re.DOTALL)
    return [
        tuple(re.sub(r"<[^>]+>", "", cell).split("\n")[0].strip() for cell in re.findall(
            r"<td[^>]*>(.*?)</td>", row, re.DOTALL))
        for row in found
    ]  # fmt: skip


def test_a_day_is_told_in_stretches_of_which_each_leads_to_its_why(page: TestClient) -> None:
    text = page.get(f"/day/{DAY}").text

    told = [row[:3] for row in rows(text)]
    assert told == [
        ("00:00", "05:20", "as wanted"),
        ("05:20", "08:05", "nobody watching"),
        ("08:05", "15:55", "nobody watching"),
        ("15:55", "16:20", "nobody watching"),
        ("16:20", "16:29", "not proven"),
        ("16:29", "24:00", "as wanted"),
    ]
    links = re.findall(rf'href="(/day/{DAY}\?at=[^"#]+)#why"', text)
    assert len(links) == len(told)
    assert "Nobody was watching from" in page.get(links[1]).text


def test_the_same_stretches_stand_in_the_data(page: TestClient) -> None:
    told = page.get(f"/day/{DAY}.json").json()

    words = [each["word"] for each in told["stretches"]]
    assert words[0] == "as wanted"
    assert told["stretches"][-1]["to"] == told["end"]
    assert [gap["to"] for gap in told["gaps"]] == ["2026-11-24T00:20:00Z"]
    assert told["powers"][0].keys() == {"at", "solar_w", "load_w", "grid_w"}


def test_what_is_to_come_is_hatched_and_has_no_why(page: TestClient) -> None:
    text = page.get("/day/2026-11-25").text

    assert 'fill="url(#tocome960)"' in text
    assert rows(text)[-1][2] == "to come"
    assert "?at=" not in text.split("to come</td>")[-1].split("</tr>")[0]
    assert 'fill="url(#tocome960)"' not in page.get(f"/day/{DAY}").text


def test_a_day_to_come_is_a_plan(page: TestClient) -> None:
    text = page.get("/day/2026-12-24").text

    assert "Still to come: as planned." in text
    assert {row[2] for row in rows(text)} == {"to come"}


def test_charge_powers_and_the_wanted_reserve_are_drawn_where_they_are_known(
    page: TestClient,
) -> None:
    known, unknown = page.get(f"/day/{DAY}").text, page.get("/day/2026-11-10").text

    for word in ("charge", "solar", "load", "net"):
        assert f'<path class="{word}" d="M' in known
        assert f'<path class="{word}"' not in unknown
    assert 'class="reserve"' in known


def test_a_phone_gets_a_picture_of_its_own(page: TestClient) -> None:
    text = page.get(f"/day/{DAY}").text

    assert text.count("<svg") == 2
    assert 'viewBox="0 0 362' in text.split("for-narrow")[1]


def test_the_strip_has_a_cell_a_day_that_leads_to_it_by_the_worst_of_it(page: TestClient) -> None:
    text = page.get("/day").text
    strip = text.split('class="strip"')[1].split("</nav>")[0]
    cells = dict(re.findall(r'href="/day/([0-9-]+)" class="c-(\w+)', strip))

    assert len(cells) == 90
    assert list(cells)[-1] == "2026-11-25"
    assert (cells[DAY], cells["2026-11-08"], cells["2026-09-01"]) == ("bad", "doubt", "none")
    assert 'aria-label="Mon 2026-11-23: 2 runs, worst refused"' in strip
    assert 'aria-label="Sun 2026-11-08: 6 runs, worst unreachable"' in strip


def test_a_day_at_which_nobody_watched_is_marked_as_such(page: TestClient) -> None:
    text = page.get("/day").text

    assert re.search(r"2026-11-03: no run, nobody watching", text)


def test_the_script_is_at_most_two_kilobytes_and_the_only_one() -> None:
    folder = files("scheduler.outlets.web").joinpath("templates")

    scripts = [each for each in folder.iterdir() if each.name.endswith(".js")]
    assert sum(len(each.read_bytes()) for each in scripts) <= 2048


@pytest.mark.parametrize("path", ["/page.js", "/style.css", "/icon.svg"])
def test_the_assets_are_ours_and_name_nothing_outside(page: TestClient, path: str) -> None:
    answer = page.get(path)

    assert answer.status_code == 200
    assert "http" not in answer.text.replace("http://www.w3.org/2000/svg", "")


def test_what_is_worst_is_drawn_last_where_runs_are_near_each_other(page: TestClient) -> None:
    marks = page.get(f"/day/{DAY}").text.split("for-narrow")[1]

    assert marks.index("confirmed: Self-Powered") < marks.index("refused: Self-Powered")

"""What the pages show, in a real browser: the audit as it is, on any screen, to anybody."""

from __future__ import annotations

import json
import re
import urllib.request
from datetime import timedelta
from typing import Any

import pytest

from scheduler import clock

from .conftest import HOSTILE, PHONE, SEEDED, WIDE, Opener, World, serious, shot, turn, unstruck


def asked(address: str) -> Any:
    with urllib.request.urlopen(address, timeout=20) as answer:
        return json.load(answer)


def today() -> str:
    return f"{clock.now():%Y-%m-%d}"


def yesterday() -> str:
    return f"{clock.now() - timedelta(days=1):%Y-%m-%d}"


def listed(page: Any) -> list[int]:
    return [int(each) for each in page.locator(".runs td:first-child a").all_inner_texts()]


def marks(page: Any) -> dict[int, tuple[str, int]]:
    """What is drawn of runs, by the last one that a mark stands for: outcome and how many."""
    found = {}
    for link in page.locator("svg:visible a[href^='/run/']").all():
        text = link.get_attribute("aria-label")
        told = re.match(r"[\d:]+ (\w+)(?: \((\d+) of them, until [\d:]+\))?: .*, run (\d+)$", text)
        assert told, text
        found[int(told[3])] = (told[1], int(told[2] or 1))
    return found


def test_the_timeline_shows_the_runs_that_the_audit_holds(
    world: World, shown: str, tab: Opener
) -> None:
    day = yesterday()
    page = tab(f"{shown}/day/{day}", viewport=WIDE)

    drawn = marks(page)

    runs = world.house.json("audit", "--since", day, "--until", today())
    held = {run["run"]: run["outcome"] for run in runs}
    assert held
    assert {run: held[run] for run in drawn} == {run: how for run, (how, _) in drawn.items()}
    assert sum(count for _, count in drawn.values()) == len(held)
    newest = max(drawn)
    turn(page, page.locator(f"svg:visible a[href='/run/{newest}']"))
    assert held[newest] in page.locator("h1").inner_text()


def test_the_audit_is_filtered_and_paged_by_what_a_person_clicks(shown: str, tab: Opener) -> None:
    page = tab(f"{shown}/audit?limit=20")
    first = listed(page)
    turn(page, page.get_by_role("link", name="older ones"))
    second = listed(page)
    turn(page, page.get_by_role("link", name="older ones"))
    third = listed(page)

    together = [*first, *second, *third]
    assert together == sorted(set(together), reverse=True)
    assert len(together) > SEEDED

    page.get_by_label("Outcome").select_option("refused")
    turn(page, page.get_by_role("button", name="Show"))
    assert "outcome=refused" in page.url
    told = asked(page.url.replace("/audit?", "/audit.json?"))
    assert listed(page) == [run["run"] for run in told["runs"]]
    assert set(page.locator(".runs td:nth-child(3)").all_inner_texts()) == {"refused"}
    assert "older ones" not in page.inner_text("nav.steps")


def test_hostile_names_and_errors_are_shown_as_the_text_they_are(shown: str, tab: Opener) -> None:
    refused = asked(f"{shown}/audit.json?outcome=refused")["runs"]
    page = tab(f"{shown}/audit?outcome=refused")
    unstruck(page)
    assert HOSTILE in page.locator(".runs tbody tr").first.inner_text()

    run = refused[0]["run"]
    for path in (
        "/",
        f"/run/{run}",
        f"/day/{today()}",
        f"/day/{yesterday()}",
        "/schedule",
        "/year",
    ):
        page.goto(shown + path)
        unstruck(page)


def test_now_fits_a_phone_without_scrolling(shown: str, tab: Opener) -> None:
    page = tab(shown, viewport=PHONE, device_scale_factor=2, is_mobile=True, has_touch=True)

    shot(page, "now-phone")
    for word in ("Wanted", "Proven", "Next"):
        box = page.get_by_text(word, exact=True).first.bounding_box()
        assert box["y"] + box["height"] < PHONE["height"], word


def test_no_page_scrolls_sideways_on_a_phone(shown: str, tab: Opener) -> None:
    page = tab(viewport=PHONE, is_mobile=True, has_touch=True)

    for path in ("/", "/audit", f"/day/{today()}", "/year", "/schedule", "/bundle"):
        page.goto(shown + path)
        # Not against innerWidth: a phone's own grows with what does not fit.
        assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"], path


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_serious_stands_in_the_way_of_anybody(
    shown: str, tab: Opener, axe: str, scheme: str
) -> None:
    newest = asked(f"{shown}/audit.json?limit=1")["runs"][0]["run"]
    page = tab(color_scheme=scheme, viewport=WIDE, bypass_csp=True)

    for name, path in {
        "now": "/",
        "day": f"/day/{today()}",
        "yesterday": f"/day/{yesterday()}?at=00:01",
        "year": "/year",
        "schedule": "/schedule",
        "audit": "/audit",
        "run": f"/run/{newest}",
        "bundle": "/bundle",
        "error": "/nothing",
    }.items():
        page.goto(shown + path)
        shot(page, f"{name}-{scheme}")
        assert serious(page, axe) == [], path


def test_everything_works_with_script_switched_off(shown: str, tab: Opener) -> None:
    page = tab(shown, java_script_enabled=False)
    assert page.locator("h1").inner_text() == "Good"

    turn(page, page.get_by_role("link", name="Day", exact=True))
    page.get_by_role("textbox", name="At").fill("00:00")
    turn(page, page.get_by_role("button", name="Tell"))
    assert page.locator(".why .big").inner_text()
    turn(page, page.get_by_role("link", name="Audit"))
    turn(page, page.locator(".runs td:first-child a").first)
    assert page.locator("h1").inner_text().startswith("Run ")


def test_the_keyboard_alone_reaches_the_content_and_the_pages(shown: str, tab: Opener) -> None:
    page = tab(shown)

    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "To the content"
    names = page.locator("header nav a").all_inner_texts()
    assert names[-1] == "Audit"
    for name in names:
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == name
    page.keyboard.press("Enter")
    page.wait_for_url(f"{shown}/audit")

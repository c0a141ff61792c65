"""Acting in a real browser: sign in, ask for a while, see it in force, end it; with script and
without, and with hostile words."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher

from scheduler import asking

from .conftest import HOSTILE, PHONE, Opener, World, serious, shot, turn, unstruck

PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def acts(world: World) -> str:
    """A page that acts: str, for anna."""
    hashed = PasswordHasher().hash(PASSWORD)
    (world.house.folder / "web_passwords").write_text(f"anna:{hashed}\n")
    return world.page(TOU_WEB_ACT="true", TOU_WEB_PASSWORDS_FILE="web_passwords")


@pytest.fixture(autouse=True)
def _nothing_left_over(world: World) -> Iterator[None]:
    yield
    for kind in ("override", "pause", "skip"):
        list(asking.act(world.control, "/leases/end", {"kind": kind}))


def sign_in(page: Any, password: str = PASSWORD) -> None:
    page.get_by_label("Name").fill("anna")
    page.get_by_label("Password").fill(password)
    turn(page, page.get_by_role("button", name="Sign in"))


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_an_override_from_the_page_is_in_force_until_it_is_ended(
    world: World, acts: str, tab: Opener, script: bool
) -> None:
    page = tab(acts, java_script_enabled=script, viewport=PHONE)
    turn(page, page.get_by_role("link", name="Act", exact=True))
    sign_in(page)
    form = page.locator("form[action='/act/override']")
    form.locator("[name=mode]").select_option("autonomous")
    form.get_by_label("Reserve").fill("40")
    form.locator("[name=until]").select_option("2h")
    form.get_by_label("Why").fill("guests")
    turn(page, form.get_by_role("button"))

    told = page.get_by_role("status").inner_text()
    assert "Override until" in told
    assert "confirmed: Time-Based Control, 40\u00a0%." in told
    state = world.state()
    (lease,) = state["leases"]
    assert (lease["kind"], lease["reason"]) == ("override", "guests")
    assert lease["who"].startswith("page: anna")
    assert lease["until"] > state["now"]
    assert state["confirmed"]["reserve_percent"] == 40
    turn(page, page.get_by_role("link", name="Now", exact=True))
    assert "Time-Based Control, 40\u00a0%" in page.locator("dl.facts").inner_text()

    turn(page, page.get_by_role("link", name="Act", exact=True))
    turn(page, page.get_by_role("button", name="End override now"))
    assert "confirmed: Backup-only, 100\u00a0%." in page.get_by_role("status").inner_text()
    assert world.state()["leases"] == []


def test_pause_skip_apply_and_a_job_are_each_asked_for_and_told(
    world: World, acts: str, tab: Opener
) -> None:
    page = tab(f"{acts}/act")
    sign_in(page)

    turn(page, page.get_by_role("button", name="Pause"))
    assert "Pause until" in page.get_by_role("status").inner_text()
    turn(page, page.get_by_role("button", name="End pause now"))
    page.locator("form[action='/act/skip'] select").select_option("put in force")
    turn(page, page.get_by_role("button", name="Skip"))
    assert "Skip of put in force until" in page.get_by_role("status").inner_text()
    turn(page, page.get_by_role("button", name="Apply"))
    assert "Backup-only, 100\u00a0%." in page.get_by_role("status").inner_text()
    turn(page, page.get_by_role("button", name="Run put in force"))
    assert "put in force: completed." in page.get_by_role("status").inner_text()

    asked = [x for x in world.house.json("audit", "--events") if x["kind"] == "asked"]
    assert [x["name"] for x in asked][-2:] == ["apply", "put in force"]
    assert all(x["detail"]["who"].startswith("page: anna") for x in asked[-2:])


def test_what_is_wrong_is_said_beside_what_was_typed(acts: str, tab: Opener) -> None:
    page = tab(f"{acts}/act")
    sign_in(page, "something else")
    assert "The name or the password is wrong" in page.get_by_role("alert").inner_text()
    sign_in(page)

    form = page.locator("form[action='/act/override']")
    form.get_by_label("Reserve").fill("900")
    form.get_by_label("Why").fill("because")
    turn(page, form.get_by_role("button"))

    assert "900" in page.get_by_role("alert").inner_text()
    assert form.get_by_label("Reserve").input_value() == "900"
    assert form.get_by_label("Why").input_value() == "because"


def test_hostile_words_of_a_lease_stay_words(
    world: World, acts: str, shown: str, tab: Opener
) -> None:
    page = tab(f"{acts}/act")
    sign_in(page)
    form = page.locator("form[action='/act/override']")
    form.get_by_label("Reserve").fill("30")
    form.get_by_label("Why").fill(HOSTILE)
    turn(page, form.get_by_role("button"))

    assert "<img src=x data-struck" in page.inner_text("main")
    unstruck(page)
    for path in ("/", "/act", "/audit"):
        page.goto(acts + path)
        unstruck(page)
    assert page.evaluate("document.cookie") == ""


def test_nobody_signs_in_from_a_page_of_somebody_else(
    acts: str, tab: Opener, tmp_path: Path
) -> None:
    page = tab(f"{acts}/act")
    sign_in(page)
    forged = tmp_path / "forged.html"
    forged.write_text(
        f"<form method=post action={acts}/act/pause><input name=until value=next>"
        "<button>You won</button></form>"
    )
    page.goto(forged.as_uri())

    turn(page, page.get_by_role("button"))

    page.wait_for_url(f"{acts}/act/pause")
    assert "comes from another page" in page.inner_text("body")


def test_no_file_of_the_house_holds_what_was_typed_at_the_sign_in(
    world: World, acts: str, tab: Opener
) -> None:
    page = tab(f"{acts}/act")
    sign_in(page, "nearly " + PASSWORD)
    sign_in(page)
    token = page.locator("[name=token]").first.get_attribute("value")
    key = next(each["value"] for each in page.context.cookies() if each["name"] == "tou")
    turn(page, page.get_by_role("button", name="Apply"))
    assert page.get_by_role("status").inner_text()

    files = [each for each in world.house.folder.rglob("*") if each.is_file()]
    told = b"".join(each.read_bytes() for each in files)
    assert b"page: anna" in told
    for secret in (PASSWORD, token, key):
        assert secret.encode() not in told


def test_a_page_that_others_can_reach_asks_first_and_then_leads_on(
    world: World, acts: str, tab: Opener
) -> None:
    far = world.page(TOU_WEB_URL="http://tou.example", TOU_WEB_PASSWORDS_FILE="web_passwords")
    page = tab(f"{far}/audit?outcome=refused")
    assert page.locator("h1").inner_text() == "Sign in"

    sign_in(page)

    assert page.url == f"{far}/audit?outcome=refused"
    assert page.locator(".runs tbody tr").count() > 0
    assert page.get_by_role("link", name="Act", exact=True).count() == 0
    turn(page, page.get_by_role("link", name="Sign-in"))
    turn(page, page.get_by_role("button", name="Sign out"))
    page.goto(far)
    assert page.locator("h1").inner_text() == "Sign in"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_serious_stands_in_the_way_of_who_acts(
    acts: str, tab: Opener, axe: str, scheme: str
) -> None:
    page = tab(f"{acts}/act", color_scheme=scheme, viewport=PHONE, bypass_csp=True)
    shot(page, f"sign-in-{scheme}")
    assert serious(page, axe) == []
    sign_in(page)
    shot(page, f"act-{scheme}")
    assert serious(page, axe) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

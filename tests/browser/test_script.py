"""The two kilobytes of script: the cross-hair of a day, and a first page that looks again."""

from __future__ import annotations

from datetime import timedelta

from scheduler import clock

from .conftest import PHONE, Opener

MARKS = """() => {
  const main = document.querySelector("main");
  main.dataset.old = "yes";
  main.insertAdjacentHTML("beforeend", "<p id=mark>old</p>");
}"""
NO_ANSWER = "() => { window.fetch = () => Promise.reject(new Error('nobody answers')); }"


def test_a_key_chooses_a_minute_and_enter_tells_why(shown: str, tab: Opener) -> None:
    day = f"{clock.now() - timedelta(days=1):%Y-%m-%d}"
    page = tab(f"{shown}/day/{day}")
    figure = page.locator("figure")

    figure.focus()
    for key in ("ArrowRight", "ArrowLeft", "ArrowLeft"):
        page.keyboard.press(key)
    assert figure.locator("output").inner_text().startswith("11:55 · ")
    assert page.locator("tr.here").count() == 1
    page.keyboard.press("Enter")

    page.wait_for_url(f"**/day/{day}?at=11:55#why")
    assert page.locator("#why .big").inner_text()
    assert page.get_by_label("At", exact=True).input_value() == "11:55"


def test_a_touch_tells_why_of_the_minute_under_it(shown: str, tab: Opener) -> None:
    day = f"{clock.now() - timedelta(days=1):%Y-%m-%d}"
    page = tab(f"{shown}/day/{day}", viewport=PHONE, is_mobile=True, has_touch=True)
    box = page.locator("figure").bounding_box()

    # A quarter of the day, between the edges of the picture for a phone.
    across = (8 + 340 / 4) / 362
    page.touchscreen.tap(box["x"] + box["width"] * across, box["y"] + 40)

    page.wait_for_url("**at=0*#why")
    assert page.get_by_label("At", exact=True).input_value()[:2] in {"05", "06"}


def test_the_first_page_looks_again_and_says_when_it_is_old(shown: str, tab: Opener) -> None:
    page = tab()
    page.clock.install()
    page.goto(shown)
    page.evaluate(MARKS)

    with page.expect_response(f"{shown}/"):
        page.clock.fast_forward(31_000)
    page.wait_for_selector("#mark", state="detached")
    assert page.locator("main[data-old]").count() == 1, "it was loaded anew"

    page.evaluate(NO_ANSWER)
    page.clock.fast_forward(31_000)
    page.wait_for_selector("main.stale")

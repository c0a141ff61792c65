"""The page as a person has it: Debian's Chromium before `tou web`, which shows a service at work on
a simulated gateway. Whoever lacks a part gets one clear line, and the tests are skipped.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import sync_playwright

from scheduler import asking, clock
from scheduler.audit.database import open_database
from scheduler.audit.log import Log
from scheduler.errors import SchedulerError
from scheduler.words import EntryKind, Outcome, Wake

from ..acceptance.conftest import TOU, Beside, House  # noqa: TID252 -- one house for both

SHOTS = Path(__file__).parents[2] / "build" / "screenshots"
AXE = "axe-core-4.14.1"
CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
# No sandbox: CI is root in a container. The rest keeps a browser from talking to anybody else.
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
]  # fmt: skip
PHONE = {"width": 390, "height": 844}
WIDE = {"width": 1100, "height": 900}
SLOW = 30_000
"""Milliseconds that nothing takes; a machine with much to do is still waited for."""

# What somebody else may get into names, reasons and errors. Were it taken for markup, an element
# with the mark would stand in the page, and a script would have set its name.
HOSTILE = (
    "<img src=x data-struck onerror=\"window.struck='img'\">"
    "</td><script data-struck>window.struck='script'</script>\"'` {{7*7}} &lt;"
)
SCHEDULE = """\
schedule: "home <b data-struck>bold</b>"
timezone: Etc/UTC
rules:
  - {name: "charge <i data-struck>now</i>", during: "00:00-23:59:59", mode: backup, reserve: 100%}
  - {name: run_a_house_whose_name_has_no_blank_in_it, mode: self_consumption, reserve: 5%}
jobs:
  - {name: put in force, do: commit, at: "03:00"}
"""
SEEDED = 45


@dataclass
class World:
    """A house, its service, and pages over it."""

    house: House
    pages: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def control(self) -> Path:
        """Where the service can be asked."""
        return asking.socket_path(self.house.folder / "tou.db")

    def state(self) -> dict[str, Any]:
        """What the service itself says."""
        return asking.ask(self.control, "/status", seconds=SLOW / 1000)

    def well(self) -> bool:
        """Whether it runs, and has proven what it wants."""
        try:
            return bool(self.state()["confirmed"])
        except SchedulerError:
            return False

    def page(self, *words: str, **environment: str) -> str:
        """Another process of the page; its address."""
        with (self.house.folder / "page").open("a") as journal:
            made = subprocess.Popen(
                [*TOU, "web", "--listen", "127.0.0.1:0", *words],
                cwd=self.house.folder,
                env={**self.house.environment, **environment},
                stdout=subprocess.PIPE,
                stderr=journal,
                text=True,
            )
        self.pages.append(made)
        assert made.stdout is not None
        line = made.stdout.readline()
        assert line, (self.house.folder / "page").read_text()
        return line.split()[-1].rstrip("/")

    def close(self) -> None:
        for each in self.pages:
            each.terminate()
            each.wait(20)
            assert each.stdout is not None
            each.stdout.close()
        self.house.stop()


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A service at work over an audit that holds a day of runs already."""
    if not Path(CHROMIUM).exists():
        pytest.skip("chromium is missing (apt-get install chromium): the page is not looked at")
    folder = tmp_path_factory.mktemp("house")
    beside = Beside(profile="1.49", run_seconds=0.2, stop_seconds=0.05)
    house = House(folder, _environment(beside))
    house.write(SCHEDULE)
    _history(folder / "tou.db")
    made = World(house)
    try:
        house.run()
        house.until(made.well, SLOW / 1000)
        yield made
    finally:
        made.close()
        beside.close()


def _environment(beside: Beside) -> dict[str, str]:
    from scheduler.simulated import DEFAULT_PASSWORD

    kept = {key: value for key, value in os.environ.items() if not key.startswith("TOU_")}
    return {
        **kept,
        "TOU_SCHEDULE": "home.yaml",
        "TOU_GATEWAY": "local",
        "TOU_GATEWAY_URL": beside.gateway.url,
        "TOU_GATEWAY_FINGERPRINT": beside.gateway.fingerprint,
        "TOU_GATEWAY_PASSWORD": DEFAULT_PASSWORD,
        "TOU_GATEWAY_PAUSE": "0",
        "TOU_PULSE": "1s",
        "TOU_RETRY_FIRST": "1s",
        "PYTHONWARNINGS": "error",
    }


def _history(path: Path) -> None:
    """Runs of the day before, one of them with a hostile name and error."""
    wanted: dict[str, Any] = {"mode": "backup", "reserve_percent": 100.0}
    at = clock.now() - timedelta(days=1)
    with closing(open_database(path, create=True)) as database:
        log = Log(database, "home")
        for number in range(SEEDED):
            odd = number % 20 == 7
            name = HOSTILE if odd else "charge overnight"
            outcome = Outcome.REFUSED if odd else Outcome.CONFIRMED
            columns: dict[str, Any] = {"kind": "switch", "name": name, "wake": Wake.BOUNDARY}
            intent: dict[str, Any] = {"gateway": "local", "planned_at": at.isoformat()}
            intent["wanted"] = wanted
            run = log.append(at=at, entry=EntryKind.INTENT, detail=intent, **columns)
            log.append(
                at=at + timedelta(seconds=1),
                entry=EntryKind.OUTCOME,
                run=run,
                outcome=outcome,
                detail={"observed": wanted, "error": HOSTILE if odd else None},
                **columns,
            )
            at += timedelta(minutes=1)


@pytest.fixture(scope="session")
def shown(world: World) -> str:
    """Where the page is that shows and does not act."""
    return world.page()


# --- the browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """One browser a module: what drives it keeps a loop running, which others could not bear."""
    with sync_playwright() as driver:
        launched = driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield launched
        launched.close()


Opener = Callable[..., Any]


@pytest.fixture
def tab(browser: Any, request: pytest.FixtureRequest) -> Iterator[Opener]:
    """Opens tabs in browsers of people who have never been here. Whatever one complains of, or
    asks of anybody else, fails the test."""
    complaints: list[str] = []
    opened: list[Any] = []

    def open_one(address: str = "", **options: Any) -> Any:
        context = browser.new_context(viewport=options.pop("viewport", None), **options)
        context.set_default_timeout(SLOW)
        opened.append(context)
        page = context.new_page()
        page.on("console", lambda said: complaints.append(said.text) if _bad(said) else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda asked: complaints.append(asked.url) if _far(asked.url) else None)
        if address:
            page.goto(address)
        return page

    yield open_one
    for each in opened:
        each.close()
    assert complaints == []


def _bad(said: Any) -> bool:
    # A form that comes back with what is wrong is answered 400 or 401, and the browser notes it.
    noted = said.text.startswith("Failed to load resource: the server responded with a status of 4")
    return said.type in {"error", "warning"} and not noted


def _far(url: str) -> bool:
    return not url.startswith(
        ("http://127.0.0.1:", "http://localhost:", "file:", "data:", "about:")
    )


@pytest.fixture(scope="session")
def axe() -> str:
    """The rules of accessibility, as a script."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    script = cache / "tou-scheduler" / AXE / "axe.min.js"
    if not script.is_file():
        pytest.skip(f"{script} is missing (`make axe` fetches it): accessibility is not judged")
    return script.read_text(encoding="utf-8")


def serious(page: Any, axe: str) -> list[str]:
    """What a person with a screen reader or weak eyes would stumble over."""
    page.evaluate(axe)
    told = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{each['id']}: {each['help']}: {node['html'][:200]}"
        for each in told["violations"]
        if each["impact"] in {"serious", "critical"}
        for node in each["nodes"]
    ]


def shot(page: Any, name: str) -> None:
    """A picture for whoever reviews the change."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"{name}.png", full_page=True)


def turn(page: Any, link: Any) -> None:
    """Click what leads on, and wait until the next page is there: a click by itself does not wait,
    and what is read then may still be the old page's."""
    with page.expect_navigation():
        link.click()


def unstruck(page: Any) -> None:
    """Nothing of the hostile texts became markup or ran."""
    assert page.evaluate("window.struck") is None
    assert page.locator("[data-struck]").count() == 0

"""What a person reads, and which code the command ends with, where the cloud says no."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from scheduler import clock
from scheduler.gateway.fleet import TOKENS
from scheduler.gateway.fleet.tokens import TokenFile, Tokens
from scheduler.simulated.fleet import SimulatedFleet

AS_IT_IS = """\
schedule: as it is
timezone: Etc/UTC
rules:
  - name: keep
    mode: self_consumption
    reserve: 20%
"""


@pytest.fixture
async def cloud(tmp_path: Path) -> AsyncIterator[SimulatedFleet]:
    async with SimulatedFleet() as made:
        now = clock.now()
        first = Tokens(made.client_id, "none", "none", now, now)
        TokenFile((tmp_path / "tou.db").with_suffix(TOKENS)).keep(first.renewed(made.tokens(), now))
        yield made


HOME = """\
schedule: home
timezone: America/Los_Angeles
rules: [{name: run the house, mode: self_consumption, reserve: 20%}]
"""


async def applied(cloud: SimulatedFleet, folder: Path, **settings: str) -> tuple[int | None, str]:
    """The exit code of `tou apply`, and all that it said."""
    return await command(cloud, folder, "apply", **settings)


async def command(
    cloud: SimulatedFleet, folder: Path, verb: str, **settings: str
) -> tuple[int | None, str]:
    (folder / "house.yaml").write_text(HOME)
    own = {name: value for name, value in os.environ.items() if not name.startswith("TOU_")}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "scheduler",
        *verb.split(),
        cwd=folder,
        env={
            **own,
            "TOU_SCHEDULE": str(folder / "house.yaml"),
            "TOU_DATABASE": str(folder / "tou.db"),
            "TOU_GATEWAY": "fleet",
            "TOU_FLEET_SITE": cloud.site,
            "TOU_FLEET_API_URL": cloud.url,
            "TOU_FLEET_TOKEN_URL": cloud.url,
            **settings,
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await process.communicate()
    return process.returncode, out.decode()


REFUSALS = [
    ("dead sign-in", "signed_out", 77, "tou gateway login"),
    ("withdrawn", "kill_tokens", 77, "tou gateway login"),
    ("wrong region", "other_region", 77, "TOU_FLEET_REGION"),
    ("not registered", "unregistered", 77, "not registered in this region"),
    ("nobody pays", "fails:402", 77, "asks for payment"),
    ("cloud away", "refuse", 69, "cannot be reached"),
]


@pytest.mark.parametrize(
    ("fault", "code", "words"), [row[1:] for row in REFUSALS], ids=[row[0] for row in REFUSALS]
)
async def test_each_refusal_is_one_message_and_its_own_code(
    cloud: SimulatedFleet, tmp_path: Path, fault: str, code: int, words: str
) -> None:
    if fault == "signed_out":
        cloud.signin.drop()
    cloud.faults.set(fault)

    ended, said = await applied(cloud, tmp_path)

    assert ended == code, said
    assert words in said
    assert "Traceback" not in said


SETTINGS = [
    ("TOU_FLEET_SITE", "1", 77, "does not know this energy site"),
    ("TOU_FLEET_SITE", "home", 78, "TOU_FLEET_SITE: write the number"),
    ("TOU_FLEET_BUDGET", "0", 78, "TOU_FLEET_BUDGET is 0"),
    ("TOU_FLEET_BUDGET", "-1", 78, "TOU_FLEET_BUDGET"),
    ("TOU_FLEET_BUDGET", "lots", 78, "TOU_FLEET_BUDGET"),
    ("TOU_FLEET_REGION", "mars", 78, "TOU_FLEET_REGION: write one of"),
    ("TOU_FLEET_PROVIDER", "tessie", 78, "TOU_FLEET_TOKEN is not set"),
    ("TOU_FLEET_API_URL", "http://example.com", 78, "must begin with https://"),
    ("TOU_FLEET_API_URL", "nowhere", 78, "is not an address"),
]


@pytest.mark.parametrize("row", SETTINGS, ids=lambda row: f"{row[0]}={row[1]}")
async def test_each_wrong_setting_is_one_message(
    cloud: SimulatedFleet, tmp_path: Path, row: tuple[str, str, int, str]
) -> None:
    name, value, code, words = row
    ended, said = await applied(cloud, tmp_path, **{name: value})

    assert ended == code, said
    assert words in said
    assert "Traceback" not in said


async def test_a_job_that_the_cloud_cannot_do_is_told_and_keeps_nothing_back(
    cloud: SimulatedFleet, tmp_path: Path
) -> None:
    jobs = tmp_path / "jobs.yaml"
    jobs.write_text(HOME + 'jobs: [{name: settle, do: commit, at: "03:00"}]\n')

    checked, said = await command(cloud, tmp_path, "check", TOU_SCHEDULE=str(jobs))
    acted, done = await applied(cloud, tmp_path, TOU_SCHEDULE=str(jobs))

    assert (checked, acted) == (0, 0), done
    assert "The gateway (fleet) cannot do commit. Remove the job" in said


async def test_what_was_confirmed_before_is_asked_for_again_when_a_person_applies(
    cloud: SimulatedFleet, tmp_path: Path
) -> None:
    (tmp_path / "home.yaml").write_text(AS_IT_IS)
    await applied(cloud, tmp_path, TOU_SCHEDULE="home.yaml")
    cloud.faults.set("other_region")

    ended, said = await applied(cloud, tmp_path, TOU_SCHEDULE="home.yaml")

    assert ended == 77, said
    assert "another region" in said


async def test_what_the_cloud_is_tells_of_no_session_and_of_what_a_look_costs(
    cloud: SimulatedFleet, tmp_path: Path
) -> None:
    code, free = await command(cloud, tmp_path, "gateway info")
    _, paid = await command(cloud, tmp_path, "gateway info --login")

    assert code == 0
    assert "a look          may be paid for; --login makes one" in free
    assert "setting         Self-Powered, 20 %" in paid
    assert "session" not in free + paid
    assert "sitemaster" not in free + paid

"""The pair of tokens: renewed once, stored before it is used, and never lost."""

import asyncio
import errno
import json
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from scheduler import clock, files
from scheduler.errors import (
    GatewayBusyError,
    GatewayProtocolError,
    GatewayRefusedError,
    GatewayUnreachableError,
)
from scheduler.gateway.base import Spend
from scheduler.gateway.fleet.tokens import TokenFile, Tokens
from scheduler.simulated.fleet import SimulatedFleet

from .conftest import Stand


async def test_the_new_pair_is_on_the_disk_before_it_is_used(stand: Stand) -> None:
    before, seen = stand.file.read(), []
    stand.clock.move(hours=9)
    stand.cloud.on_request = lambda logged: seen.append((logged.path, stand.file.read()))

    await stand.read()

    (asked, at_refresh), (used, at_use) = seen
    assert asked.endswith("/token")
    assert used.endswith("/site_info")
    assert at_refresh.refresh == before.refresh
    assert at_use.refresh != before.refresh
    assert at_use.old.refresh == before.refresh


async def test_a_token_is_renewed_before_it_ages_out(stand: Stand) -> None:
    gateway = stand.open()
    stand.clock.move(hours=7)
    await stand.read(gateway)
    assert stand.cloud.signin.refreshes == 0

    stand.clock.move(minutes=50)
    await stand.read(gateway)

    assert stand.cloud.signin.refreshes == 1


async def test_a_401_renews_once_and_asks_once_more(stand: Stand) -> None:
    stand.faults.kill_tokens = 1

    reading = await stand.read()

    assert reading.setting.mode == "self_consumption"
    assert stand.told.lines() == ["GET site_info", "POST token", "GET site_info"]


async def test_an_empty_401_is_understood(stand: Stand) -> None:
    stand.faults.empty_401 = True
    stand.faults.kill_tokens = 1

    assert (await stand.read()).setting.mode == "self_consumption"


async def test_tokens_that_are_refused_for_ever_are_no_loop(stand: Stand) -> None:
    stand.faults.kill_tokens = -1

    with pytest.raises(GatewayRefusedError, match="tou gateway login"):
        await stand.read()

    assert stand.told.lines() == ["GET site_info", "POST token", "GET site_info"]


async def test_many_tasks_renew_once(stand: Stand) -> None:
    stand.clock.move(hours=9)
    gateways = [stand.open() for _ in range(6)]

    await asyncio.gather(*(stand.read(gateway) for gateway in gateways))

    assert stand.cloud.signin.refreshes == 1


async def test_a_dead_sign_in_says_what_to_do_and_is_not_tried_in_a_loop(stand: Stand) -> None:
    stand.faults.signed_out = True
    stand.clock.move(hours=9)
    gateway = stand.open()
    for _ in range(5):
        with pytest.raises(GatewayRefusedError, match="tou gateway login") as caught:
            await stand.read(gateway)

    assert caught.value.exit_code == 77
    assert caught.value.delivered == "no"
    assert stand.asked() == ["POST token"]
    assert "no longer serves" in gateway.concerns[0]
    stand.faults.signed_out = False
    stand.sign_in()
    assert (await stand.read(gateway)).setting.mode == "self_consumption"
    assert gateway.concerns == ()


async def test_nobody_has_signed_in(stand: Stand) -> None:
    stand.file.path.unlink()

    with pytest.raises(GatewayRefusedError, match="Nobody has signed in yet"):
        await stand.read()


@pytest.mark.parametrize("text", ["", "{}", "[]", "no json", '{"refresh": 7}'])
async def test_a_damaged_file_is_one_clear_message(stand: Stand, text: str) -> None:
    stand.file.path.write_text(text)
    stand.file.path.chmod(0o600)

    with pytest.raises(GatewayRefusedError, match="is not a sign-in"):
        await stand.read()


async def test_a_refresh_whose_answer_is_lost_is_made_again_with_the_same_token(
    stand: Stand,
) -> None:
    stand.faults.refresh_lost = 1
    stand.clock.move(hours=9)
    gateway = stand.open()
    with pytest.raises(GatewayUnreachableError):
        await stand.read(gateway)

    stand.clock.move(hours=20)

    assert (await stand.read(gateway)).setting.mode == "self_consumption"


def kept(file: TokenFile) -> Tokens:
    found = file.read()
    assert found is not None
    return found


async def test_the_token_before_serves_for_a_day_where_the_newest_is_refused(stand: Stand) -> None:
    first = stand.file.read()
    stand.clock.move(hours=9)
    await stand.read()
    stand.file.keep(replace(kept(stand.file), refresh="NA_unknown", access="x"))
    stand.clock.move(hours=10)

    assert (await stand.read()).setting.mode == "self_consumption"
    assert stand.file.read().old.refresh == first.refresh


async def test_a_token_host_that_is_down_is_no_dead_sign_in(stand: Stand) -> None:
    stand.faults.set("fails:token/503:1")
    stand.clock.move(hours=9)
    gateway = stand.open()
    with pytest.raises(GatewayBusyError) as caught:
        await stand.read(gateway)

    assert caught.value.delivered == "no"
    assert (await stand.read(gateway)).setting.mode == "self_consumption"


async def test_a_page_in_place_of_the_token_host_is_no_dead_sign_in(stand: Stand) -> None:
    stand.faults.set("pages:token/403:1")
    stand.clock.move(hours=9)
    gateway = stand.open()
    with pytest.raises(GatewayProtocolError, match="not its API") as caught:
        await stand.read(gateway)

    assert caught.value.delivered == "no"
    assert gateway.concerns == ()
    assert (await stand.read(gateway)).setting.mode == "self_consumption"


async def test_a_full_disk_is_found_before_a_token_is_risked(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand.clock.move(hours=9)
    monkeypatch.setattr(os, "fsync", _full)

    with pytest.raises(GatewayBusyError, match="cannot be stored"):
        await stand.read(stand.open().inner)

    assert stand.cloud.signin.refreshes == 0


def _full(_file: int) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


async def test_a_disk_that_fills_up_in_between_loses_nothing(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway, real, calls = stand.open(), files.replace_private, []

    def fills_up(path: Path, data: bytes) -> None:
        if path == stand.file.path:
            calls.append(path)
            if len(calls) == 2:
                _full(0)
        real(path, data)

    monkeypatch.setattr(files, "replace_private", fills_up)
    stand.clock.move(hours=9)
    with pytest.raises(GatewayBusyError, match="cannot be stored"):
        await stand.read(gateway)
    assert stand.asked() == ["POST token"]

    assert (await stand.read(gateway)).setting.mode == "self_consumption"
    assert stand.cloud.signin.refreshes == 1


async def test_the_sign_in_is_renewed_each_week_although_nothing_is_asked(stand: Stand) -> None:
    gateway = stand.open()
    for _ in range(40):
        stand.clock.move(days=3)
        await gateway.read(stand.told, spend=Spend.FREE)

    assert set(stand.asked()) == {"POST token"}
    assert stand.cloud.signin.refreshes == pytest.approx(20, abs=1)
    assert gateway.concerns == ()


async def test_days_before_the_sign_in_ends_it_is_said(stand: Stand) -> None:
    stand.faults.set("fails:token/503")
    gateway = stand.open()
    await stand.read(gateway)
    stand.clock.move(days=70)
    assert gateway.concerns == ()

    stand.clock.move(days=8)

    assert "ends on" in gateway.concerns[0]
    assert "tou gateway login" in gateway.concerns[0]


async def test_the_file_is_for_its_owner_alone_and_no_token_is_shown(
    stand: Stand, caplog: pytest.LogCaptureFixture
) -> None:
    stand.faults.kill_tokens = -1
    tokens = stand.file.read()
    gateway = stand.open()
    with pytest.raises(GatewayRefusedError) as caught:
        await stand.read(gateway)

    assert stand.file.path.stat().st_mode & 0o777 == 0o600
    shown = f"{caught.value} {caplog.text} {stand.told.steps} {gateway!r} {tokens!r}"
    for secret in (*tokens.secrets(), *stand.file.read().secrets()):
        assert secret not in shown


KILLED = '''
import asyncio, json, os, signal, sys
from datetime import datetime
from pathlib import Path
from scheduler import clock, files
from scheduler.gateway.fleet.access import Renewed
from scheduler.gateway.fleet.setup import Unkept
from scheduler.gateway.fleet.tokens import TokenFile
from scheduler.gateway.fleet.wire import CloudWire

path, url = Path(sys.argv[1]), sys.argv[2]
NAMES = ("open", "fsync", "rename", "pwrite", "ftruncate")


def renew(kill_before):
    """In a child of its own, killed before the n-th operation on a file."""
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1]
    count = 0

    def wrapped(real):
        def call(*given, **words):
            nonlocal count
            count += 1
            if count == kill_before:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*given, **words)
        return call

    class Watched:
        """The operations of the room of files alone."""

        def __getattr__(self, name):
            found = getattr(os, name)
            return wrapped(found) if name in NAMES else found

    files.os = Watched()
    asyncio.run(work())
    os._exit(0)


async def work():
    file = TokenFile(path)
    access = Renewed(file, token_url=url, now=clock.now, monotonic=clock.monotonic)
    access.wire = CloudWire(
        base=url, now=clock.now, monotonic=clock.monotonic, secrets=access.secrets
    )
    await access.token(Unkept(), after=file.read().access)
    await access.wire.close()


killed = 0
for point in range(1, 200):
    status = renew(point)
    if status == 0:
        break
    assert os.WIFSIGNALED(status), status
    killed += 1
    assert renew(0) == 0, f"killed before operation {point}: not renewed afterwards"
print(json.dumps({"killed": killed}))
'''


@pytest.fixture
async def real(tmp_path: Path) -> AsyncIterator[tuple[SimulatedFleet, Path]]:
    """A cloud by the real time, for processes of their own."""
    async with SimulatedFleet() as cloud:
        now, path = clock.now(), tmp_path / "tou.fleet"
        first = Tokens(cloud.client_id, "none", "none", now, now)
        TokenFile(path).keep(first.renewed(cloud.tokens(), now))
        yield cloud, path


async def test_a_process_killed_at_any_step_of_a_renewal_loses_nothing(
    real: tuple[SimulatedFleet, Path],
) -> None:
    cloud, path = real

    found = await run_script(KILLED, path, cloud.url)

    assert found["killed"] > 15
    assert TokenFile(path).read().access


RENEWED = """
import asyncio, json, sys
from pathlib import Path
from scheduler import clock
from scheduler.gateway.fleet.access import Renewed
from scheduler.gateway.fleet.setup import Unkept
from scheduler.gateway.fleet.tokens import TokenFile
from scheduler.gateway.fleet.wire import CloudWire

path, url, after = Path(sys.argv[1]), sys.argv[2], sys.argv[3]


async def work():
    access = Renewed(TokenFile(path), token_url=url, now=clock.now, monotonic=clock.monotonic)
    access.wire = CloudWire(
        base=url, now=clock.now, monotonic=clock.monotonic, secrets=access.secrets
    )
    token = await access.token(Unkept(), after=after)
    await access.wire.close()
    return token


print(json.dumps(asyncio.run(work())))
"""


async def test_several_processes_renew_once(real: tuple[SimulatedFleet, Path]) -> None:
    cloud, path = real
    cloud.faults.slow = 0.3
    dead = TokenFile(path).read().access

    found = await asyncio.gather(*(run_script(RENEWED, path, cloud.url, dead) for _ in range(3)))

    assert cloud.signin.refreshes == 1
    assert set(found) == {TokenFile(path).read().access}


async def run_script(text: str, *words: str | Path) -> Any:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        text,
        *map(str, words),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    return json.loads(out)

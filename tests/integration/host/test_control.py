"""The control socket: the one state, acts as they happen, and clients of bad will."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import stat
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from scheduler import asking, clock, settings
from scheduler.audit import review
from scheduler.cli import status
from scheduler.cli.notify_turn import Turns
from scheduler.errors import AccessError, ServiceSilentError
from scheduler.host import access
from scheduler.host.control import BOUNDS, Control
from scheduler.host.host import Host
from scheduler.httpserver import Peer
from scheduler.outlets.notices.settings import NotifySettings
from scheduler.outlets.notices.targets import Delivery, targets
from scheduler.outlets.notices.told_book import ToldBook
from scheduler.simulated import SimulatedGateway
from scheduler.site.untaken import Untaken


@pytest.fixture
def path(host: Host, tmp_path: Path) -> Path:
    return tmp_path / "tou.control.sock"


async def ask(path: Path, what: str) -> Any:
    return await asyncio.to_thread(asking.ask, path, what)


async def act(
    path: Path, what: str, body: Any = None, key: str | None = None
) -> list[dict[str, Any]]:
    return await asyncio.to_thread(lambda: list(asking.act(path, what, body, key=key)))


async def raw(path: Path, sent: bytes, *, read: bool = True) -> bytes:
    reader, writer = await asyncio.open_unix_connection(path)
    writer.write(sent)
    answer = await asyncio.wait_for(reader.read(), 20) if read else b""
    writer.close()
    return answer


async def test_the_state_is_that_of_the_running_service(path: Path) -> None:
    state = await ask(path, "/status")

    assert state["service"]["pid"] == os.getpid()
    assert state["service"]["running"] is True
    assert state["wanted"]["rule"] == "run the house"
    assert state["schedule_in_force"]["file_differs"] is False
    assert state["health"]["ok"] is True


async def test_a_socket_that_somebody_removed_is_there_again_at_the_next_sign_of_life(
    host: Host, path: Path
) -> None:
    path.unlink()
    minute = timedelta(minutes=1)

    await host.pulse.beat(clock.now() + minute, clock.monotonic() + minute.total_seconds())

    assert (await ask(path, "/status"))["service"]["pid"] == os.getpid()


async def test_what_is_left_of_a_budget_is_shown(path: Path) -> None:
    state = await ask(path, "/status")
    figure = {"of": 8.0, "left": 7.25, "until": "2026-12-01T00:00:00Z"}
    state["gateway"]["budget"] = {"dollars": figure}

    rows = status.text(state).splitlines()

    (row,) = [row for row in rows if row.startswith("budget")]
    assert "7.25 of 8 dollars left, until Tue 2026-12-01 00:00" in " ".join(row.split())


async def test_apply_tells_its_steps_as_they_happen_and_ends_with_the_outcome(path: Path) -> None:
    lines = await act(path, "/apply")

    assert any("GET /api/operation" in line.get("step", "") for line in lines[:-1])
    assert lines[-1]["ended"]["outcome"] in {"unchanged", "confirmed"}
    assert lines[-1]["ended"]["exit_code"] == 0


async def test_a_job_is_run_by_its_name(path: Path) -> None:
    lines = await act(path, asking.job_path("look for firmware"))

    assert lines[-1]["ended"]["outcome"] == "completed"
    assert lines[-1]["ended"]["job"] == "look for firmware"


async def test_a_job_that_is_not_there_is_refused_with_the_names_of_those_that_are(
    path: Path,
) -> None:
    lines = await act(path, asking.job_path("paint the house"))

    assert "look for firmware" in lines[0]["error"]


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET /nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", b"404"),
        (b"POST /nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", b"404"),
        (b"DELETE /status HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", b"405"),
        (b"GET /status?site=nobody HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", b"404"),
        (b"a cat walked over the keys\r\n\r\n", b"400"),
        (b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", b"431"),
        (
            b"POST /apply HTTP/1.1\r\nHost: x\r\nContent-Length: 90000\r\n\r\n" + b"x" * 90_000,
            b"413",
        ),
    ],
    ids=["unknown", "unknown act", "method", "no such site", "noise", "head", "body"],
)
async def test_what_is_not_understood_is_refused_and_hurts_nobody(
    path: Path, sent: bytes, status: bytes
) -> None:
    answer = await raw(path, sent)

    assert answer.split(b" ")[1] == status
    assert (await ask(path, "/status"))["site"] == "home"


async def test_clients_that_say_nothing_do_not_keep_others_out_for_long(path: Path) -> None:
    silent = [await asyncio.open_unix_connection(path) for _ in range(BOUNDS.connections + 4)]
    for _, writer in silent:
        writer.write(b"GET /sta")
    while "Too many" not in await told(path):
        await asyncio.sleep(0.02)

    for _, writer in silent:
        writer.close()

    while await told(path) != "home":
        await asyncio.sleep(0.02)


async def told(path: Path) -> str:
    """The site, or why nobody says it."""
    try:
        return str((await ask(path, "/status"))["site"])
    except ServiceSilentError as error:
        return str(error)


async def test_a_client_that_leaves_does_not_stop_what_it_began(
    path: Path, host: Host, device: SimulatedGateway
) -> None:
    device.faults.slow = 0.2
    before = len(device.device.requests)
    _, writer = await asyncio.open_unix_connection(path)
    writer.write(b"POST /job/commit HTTP/1.1\r\nHost: x\r\n\r\n")
    while len(device.device.requests) == before:
        await asyncio.sleep(0.01)

    writer.transport.abort()
    device.faults.slow = 0.0

    while not (runs := await ended(host)):
        await asyncio.sleep(0.02)
    assert runs == ["completed"]


async def ended(host: Host) -> list[str]:
    """How the jobs ended that have ended."""
    log = host.hosted[0].site.recorder
    runs = await log.ask(lambda: review.runs(host.opened.database, job="commit"))
    return [run.outcome for run in runs if run.outcome]


async def test_an_override_is_confirmed_before_the_answer_ends_and_can_be_ended(path: Path) -> None:
    until = clock.iso(clock.now() + timedelta(hours=1))
    asked = {"kind": "override", "mode": "Time-Based Control", "reserve": "40%", "until": until}

    lines = await act(path, "/leases", {**asked, "who": "the page", "reason": "guests"})

    ended = lines[-1]["ended"]
    assert (ended["outcome"], ended["wanted"]["reserve_percent"]) == ("confirmed", 40.0)
    assert ended["lease"]["who"].startswith("the page, as ")
    (lease,) = (await ask(path, "/leases"))["leases"]
    assert lease == ended["lease"]
    assert (await ask(path, "/status"))["override"] == lease

    lines = await act(path, "/leases/end", {"id": lease["id"]})
    assert lines[-1]["ended"]["ended"] == [lease]
    assert lines[-1]["ended"]["wanted"]["reserve_percent"] == 5.0
    assert (await ask(path, "/leases"))["leases"] == []


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (None, "Expecting value"),
        ([], "a list is not a lease"),
        ({"kind": "boost"}, '"boost" is not a kind of lease. Write override, pause or skip.'),
        ({"kind": "pause"}, "Say until when"),
        ({"kind": "pause", "until": "2030-01-01T00:00"}, "with Z or an offset"),
        ({"kind": "pause", "until": "2020-01-01T00:00Z"}, "is over"),
        ({"kind": "pause", "until": "9999-01-01T00:00Z"}, "more than 31 days away"),
        ({"kind": "pause", "until": "next"}, "no next boundary"),
        ({"kind": "pause", "until": "next", "reason": 5}, "5 is not a text"),
        ({"kind": "override", "mode": "backup", "until": "next"}, "both: mode and reserve"),
        ({"kind": "skip"}, "Say what to skip"),
        ({"kind": "skip", "name": "dance"}, "It has"),
    ],
)
async def test_a_lease_that_cannot_be_had_is_refused_at_once(
    path: Path, body: dict[str, Any] | list[Any] | None, told: str
) -> None:
    (answer,) = await act(path, "/leases", body)
    assert told in answer["error"]


GARBAGE = {
    "no JSON": b"now, please",
    "half of it": b'{"kind": "pause", "until": ',
    "no text": bytes(range(128, 256)),
    "zeros": bytes(64),
    "a list": b"[1, 2, 3]",
    "a word": b'"now"',
    "a number": b"17",
    "endless": b"1e999999",
    "no number": b'{"kind": "override", "mode": "backup", "reserve": NaN, "until": "next"}',
    "many digits": b'{"kind": "override", "mode": "backup", "until": "next", "reserve": %s}'
    % (b"9" * 5_000),
    "nothing": b"null",
    "yes": b"true",
    "deep": b"[" * 30_000,
    "deep objects": b'{"kind":' * 8_000,
    "wrong types": b'{"kind": 1, "name": [], "id": {}, "who": 3, "reason": false, "until": 0}',
    "types within": b'{"kind": ["pause"], "until": {"at": "next"}}',
    "a kind that is an object": b'{"kind": {}}',
    "who is a list": b'{"kind": "skip", "name": "look for firmware", "who": []}',
    "unknown key": b'{"kind": "pause", "until": "next", "untill": "18:00"}',
    "another key": b'{"rule": "run the house"}',
    "huge": b'{"kind": "pause", "until": "' + b"x" * 60_000 + b'"}',
    "a date of no calendar": b'{"kind": "pause", "until": "2026-02-30T25:00:00Z"}',
    "before all dates": b'{"kind": "pause", "until": "0001-01-01T00:00:00+23:59"}',
    "after all dates": b'{"kind": "pause", "until": "9999-12-31T23:59:59-23:59"}',
    "control characters": b'{"kind": "\\u0000\\u001b[31m", "name": "\\ud800"}',
    "too large": b" " * (BOUNDS.body + 1),
}


WAYS = ["/apply", "/leases", "/leases/end", "/job/look%20for%20firmware", "/notices"]


@pytest.mark.parametrize("way", WAYS)
async def test_an_act_with_a_body_of_garbage_is_refused_and_nothing_is_done(
    host: Host, path: Path, way: str
) -> None:
    keeper = host.keepers[0]
    before = (keeper.site.controller.known.runs, len(keeper.site.leases.known))
    for name, body in GARBAGE.items():
        head = f"POST {way} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        sent = f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body

        answer = await raw(path, sent)

        status, told = answer.split(b" ")[1], json.loads(answer.rpartition(b"\r\n\r\n")[2])
        assert status == (b"413" if name == "too large" else b"400"), (name, answer)
        assert told["error"].endswith((".", "?", "large")), name
        assert len(answer) < 2_000, name
    assert (await ask(path, "/status"))["leases"] == []
    assert (keeper.site.controller.known.runs, len(keeper.site.leases.known)) == before


@pytest.mark.parametrize("name", ["%00", "%ff%fe", "..%2f..%2fleases", "%F0%9F%94%8B", "x" * 7_000])
async def test_a_job_of_a_strange_name_is_not_there(path: Path, name: str) -> None:
    sent = f"POST /job/{name} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()

    answer = await raw(path, sent)

    assert answer.split(b" ")[1] == b"404"
    assert len(answer) < 2_000


@pytest.mark.parametrize("body", [b"", b"{}", b" {} "])
async def test_an_act_that_takes_nothing_takes_an_empty_body(path: Path, body: bytes) -> None:
    head = b"POST /apply HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: "

    answer = await raw(path, head + b"%d\r\n\r\n" % len(body) + body)

    assert answer.split(b" ")[1] == b"200"


async def test_notices_that_nobody_takes_are_a_reason_until_they_are_or_it_is_long_ago(
    host: Host, path: Path
) -> None:
    since = "2026-07-06T09:00:00Z"
    assert await act(path, "/notices", {"count": 2, "since": since}) == [{}]
    (told,) = (await ask(path, "/status"))["health"]["details"]
    host.views.heard("home", Untaken(2, clock.now()), clock.now() - timedelta(minutes=11))
    late = (await ask(path, "/status"))["health"]["reasons"]
    await act(path, "/notices", {"count": 1, "since": since})
    await act(path, "/notices", {"count": 0})

    assert (told["id"], told["word"], told["since"]) == ("notices", "attention", since)
    assert told["text"].startswith("2 notices were taken by no target")
    assert late == (await ask(path, "/status"))["health"]["reasons"] == []


async def test_a_sender_whose_target_takes_nothing_has_the_service_show_it(
    host: Host, path: Path, chosen: settings.Settings, tmp_path: Path
) -> None:
    answers = iter([False, True])
    found = targets("ntfy://one/topic")
    book = ToldBook(tmp_path / "notices.jsonl", clock.now())
    turns = Turns(
        chosen,
        chosen.of(NotifySettings),
        found,
        book,
        send=lambda target, notice: Delivery(taken=next(answers), why="no"),
    )
    await host.keepers[0].site.recorder.event(
        "incident",
        "opened",
        {"reason": "refused", "text": "no", "word": "failing", "since": clock.iso(clock.now())},
    )

    await asyncio.to_thread(turns.turn, clock.now())
    shown = (await ask(path, "/status"))["health"]["details"]
    await asyncio.to_thread(turns.turn, clock.now() + timedelta(minutes=2))
    book.close()

    assert [each["id"] for each in shown] == ["notices"]
    assert (await ask(path, "/status"))["health"]["details"] == []


@pytest.mark.parametrize(
    "body",
    [{}, {"count": -1}, {"count": True}, {"count": 3}, {"count": 3, "since": "now"}, {"why": "x"}],
    ids=str,
)
async def test_what_is_told_of_notices_is_a_number_and_an_instant(
    path: Path, body: dict[str, Any]
) -> None:
    (answer,) = await act(path, "/notices", body)

    assert "Send {" in answer["error"]


async def test_the_document_names_every_way_in(path: Path) -> None:
    document = await ask(path, "/openapi.json")

    assert document["openapi"].startswith("3.")
    sent = {
        "/leases": {"kind": "skip", "name": "look for firmware"},
        "/leases/end": {"kind": "skip"},
        "/notices": {"count": 0},
    }
    for way, verbs in document["paths"].items():
        for verb in verbs:
            asked = way.replace("{name}", "look%20for%20firmware")
            body = json.dumps(sent[way]) if verb == "post" and way in sent else ""
            head = f"{verb.upper()} {asked} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
            head += f"Content-Length: {len(body)}\r\n\r\n{body}"
            assert b" 200 " in (await raw(path, head.encode())).split(b"\r\n")[0], way


async def test_curl_reads_it(path: Path) -> None:
    done = await asyncio.to_thread(
        subprocess.run,
        ["curl", "-sS", "--unix-socket", str(path), "http://tou/sites"],
        capture_output=True,
        check=False,
    )

    assert json.loads(done.stdout) == {"sites": [{"site": "home", "word": "good"}]}


async def test_the_socket_is_gone_after_the_stop_and_a_stale_one_is_replaced(
    path: Path, host: Host, tmp_path: Path
) -> None:
    assert stat.S_ISSOCK(path.stat().st_mode)

    await host.control.close()

    assert not path.exists()
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(path))
    control = Control(host.opened.settings, host.keepers, host.views)
    assert await control.listen(path) == path
    assert (await ask(path, "/status"))["site"] == "home"
    await control.close()


async def test_something_else_by_its_name_is_left_alone_and_the_service_goes_on(
    host: Host, tmp_path: Path
) -> None:
    (tmp_path / "letter").write_text("dear reader")

    assert (
        await Control(host.opened.settings, host.keepers, host.views).listen(tmp_path / "letter")
        is None
    )
    assert (tmp_path / "letter").read_text() == "dear reader"


async def test_a_path_longer_than_the_kernel_takes_is_reached_all_the_same(
    host: Host, tmp_path: Path
) -> None:
    folder = tmp_path / ("d" * 100) / ("e" * 100)
    folder.mkdir(parents=True)
    control = Control(host.opened.settings, host.keepers, host.views)

    listened = await control.listen(folder / "tou.control.sock")

    assert listened is not None
    assert (await ask(listened, "/status"))["site"] == "home"
    await control.close()


@pytest.mark.parametrize(
    ("mode", "uid", "may_read", "may_write"),
    [
        (0o600, 0, True, True),
        (0o600, 54_321, False, False),
        (0o644, 54_321, True, False),
        (0o666, 54_321, True, True),
    ],
    ids=["root", "a stranger", "readable", "writable"],
)
def test_who_may_read_the_database_may_ask_and_who_may_write_it_may_act(
    tmp_path: Path, mode: int, uid: int, may_read: bool, may_write: bool
) -> None:
    database = tmp_path / "tou.db"
    database.touch()
    database.chmod(mode)
    for folder in database.parents:
        if folder.stat().st_uid == os.geteuid() and str(folder).count("/") > 1:
            folder.chmod(0o755)
    peer = Peer(1, uid, uid)

    assert access.may(peer, database, "read") is may_read
    assert access.may(peer, database, "write") is may_write


BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
KEY = "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    ("shown", "fits"),
    [
        (f"Bearer {KEY}", True),
        (f"bearer {KEY} ", True),
        (f"Bearer {KEY[:-1]}", False),
        (f"Bearer {KEY[:-1]}\u00e9", False),
        (f"Basic {KEY}", False),
        ("Bearer ", False),
        ("", False),
        (None, False),
    ],
)
def test_the_key_of_those_who_act_fits_as_a_whole_or_not_at_all(
    shown: str | None, fits: bool
) -> None:
    assert access.fits(shown, SecretStr(KEY)) is fits
    assert not access.fits(shown, None)


class TestWithAKey:
    """A reader may act who shows the key; whoever may write the database needs none."""

    @pytest.fixture
    def chosen(
        self, chosen: settings.Settings, monkeypatch: pytest.MonkeyPatch
    ) -> settings.Settings:
        monkeypatch.setenv("TOU_ACT_KEY", KEY)
        return settings.load()

    async def test_a_reader_may_tell_how_notices_are_taken(
        self, path: Path, host: Host, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(access, "may", lambda peer, database, act: act == "read")

        assert await act(path, "/notices", {"count": 0}) == [{}]

    async def test_a_reader_acts_with_the_key_and_not_without(
        self, path: Path, host: Host, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(access, "may", lambda peer, database, act: act == "read")

        with pytest.raises(AccessError, match="may not write it"):
            await act(path, "/apply")
        with pytest.raises(AccessError, match="may not write it"):
            await act(path, "/apply", key="f" * 32)
        lines = await act(path, "/apply", {"who": "page: anna"}, key=KEY)

        assert lines[-1]["ended"]["exit_code"] == 0
        assert await asked_in(host) == [("apply", "page: anna")]

    async def test_a_stranger_does_not_get_far_enough_to_show_it(
        self, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(access, "may", lambda peer, database, act: False)

        with pytest.raises(AccessError):
            await act(path, "/apply", key=KEY)


async def asked_in(host: Host) -> list[tuple[str | None, Any]]:
    recorder = host.keepers[0].site.recorder
    events = await recorder.ask(lambda: recorder.questions.events("asked", BEGINNING))
    return [(each.name, each.detail["who"]) for each in events]


async def test_who_asked_for_an_act_without_a_lease_is_on_the_record(
    path: Path, host: Host
) -> None:
    await act(path, "/apply", {"who": "anna"})
    await act(path, asking.job_path("look for firmware"))

    me = access.name_of(Peer(1, os.geteuid(), os.getegid()))
    assert await asked_in(host) == [("apply", f"anna, as {me}"), ("look for firmware", me)]


@pytest.mark.parametrize("what", ["/apply", "/job/look%20for%20firmware"])
async def test_a_who_that_is_no_text_is_refused_before_anything_is_done(
    path: Path, host: Host, what: str
) -> None:
    lines = await act(path, what, {"who": 7})

    assert "is not a text" in lines[0]["error"]
    assert await asked_in(host) == []


async def test_the_state_names_what_can_be_skipped_or_run(path: Path) -> None:
    in_force = (await ask(path, "/status"))["schedule_in_force"]

    assert in_force["rules"] == ["run the house"]
    assert in_force["jobs"] == ["look for firmware"]


def test_a_folder_that_is_closed_closes_the_database(tmp_path: Path) -> None:
    database = tmp_path / "closed" / "tou.db"
    database.parent.mkdir()
    database.touch(mode=0o644)
    database.parent.chmod(0o700)

    assert not access.may(Peer(1, 54_321, 54_321), database, "read")


def test_nobody_answers_where_no_service_is(tmp_path: Path) -> None:
    with pytest.raises(ServiceSilentError, match="does not answer"):
        asking.ask(tmp_path / "none.sock", "/status")


def test_a_service_that_hangs_is_not_waited_for(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as hanging:
        hanging.bind(str(tmp_path / "s"))
        hanging.listen(1)

        with pytest.raises(ServiceSilentError, match=r"within 0\.1 s"):
            asking.ask(tmp_path / "s", "/status", seconds=0.1)


def test_a_refusal_is_this_users_to_mend(tmp_path: Path) -> None:
    error = AccessError("not yours")

    assert error.exit_code == 77

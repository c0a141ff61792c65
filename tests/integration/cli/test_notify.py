"""`tou notify` over an audit at work, with targets and pings on loopback."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from scheduler import clock, settings
from scheduler.audit import review
from scheduler.audit.log import Log
from scheduler.cli.notify import run
from scheduler.outlets.notices.notice import Notice
from scheduler.outlets.notices.settings import NotifySettings
from scheduler.outlets.notices.targets import send, targets
from scheduler.outlets.pings import ping
from scheduler.words import EntryKind, Outcome

from .conftest import Runs, Tou

# A module of the sender's own asks for one that Python gives up.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")


class Receiver:
    """An HTTP server that keeps what it is sent."""

    def __init__(self) -> None:
        self.got: list[tuple[str, str, str]] = []
        self.status = 200
        self.hang = threading.Event()
        self.hang.set()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length).decode()
                receiver.got.append((self.command, self.path, body))
                receiver.hang.wait(20)
                self.send_response(receiver.status)
                self.end_headers()

            do_GET = do_POST  # noqa: N815

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.place = f"127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.hang.set()
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


def opened(log: Log) -> int:
    now = clock.now()
    detail = {"reason": "refused", "text": "The gateway refuses: no", "word": "failing"}
    return log.append(
        at=now, entry=EntryKind.EVENT, kind="incident", name="opened",
        detail={**detail, "since": clock.iso(now)},
    )  # fmt: skip


class TwoTurns(threading.Event):
    """Ends the sender after its second look."""

    def __init__(self) -> None:
        super().__init__()
        self._left = 2

    def wait(self, timeout: float | None = None) -> bool:
        self._left -= 1
        if not self._left:
            self.set()
        return self.is_set()


def once() -> None:
    chosen = settings.load()
    run(chosen, chosen.of(NotifySettings), TwoTurns())


def test_an_incident_of_the_audit_reaches_the_target_once(
    home: Path, log: Log, monkeypatch: pytest.MonkeyPatch, receiver: Receiver
) -> None:
    monkeypatch.setenv("TOU_NOTIFY_TARGETS", f"failure=json://{receiver.place}/")
    opened(log)

    once()
    once()

    ((_, _, body),) = receiver.got
    told = json.loads(body)
    assert told["title"] == "home: The gateway refuses: no"
    assert "`tou status` shows how it is now." in told["message"]
    lines = (home / "tou.notices.jsonl").read_text().splitlines()
    assert [json.loads(line).get("taken") for line in lines] == [None, True]


def test_the_audit_is_not_written_by_who_tells(
    home: Path, log: Log, monkeypatch: pytest.MonkeyPatch, receiver: Receiver
) -> None:
    monkeypatch.setenv("TOU_NOTIFY_TARGETS", f"json://{receiver.place}/")
    last = opened(log)

    once()

    assert review.last_entry(log.database) == last


def test_a_test_goes_to_every_target_and_says_what_each_answered(
    tou: Tou, monkeypatch: pytest.MonkeyPatch, receiver: Receiver
) -> None:
    place = receiver.place
    monkeypatch.setenv("TOU_NOTIFY_TARGETS", f"digest=json://{place}/ form://127.0.0.1:9/hunter2")

    answer = tou("notify", "test")

    assert answer.code == 1
    assert answer.out == "json 1: taken; it gets digest\nform 2: not taken: it was not taken\n"
    assert "hunter2" not in answer.out + answer.err


def test_without_a_target_it_says_where_one_is_set(tou: Tou) -> None:
    answer = tou("notify", "test")

    assert answer.code == 78
    assert "credential notify_targets" in answer.err


def test_targets_stand_one_a_line_in_the_credential(
    tou: Tou, home: Path, monkeypatch: pytest.MonkeyPatch, receiver: Receiver
) -> None:
    (home / "notify_targets").write_text(f"json://{receiver.place}/\nfailure=form://127.0.0.1:9\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(home))

    assert tou("notify", "test").out.splitlines()[0].startswith("json 1: taken")


def test_a_kind_that_nobody_knows_is_named_by_its_place(
    tou: Tou, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOU_NOTIFY_TARGETS", "carrierpigeon://hunter2")

    answer = tou("notify", "test")

    assert answer.code == 78
    assert "carrierpigeon 1 is not understood" in answer.err
    assert "hunter2" not in answer.err


def test_a_target_that_hangs_is_left_after_its_deadline(receiver: Receiver) -> None:
    receiver.hang.clear()
    (target,) = targets(f"json://{receiver.place}/")

    answer = send(target, Notice("key", "test", "title", "body"), deadline=0.2)

    assert (answer.taken, answer.why) == (False, "no answer within 0.2 s")


def test_two_that_tell_are_refused(
    home: Path, monkeypatch: pytest.MonkeyPatch, receiver: Receiver
) -> None:
    from scheduler import files
    from scheduler.errors import LockedError

    monkeypatch.setenv("TOU_NOTIFY_TARGETS", f"json://{receiver.place}/")
    lock = files.Lock(home / "tou.notices.lock")
    assert lock.attempt()

    with pytest.raises(LockedError, match="held by process"):
        once()
    lock.release()


def test_a_ping_is_one_line_posted_and_tried_three_times(receiver: Receiver) -> None:
    receiver.status = 500

    assert not ping(f"http://{receiver.place}/key/fail", "failing: overdue", timeout=20.0)
    assert receiver.got == [("POST", "/key/fail", "failing: overdue")] * 3
    receiver.status = 200
    assert ping(f"http://{receiver.place}/push?msg=OK", "good", timeout=20.0)
    assert receiver.got[-1] == ("GET", "/push?msg=OK", "")


@pytest.mark.parametrize("value", ["ftp://x", "https://a b", "x"])
def test_an_address_for_pings_that_cannot_be_meant_is_refused(
    tou: Tou, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("TOU_PING_URL", value)

    answer = tou("notify")

    assert answer.code == 78
    assert answer.err.startswith("TOU_PING_URL: write an address that begins with https://")


def test_the_service_knows_the_settings_of_who_tells_by_name(
    tou: Tou, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOU_NOTIFY_QUIET", "22:00-07:00")
    settings.load()
    monkeypatch.setenv("TOU_NOTIFY_QUIT", "22:00-07:00")

    assert "Did you mean TOU_NOTIFY_QUIET?" in tou("notify").err


def test_the_service_imports_nothing_of_who_tells_and_shows() -> None:
    text = (
        "import sys, scheduler.host.host, scheduler.settings; scheduler.settings.load(); "
        "words = ('apprise', '.notices', 'mqtt', 'prometheus', 'starlette', 'jinja2'); "
        "print([each for each in sys.modules if any(word in each for word in words)])"
    )
    told = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)

    assert told.stdout == "[]\n"


def test_every_setting_is_on_its_page() -> None:
    from scheduler.environment import names_of

    page = (Path(__file__).parents[3] / "docs" / "notices.md").read_text()

    assert [name for name in names_of(NotifySettings) if f"`{name}`" not in page] == []


# --- the digest


def test_the_digest_is_shown_from_the_audit_alone(tou: Tou, runs: Runs) -> None:
    runs.switch(Outcome.CONFIRMED)

    answer = tou("notify", "digest", "--week", "2026-11-23")

    assert answer.code == 0
    assert answer.out.startswith("Week of 23 Nov: ")
    assert "Mon 23 Nov: " in answer.out


def test_a_digest_of_a_week_to_come_and_one_without_an_audit_are_refused(
    tou: Tou, home: Path
) -> None:
    assert tou("notify", "digest", "--week", "2999-01-01").code == 2
    answer = tou("notify", "digest")
    assert (answer.code, "No audit yet" in answer.err) == (1, True)


def test_a_firmware_that_a_start_meets_again_did_not_come(tou: Tou, log: Log, runs: Runs) -> None:
    for hours, version in enumerate(("24.36", "24.36", "26.34.1", "26.34.1")):
        log.append(
            at=runs.at + timedelta(hours=hours), entry=EntryKind.EVENT, kind="gateway",
            name="firmware", detail={"firmware": version, "before": None},
        )  # fmt: skip

    out = tou("notify", "digest", "--week", "2026-11-23").out

    assert "firmware 26.34.1 came Mon 10:00" in out


def test_the_digest_of_the_week_before_is_sent_once_at_its_hour(
    home: Path, log: Log, monkeypatch: pytest.MonkeyPatch, receiver: Receiver
) -> None:
    place = receiver.place
    monkeypatch.setenv("TOU_NOTIFY_TARGETS", f"digest=json://{place}/")
    monkeypatch.setenv("TOU_PING_DIGEST_URL", f"http://{place}/digest")
    week_ago = clock.now() - timedelta(days=8)
    begun = json.dumps({"at": clock.iso(week_ago), "event": "begun"})
    (home / "tou.notices.jsonl").write_text(f"{begun}\n")
    monkeypatch.setenv("TOU_NOTIFY_DIGEST", "mon 00:00")

    once()
    once()

    assert [path for _, path, _ in receiver.got] == ["/", "/digest"]
    assert json.loads(receiver.got[0][2])["title"].startswith("home: Week of ")


def test_a_sender_that_just_began_sends_no_digest_of_the_time_before(
    home: Path, log: Log, monkeypatch: pytest.MonkeyPatch, receiver: Receiver
) -> None:
    monkeypatch.setenv("TOU_NOTIFY_TARGETS", f"json://{receiver.place}/")
    monkeypatch.setenv("TOU_NOTIFY_DIGEST", "mon 00:00")

    once()

    assert receiver.got == []

"""`tou notify`: the process that tells a person, and its test and digest."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import click

from scheduler import clock, files, settings
from scheduler.cli.verbs import Verbs
from scheduler.errors import SchedulerError, SettingsError
from scheduler.host import supervisor
from scheduler.outlets import journal
from scheduler.outlets.notices import targets
from scheduler.outlets.notices.notice import Notice
from scheduler.outlets.notices.settings import NotifySettings
from scheduler.outlets.notices.targets import Addressee, Delivery
from scheduler.outlets.notices.told_book import ToldBook, book_path
from scheduler.settings import Settings


@click.group("notify", cls=Verbs, invoke_without_command=True)
@click.pass_context
def notify_command(context: click.Context) -> None:
    """Tell a person what is wrong, and when it is over; ping that all turns. Runs until it is
    ended, beside the service, and without the gateway's secret.

    Example: tou notify
    """
    if context.invoked_subcommand is None:
        chosen, table = _prepared()
        run(chosen, table, _ended())


@notify_command.command("test")
def test_command() -> None:
    """Send a test to every target, and show what each answered.

    Example: tou notify test
    """
    chosen, table = _prepared()
    told = Notice(
        f"test {clock.iso(clock.now())}",
        "test",
        f"{chosen.site}: a test",
        "Notices of tou-scheduler arrive here. Nothing is wrong.",
    )
    _show_sent(_targets(table), told)


@notify_command.command("digest")
@click.option("--week", metavar="DAY", default="last", help="A day of it; without it, last week.")
@click.option("--send", "sends", is_flag=True, help="Send it, and do not only show it.")
def digest_command(week: str, *, sends: bool) -> None:
    """Show what happened in a week: switches, time in a wrong setting, grid in peaks, costs, what
    to watch, and the week to come. Needs neither the service nor the gateway.

    Example: tou notify digest --week yesterday
    """
    from scheduler.cli.notify_digest import of_week

    chosen, table = _prepared()
    told = of_week(chosen, week, now=clock.now())
    click.echo(told.body)
    if sends:
        _show_sent(_targets(table), told)


def run(chosen: Settings, table: NotifySettings, ended: threading.Event) -> None:
    """Look, tell and ping at every pulse until it is ended."""
    from scheduler.cli.notify_turn import Turns

    found = _targets(table) if table.notify_targets else ()
    if not found and table.ping_url is None:
        raise _nothing_set()
    path = book_path(chosen.database_path)
    with _alone(path), closing(_book(path)) as book:
        turns = Turns(chosen, table, found, book)
        supervisor.notify("READY=1")
        while not ended.is_set():
            status = turns.turn(clock.now())
            supervisor.notify("WATCHDOG=1", f"STATUS={status}")
            ended.wait(chosen.pulse.total_seconds())


def _prepared() -> tuple[Settings, NotifySettings]:
    chosen = settings.load()
    journal.configure(chosen.log_level, chosen.log_format)
    return chosen, chosen.of(NotifySettings)


def _targets(table: NotifySettings) -> tuple[Addressee, ...]:
    if table.notify_targets is None:
        raise _nothing_set()
    found = targets.targets(table.notify_targets.get_secret_value())
    targets.check(found)
    return found


def _show_sent(found: tuple[Addressee, ...], told: Notice) -> None:
    """Send to every target that wants it, and show what each answered."""
    answers = [(each, targets.send(each, told)) for each in found if each.wants(told.level)]
    for target, answer in answers:
        click.echo(f"{target.name}: {_answer_words(target, answer)}")
    if not all(answer.taken for _, answer in answers):
        raise SchedulerError("Not every target took it. `apprise -vv ADDRESS` says why.")


def _nothing_set() -> SettingsError:
    return SettingsError(
        "TOU_NOTIFY_TARGETS is not set. Set it, or give systemd the credential notify_targets: "
        "one address a line, such as ntfy://ntfy.sh/topic."
    )


def _answer_words(target: Addressee, answer: Delivery) -> str:
    if not answer.taken:
        return f"not taken: {answer.why}"
    return f"taken; it gets {', '.join(sorted(target.levels))}"


def _ended() -> threading.Event:
    ended = threading.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: ended.set())
    return ended


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Two that send would tell everything twice."""
    lock = files.Lock(path.with_suffix(".lock"))
    try:
        lock.take(2.0)
    except OSError as error:
        raise _unusable(path, error) from None
    try:
        yield
    finally:
        with suppress(OSError):
            lock.release()


def _book(path: Path) -> ToldBook:
    try:
        return ToldBook(path, clock.now())
    except OSError as error:
        raise _unusable(path, error) from None


def _unusable(path: Path, error: OSError) -> SchedulerError:
    return files.denied(path, error) or SchedulerError(f"{path}: {error.strerror}.")

"""Targets: where notices go, which levels each wants, and how one is sent there.

An address is a secret; it is in no repr, no log and no error. Apprise is imported when the first
notice is sent.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from scheduler.errors import SettingsError
from scheduler.extras import extra
from scheduler.outlets.notices.notice import LEVELS, Level, Notice
from scheduler.outside import said

DEADLINE: Final = 30.0
"""Seconds that one target may take."""
NAME: Final = "TOU_NOTIFY_TARGETS"
_TYPES: Final[dict[Level, str]] = {
    "failure": "failure", "warning": "warning", "recovery": "success", "digest": "info",
    "test": "info",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Addressee:
    """One target."""

    name: str
    """Its kind and its place among them: `ntfy 1`."""
    address: str = field(repr=False)
    levels: frozenset[Level]

    def wants(self, level: Level) -> bool:
        """Whether notices of a level go there; a test goes everywhere."""
        return level == "test" or level in self.levels


@dataclass(frozen=True, slots=True)
class Delivery:
    """What came of sending: taken or not, and why not."""

    taken: bool
    why: str = ""


Send = Callable[[Addressee, Notice], Delivery]


def targets(text: str) -> tuple[Addressee, ...]:
    """`ntfy://ntfy.sh/topic` or `failure,recovery=mailto://...`, one a line. Raises SettingsError
    that names the place, and no address."""
    return tuple(_target(each, number) for number, each in enumerate(text.split(), start=1))


def _target(text: str, number: int) -> Addressee:
    before, colon, _ = text.partition("://")
    tags, equals, kind = before.rpartition("=")
    if not colon or not kind.isascii() or not kind.replace("+", "").isalnum():
        raise SettingsError(
            f"{NAME}: target {number} is no address. Write one such as ntfy://ntfy.sh/topic, or "
            "failure,recovery=ntfy://ntfy.sh/topic."
        )
    wanted = [each.strip() for each in tags.split(",")] if equals else list(LEVELS)
    levels = frozenset(level for level in LEVELS if level in wanted)
    for word in wanted:
        if word not in levels:
            known = ", ".join(LEVELS[:-1])
            told = said(word, limit=20)
            raise SettingsError(f'{NAME}: target {number}: "{told}" is no level. Write {known}.')
    return Addressee(f"{kind} {number}", text[len(tags) + len(equals) :], levels)


def check(found: tuple[Addressee, ...]) -> None:
    """Raises SettingsError for a target that nothing can be sent to, or where what
    sends notices is not installed."""
    with extra("notify", "A notice"):
        import apprise

    _hush()
    for each in found:
        if apprise.Apprise.instantiate(each.address) is None:
            raise SettingsError(
                f"{NAME}: {each.name} is not understood. `apprise -vv ADDRESS` says why; its "
                "pages list the forms."
            )


def send(target: Addressee, notice: Notice, *, deadline: float = DEADLINE) -> Delivery:
    """Send to one target, and wait no longer than the deadline. A sender that hangs is left to
    itself: it dies with the process."""
    answers: list[Delivery] = []
    worker = threading.Thread(
        target=lambda: answers.append(_sent(target, notice)), name="sender", daemon=True
    )
    worker.start()
    worker.join(deadline)
    return answers[0] if answers else Delivery(taken=False, why=f"no answer within {deadline:g} s")


def _sent(target: Addressee, notice: Notice) -> Delivery:
    try:
        import apprise

        _hush()
        asset = apprise.AppriseAsset(
            app_id="tou-scheduler", app_desc="tou-scheduler", async_mode=False
        )
        one = apprise.Apprise(asset=asset)
        if not one.add(target.address):
            return Delivery(taken=False, why="its address is not understood")
        kind = apprise.NotifyType(_TYPES[notice.level])
        plain = apprise.NotifyFormat.TEXT
        taken = one.notify(
            title=notice.title, body=notice.body, notify_type=kind, body_format=plain
        )
    except Exception as error:  # noqa: BLE001 -- 260 kinds of senders by others
        return Delivery(taken=False, why=f"its sender failed ({type(error).__name__})")
    return Delivery(taken=bool(taken), why="" if taken else "it was not taken")


def _hush() -> None:
    """Its lines would show addresses."""
    logging.getLogger("apprise").setLevel(logging.CRITICAL)

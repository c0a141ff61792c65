"""What the audit says of the setting in force, and what this process has written since."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from scheduler.audit.answers import Confirmed
from scheduler.audit.recorder import Recorder
from scheduler.gateway.base import Gateway
from scheduler.setting import GridCharging, Setting
from scheduler.site.apply import DENIED_FOR_HOLD
from scheduler.site.state import Proven
from scheduler.site.wish import Wish


class Standing:
    """How a gateway stands, as far as the record goes."""

    def __init__(self, gateway: Gateway, recorder: Recorder) -> None:
        self.since: tuple[datetime, int] | None = None
        """When and in which run the setting asked about was confirmed."""
        self._gateway, self._recorder = gateway, recorder
        self._in_doubt: bool | None = None

    async def confirmed(self) -> Confirmed | None:
        """The newest setting that was read back equal, with nothing since that may have changed
        it."""
        name, questions = self._gateway.name, self._recorder.questions
        return await self._recorder.ask(lambda: questions.last_confirmed(name))

    async def in_force(self, setting: Setting, *, fresh: bool) -> bool:
        """Whether the audit shows this very setting in force. A `fresh` wish cannot be."""
        self.since = None
        if fresh or isinstance(setting.reserve, str):
            return False
        found = await self.confirmed()
        if found is None or found.setting != setting:
            return False
        self.since = (found.at, found.run)
        return True

    async def continued(self, wish: Wish, old: Wish | None) -> Setting:
        """What a new wish asks for. A hold keeps the percentage that was read when it began, also
        across a restart; grid charging that was denied for a hold only is allowed again after it.
        """
        setting, denied = wish.setting, old is not None and old.denies_for_hold
        if wish.hold_from is not None or old is None:
            confirmed = await self.confirmed()
            if confirmed is not None and wish.hold_from is not None:
                begun = (confirmed.name, confirmed.hold_from)
                same = begun == (wish.desired.rule, wish.hold_from)
                return confirmed.setting if same else setting
            denied = denied or (confirmed is not None and DENIED_FOR_HOLD in confirmed.detail)
        if denied and setting.grid_charging is None:
            return replace(setting, grid_charging=GridCharging.ALLOW)
        return setting

    def proven(self, rule: str, setting: Setting) -> Proven | None:
        """The setting asked about as the audit proves it; None where it does not."""
        return None if self.since is None else Proven(rule, setting, *self.since)

    def wrote(self, *, confirmed: bool) -> None:
        """Remember a write of this process, and whether it was seen to its end."""
        self._in_doubt = not confirmed
        self.since = None

    async def in_doubt(self) -> bool:
        """Whether a reading that is equal proves nothing: a write was not seen to its end, and the
        gateway shows settings that are not in force yet."""
        if not self._gateway.limits.shows_pending:
            return False
        if self._in_doubt is None:
            name, questions = self._gateway.name, self._recorder.questions
            self._in_doubt = await self._recorder.ask(lambda: questions.write_in_doubt(name))
        return self._in_doubt

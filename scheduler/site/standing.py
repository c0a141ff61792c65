"""What the audit says of the setting in force, and what this process has written since."""

from __future__ import annotations

from datetime import datetime

from scheduler.audit.questions import Confirmed
from scheduler.audit.recorder import Recorder
from scheduler.gateway.base import Gateway
from scheduler.setting import Setting


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

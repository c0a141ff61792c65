"""Schedules read again: on SIGHUP put in force, at each pulse only compared with their files.

A broken file never replaces a good schedule.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from scheduler import clock
from scheduler.errors import AuditError, ConfigurationError
from scheduler.host.keeper import Keeper
from scheduler.host.sites import Hosted, accepted
from scheduler.host.watch import OnDisk, Watch, problems_of
from scheduler.schedule.load import Loaded
from scheduler.schedule.values import Schedule
from scheduler.words import Wake

log = logging.getLogger(__name__)


class Reloads:
    """The files of all sites. Sites that share a file share its reading."""

    def __init__(
        self,
        keepers: Sequence[Keeper],
        hosted: Sequence[Hosted],
        *,
        read: Callable[[Path], Loaded] = accepted,
    ) -> None:
        self._read = read
        self._files = {keeper: each.file for keeper, each in zip(keepers, hosted, strict=True)}
        self._watches: dict[Path, Watch] = {}
        for each in hosted:
            if each.file not in self._watches:
                self._watches[each.file] = Watch(each.file, each.site.loaded, read)
        self._by_name = {each.site.name: each.file for each in hosted}

    def on_disk(self, site: str) -> OnDisk:
        """What a site's file says now."""
        return self._watches[self._by_name[site]].on_disk

    async def look(self) -> None:
        """Read the files that were touched; what they say is shown, not put in force."""
        for path, watch in self._watches.items():
            if not watch.changed():
                continue
            found = await asyncio.to_thread(watch.look)
            if found.problems:
                log.warning("%s is broken now; the last good schedule stays in force", path)
            elif any(
                found.digest != keeper.site.schedule.digest
                for keeper, file in self._files.items()
                if file == path
            ):
                log.warning("%s differs from the schedule in force; reload to use it", path)

    async def reload(self) -> None:
        """Put what the files say in force."""
        for path in self._watches:
            keepers = [keeper for keeper, file in self._files.items() if file == path]
            try:
                loaded = await asyncio.to_thread(self._read, path)
            except ConfigurationError as error:
                log.error("the schedule is broken; the last good one stays:\n%s", error)  # noqa: TRY400
                detail = {"problems": list(problems_of(error))}
                for keeper in keepers:
                    await _note(keeper, "failed", detail)
            else:
                for warned in loaded.warnings:
                    log.warning("%s", warned)
                for keeper in keepers:
                    await self._put_in_force(keeper, loaded)
            await asyncio.to_thread(self._watches[path].look)

    async def _put_in_force(self, keeper: Keeper, loaded: Loaded) -> None:
        site, old = keeper.site, keeper.site.schedule
        same = old.digest == loaded.schedule.digest
        await site.reload(loaded)
        log.info("the schedule was read again%s", "; it is the same" if same else "")
        summary = await asyncio.to_thread(_effect_of, old, loaded.schedule)
        log.info("the coming year: %s", summary)
        detail = {
            "schedule": loaded.schedule.name,
            "file": Path(loaded.schedule.file).name,
            "from": old.digest[:16],
            "to": loaded.schedule.digest[:16],
            "effect": summary,
        }
        await _note(keeper, "completed", detail)
        keeper.set_timers()
        keeper.wake(Wake.RELOAD)


def _effect_of(old: Schedule, new: Schedule) -> str:
    """One line on what changes in behaviour over the coming year."""
    from scheduler.plan.effect import effect

    now = clock.now()
    return effect(old, new, now, now + timedelta(days=365)).summary()


async def _note(keeper: Keeper, name: str, detail: dict[str, Any]) -> None:
    try:
        await keeper.site.recorder.event("reload", name, detail)
    except AuditError as error:
        log.error("the reload is not recorded: %s", error)  # noqa: TRY400 -- no traceback

"""The state of a site with what only its process knows: since when it runs, and how the file on
the disk stands to the schedule in force."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import datetime, timedelta

from scheduler import clock
from scheduler.host.reload import Reloads
from scheduler.host.sites import Opened
from scheduler.site.shown import state_of
from scheduler.site.site import Site
from scheduler.site.state import Reason, ScheduleState, SiteState, with_reasons
from scheduler.site.untaken import BELIEVED, Untaken


class Views:
    """Completes the states of a process's sites; pure but for the clock it is given."""

    def __init__(self, opened: Opened, reloads: Reloads, *, since: datetime) -> None:
        self._settings, self._reloads, self._since = opened.settings, reloads, since
        self._untaken: dict[str, tuple[Untaken, datetime]] = {}

    def state(self, site: Site, now: datetime) -> SiteState:
        """All that may be shown of a site now."""
        state = state_of(site, now)
        on_disk = self._reloads.on_disk(site.name)
        differs = on_disk.digest is not None and on_disk.digest != state.schedule.digest
        url = self._settings.transport.address
        state = replace(
            state,
            running_since=self._since,
            pid=os.getpid(),
            seen=now,
            turned=now - timedelta(seconds=clock.monotonic() - site.last_turn),
            database=str(self._settings.database_path),
            gateway=replace(state.gateway, url=url),
            schedule=replace(state.schedule, file_differs=differs, file_problems=on_disk.problems),
        )
        return with_reasons(state, *_of_the_file(state.schedule), *self._of_notices(site.name, now))

    def heard(self, site: str, untaken: Untaken | None, now: datetime) -> None:
        """What whoever tells notices says of them."""
        self._untaken.pop(site, None)
        if untaken is not None:
            self._untaken[site] = (untaken, now)

    def _of_notices(self, site: str, now: datetime) -> tuple[Reason, ...]:
        told = self._untaken.get(site)
        if told is None or not timedelta(0) <= now - told[1] <= BELIEVED:
            return ()
        return (told[0].reason(),)

    def beside(self, site: Site) -> tuple[Reason, ...]:
        """What is known here of a site and not by it."""
        problems = self._reloads.on_disk(site.name).problems
        shown = ScheduleState(
            site.schedule.name, site.schedule.file, "", "", self._since, file_problems=problems
        )
        return _of_the_file(shown)


def _of_the_file(schedule: ScheduleState) -> tuple[Reason, ...]:
    if schedule.file_problems:
        count = len(schedule.file_problems)
        more = f" (and {count - 1} more)" if count > 1 else ""
        text = (
            f"the schedule file is broken; the last good one is in force: "
            f"{schedule.file_problems[0]}{more}"
        )
        return (Reason("file_broken", text, None, "attention"),)
    if schedule.file_differs:
        text = (
            f"{schedule.file} differs from the schedule in force; `systemctl reload "
            "tou-scheduler` (or SIGHUP) puts it in force, `tou diff` shows what it changes"
        )
        return (Reason("file_differs", text, None, "attention"),)
    return ()

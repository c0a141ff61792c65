"""The simulated device: settings, sitemaster, battery, sessions, updates, and time upon them.

Pure state: no sockets and no HTTP. It moves only when it is asked something, to the moment its
timepiece then shows.
"""

from __future__ import annotations

import hmac
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Final

from scheduler import clock
from scheduler.setting import from_raw
from scheduler.simulated import profiles, updates
from scheduler.simulated.battery import Flows, WireSetting
from scheduler.simulated.faults import Faults
from scheduler.simulated.house import House
from scheduler.simulated.loopback import REMEMBERED, Logged
from scheduler.simulated.options import SERIAL, Options
from scheduler.simulated.sessions import INSTALLER, LiveSessions, Login
from scheduler.simulated.sitemaster import SimulatedSitemaster
from scheduler.simulated.timepiece import Instant
from scheduler.simulated.updates import Updates

_LOGIN_WINDOW: Final = timedelta(minutes=10)


class Device:
    """One gateway with its battery. Properties show the present; nothing of them is a secret."""

    def __init__(
        self,
        options: Options,
        faults: Faults,
        read: Callable[[], Instant],
        house: House | None = None,
    ) -> None:
        self.options = options
        self.faults = faults
        self.profile = profiles.profile_named(options.profile)
        self.zone = options.zone()
        self.commission_count = 9
        self.logins = 0
        self.log: deque[Logged] = deque(maxlen=REMEMBERED)
        self.restarted: Callable[[], None] | None = None
        """Called when it goes away, so that the door is shut at once; the server's own."""
        self.on_request: Callable[[Logged], None] | None = None
        """Told of each request once it is answered, for whoever watches."""
        self._read = read
        self._sessions = LiveSessions()
        self._attempts: deque[datetime] = deque(maxlen=1000)
        self._switch_moved = False
        self._away_until: float | None = None
        self._coming: profiles.Profile | None = None
        moment = read()
        self.house = house or House(options, moment)
        self.battery = self.house.battery
        self._sent = self._sent_before = self.house.active
        self.sitemaster = SimulatedSitemaster()
        self.house.awake = self.sitemaster.share_up
        # A minute since the boot, and most of an hour since the last look for updates, as in
        # the captures.
        self._booted = moment.instant - timedelta(minutes=1)
        self._frozen_at = moment
        self.updates = Updates(
            *self.profile.update_rest,
            moment.instant - timedelta(minutes=47),
            options.check_seconds,
            options.download_seconds,
        )

    def turn(self) -> Instant:
        """Move to the present moment and return it."""
        moment = self._read()
        if self._away_until is not None and moment.elapsed >= self._away_until:
            self._come_back(moment, moment.elapsed - self._away_until)
        self.battery.islanded = self.faults.islanded
        self.house.turn(moment)
        self.updates.advance(moment)
        if not self.faults.frozen_meters:
            self._frozen_at = moment
        return moment

    # What tests and views look at.

    @property
    def requests(self) -> tuple[Logged, ...]:
        """The requests that arrived, oldest first, the last 2000."""
        return tuple(self.log)

    @property
    def staged(self) -> WireSetting:
        return self._sent

    @property
    def active(self) -> WireSetting:
        return self.house.active

    @property
    def obeyed(self) -> WireSetting:
        """The setting the battery follows now; some seconds behind `active`."""
        self.turn()
        return self.battery.setting

    @property
    def sitemaster_running(self) -> bool:
        return self.sitemaster.running(self.turn().elapsed)

    @property
    def sessions(self) -> int:
        return self._sessions.count(self.turn().instant, self.token_life)

    @property
    def charge(self) -> float:
        return from_raw(self.raw_charge)

    @property
    def raw_charge(self) -> float:
        """State of charge on the wire's scale."""
        self.turn()
        return self.battery.charge

    @property
    def powers(self) -> Flows:
        moment = self.turn()
        return self.house.powers(awake=self.sitemaster.running(moment.elapsed))

    @property
    def version(self) -> str:
        """The firmware's number, such as 1.43.3."""
        self.turn()
        return self.profile.number

    @property
    def away_seconds_left(self) -> float:
        moment = self.turn()
        return 0.0 if self._away_until is None else self._away_until - moment.elapsed

    # What the answers are made of.

    @property
    def token_life(self) -> float | None:
        life = self.faults.token_life
        return self.options.token_life if life is None else life

    def shown(self, moment: Instant) -> datetime:
        """What its own clock says, UTC."""
        faults = self.faults
        ahead = faults.clock_offset + faults.clock_drift * moment.elapsed
        return moment.instant + timedelta(seconds=ahead) if ahead else moment.instant

    def local(self, instant: datetime) -> datetime:
        """A reading of its own clock in what it takes for the site's zone."""
        local = clock.localise(instant, self.zone)
        if not self.faults.zone_offset:
            return local
        shift = timedelta(hours=self.faults.zone_offset)
        offset = timezone((local.utcoffset() or timedelta(0)) + shift)
        return (local + shift).replace(tzinfo=offset)

    def uptime(self, moment: Instant) -> float:
        return max(0.0, (moment.instant - self._booted).total_seconds())

    def booted(self, moment: Instant) -> datetime:
        return self.shown(moment) - timedelta(seconds=self.uptime(moment))

    def metered(self, moment: Instant) -> datetime:
        """When the meters last spoke, by its own clock."""
        return self.shown(self._frozen_at if self.faults.frozen_meters else moment)

    # Logins.

    def knows_password(self, password: str) -> bool:
        if self.faults.password_reverted:
            return False
        known = [self.options.password]
        if self.profile.any_user:
            known.append(f"S{SERIAL}")
        return any(hmac.compare_digest(password.encode(), each.encode()) for each in known)

    def counts_login(self, moment: Instant) -> bool:
        """Count an attempt to log in; whether it is within the limit."""
        own = self.faults.login_limit
        limit = self.profile.login_limit if own is None else own
        begin = moment.instant - _LOGIN_WINDOW
        while self._attempts and self._attempts[0] <= begin:
            self._attempts.popleft()
        self._attempts.append(moment.instant)
        return limit is None or len(self._attempts) <= limit

    def log_in(self, role: str, moment: Instant) -> str:
        """Open a session; stops the sitemaster where this firmware does so for the role."""
        stops = self.profile.login_stops
        if stops == "always" or (stops == "installer" and role == INSTALLER):
            self.sitemaster.halt(moment.elapsed)
        self.logins += 1
        return self._sessions.open(role, moment.instant)

    def log_out(self, tokens: tuple[str, ...]) -> None:
        self._sessions.close(tokens)

    def drop_sessions(self) -> None:
        self._sessions.close_all()

    def session(self, tokens: tuple[str, ...], moment: Instant) -> Login | None:
        found = self._sessions.find(tokens, moment.instant, self.token_life)
        if found is not None and self.faults.take("kill_tokens"):
            self._sessions.close_all()
            return None
        return None if self.faults.reads_forbidden else found

    def move_switch(self) -> None:
        """Throw a Powerwall's switch by hand; lets one waiting installer in."""
        self._switch_moved = True

    def take_switch(self) -> bool:
        """Whether the switch was moved since it was last asked."""
        moved, self._switch_moved = self._switch_moved, False
        return moved

    # Settings.

    def send(self, setting: WireSetting) -> None:
        """Keep a setting until it is committed."""
        self._sent_before, self._sent = self._sent, setting

    def commit(self, moment: Instant) -> None:
        """Make the setting sent active, or with the lag of 1.43.3 the one sent before it."""
        self.commission_count += self.profile.commit_counts
        if self.faults.take("commit_lost"):
            return
        if self.faults.stops_after is not None:
            after, self.faults.stops_after = self.faults.stops_after, None
            self.sitemaster.fail(moment.elapsed + after)
        lags = self.profile.commit_lags or self.faults.commit_lag
        self.house.take(self._sent_before if lags else self._sent, moment)

    # The sitemaster, updates and restarts.

    def run(self, moment: Instant) -> None:
        if not self.faults.take("stays_down"):
            self.sitemaster.run(moment.elapsed, seconds=self.options.start_seconds())

    def stop(self, moment: Instant) -> None:
        self.sitemaster.stop(moment.elapsed, seconds=self.options.stop_seconds)

    def check_for_update(self, moment: Instant) -> None:
        self.updates.check(self.options.update, moment)

    def install(self, moment: Instant) -> None:
        """Install what is staged and restart; without anything staged it is ignored."""
        if self.updates.state != updates.STAGED:
            self.updates.ignore(moment)
            return
        self.restart(moment, into=profiles.upgraded(self.profile, self.options.update_version))

    def restart(
        self, moment: Instant, *, into: profiles.Profile | None = None, away: float | None = None
    ) -> None:
        """Go away for a while, and come back as another firmware where one is given."""
        self.sitemaster.halt(moment.elapsed)
        self._coming = into
        gone = self.options.away_seconds if away is None else away
        self._away_until = moment.elapsed + gone
        if self.restarted is not None:
            self.restarted()

    def reboot(self, *, version: str | None = None, away: float | None = None) -> None:
        """Restart now, with `version` (a profile's name or a number) as another firmware, and
        be gone for so many seconds."""
        into = profiles.upgraded(self.profile, version) if version else None
        self.restart(self.turn(), into=into, away=away)

    def _come_back(self, moment: Instant, ago: float) -> None:
        self._away_until = None
        self._sessions.close_all()
        self._sent = self._sent_before = self.house.active
        self._booted = moment.instant - timedelta(seconds=ago)
        self.sitemaster.run(moment.elapsed - ago, seconds=self.options.start_seconds())
        if self._coming is not None:
            self.profile, self._coming = self._coming, None
            self.updates.installed(moment)

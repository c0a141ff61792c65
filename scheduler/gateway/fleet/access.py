"""The access token that a request goes out with: kept, or renewed, one at a time for all tasks and
processes.

A new pair is on the disk before it is used. Whatever dies in between has lost nothing: for a day
the cloud still takes the refresh token that was used last, and that one is in the file.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from typing import Final, Protocol

from scheduler import clock
from scheduler.errors import (
    GatewayBusyError,
    GatewayError,
    GatewayProtocolError,
    GatewayRefusedError,
)
from scheduler.gateway.base import Steps
from scheduler.gateway.exchange import Call
from scheduler.gateway.fleet.answers import CloudReply, failure
from scheduler.gateway.fleet.tokens import TokenFile, Tokens
from scheduler.gateway.fleet.wire import CloudWire

TOKEN_PATH: Final = "/oauth2/v3/token"  # noqa: S105 - a path
_LOCK_SECONDS: Final = 60.0
"""Longer than a refresh takes at worst."""
_LOOK_AGAIN: Final = 0.05
_REFUSED_AGAIN: Final = 3600.0
"""Seconds before a dead sign-in is tried once more, where no other was stored meanwhile."""

logger = logging.getLogger(__name__)


class Bearer(Protocol):
    """Where access tokens come from."""

    async def token(self, steps: Steps, *, after: str | None = None) -> str:
        """A token that should be accepted; `after` is one that was just refused. Raises
        GatewayRefusedError where a person must sign in."""

    def secrets(self) -> tuple[str, ...]:
        """What must not be shown anywhere."""

    def concern(self, now: datetime) -> str | None:
        """What a person should see to soon."""

    async def upkeep(self, steps: Steps) -> None:
        """Keep the sign-in alive although nothing is asked; costs nothing and raises nothing."""


class Fixed:
    """A token that a provider's own page made, and that nothing renews."""

    def __init__(self, token: str, where: str) -> None:
        self._token, self._where = token, where

    async def token(self, steps: Steps, *, after: str | None = None) -> str:
        """The token."""
        if after is not None:
            raise GatewayRefusedError(
                f"{self._where} does not accept the token. Make a new one on its page, and set "
                "TOU_FLEET_TOKEN to it.",
                delivered="no",
            )
        return self._token

    def secrets(self) -> tuple[str, ...]:
        """The token."""
        return (self._token,)

    def concern(self, now: datetime) -> str | None:
        return None

    async def upkeep(self, steps: Steps) -> None:
        """Nothing to do."""


class Renewed:
    """The sign-in in its file."""

    def __init__(
        self,
        file: TokenFile,
        *,
        token_url: str,
        now: Callable[[], datetime] = clock.now,
        monotonic: Callable[[], float] = clock.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._file, self._url = file, token_url
        self._now, self._monotonic, self._sleep = now, monotonic, sleep
        self._one = asyncio.Lock()
        self._known: tuple[str, ...] = ()
        self._last: Tokens | None = None
        """As the file was last read."""
        self._pending: Tokens | None = None
        """A pair that the disk did not take; not used before it does."""
        self._dead: str | None = None
        """The refresh token that is known to be dead."""
        self._dead_at = 0.0
        self.wire: CloudWire | None = None

    async def token(self, steps: Steps, *, after: str | None = None) -> str:
        """The access token of the file, renewed where it is about to age out or was refused."""
        tokens = self._read()
        if self._serves(tokens, after):
            return tokens.access
        async with self._alone():
            tokens = self._read()  # another task or process may have renewed it meanwhile
            if self._serves(tokens, after):
                return tokens.access
            return (await self._renew(tokens, steps)).access

    def secrets(self) -> tuple[str, ...]:
        """Every token that was seen in this process."""
        return self._known

    def concern(self, now: datetime) -> str | None:
        if self._last is None:
            return None
        return str(self._lost()) if self._known_dead(self._last) else self._last.concern(now)

    async def upkeep(self, steps: Steps) -> None:
        try:
            if self._file.read() is None:
                return  # nobody has signed in yet, which is said where a token is asked for
            if self._read().due(self._now()):
                async with self._alone():
                    tokens = self._read()
                    if tokens.due(self._now()):
                        await self._renew(tokens, steps)
        except GatewayError as error:
            logger.warning("the sign-in was not renewed: %s", error)

    def _known_dead(self, tokens: Tokens) -> bool:
        return self._dead == tokens.refresh

    def _serves(self, tokens: Tokens, after: str | None) -> bool:
        return tokens.access != after and tokens.fresh(self._now())

    def _read(self) -> Tokens:
        tokens = self._file.read()
        if tokens is None:
            raise GatewayRefusedError(
                f"Nobody has signed in yet: there is no {self._file.path}. Run `tou gateway login`"
                " as the user who owns the database.",
                delivered="no",
            )
        self._remember(tokens)
        return tokens

    def _remember(self, tokens: Tokens) -> None:
        known = [each for each in self._known if each not in tokens.secrets()]
        self._known = (*known[-8:], *tokens.secrets())
        self._last = tokens

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[None]:
        """One task of one process. Raises GatewayBusyError where another takes too long."""
        async with self._one:
            deadline = self._monotonic() + _LOCK_SECONDS
            while not self._attempt():
                if self._monotonic() > deadline:
                    raise GatewayBusyError(
                        f"The sign-in is not renewed: {self._file.lock.held()}", delivered="no"
                    )
                await self._sleep(_LOOK_AGAIN)
            try:
                yield
            finally:
                self._file.lock.release()

    def _attempt(self) -> bool:
        try:
            return self._file.lock.attempt()
        except OSError as error:
            raise self._unwritable(error) from None

    async def _renew(self, tokens: Tokens, steps: Steps) -> Tokens:
        """The next pair, on the disk."""
        if self._pending is not None and self._pending.old is not None:
            if self._pending.old.refresh == tokens.refresh:
                return self._keep(self._pending)
            self._pending = None  # somebody signed in anew
        if self._known_dead(tokens) and self._monotonic() - self._dead_at < _REFUSED_AGAIN:
            raise self._lost()
        # A disk that takes nothing now would not take the new pair either: then nothing is risked.
        self._keep(tokens)
        for refresh in self._candidates(tokens):
            answer = await self._ask(tokens.client_id, refresh, steps)
            if answer.status == 200:
                return self._keep(self._taken(tokens, refresh, answer))
        self._dead, self._dead_at = tokens.refresh, self._monotonic()
        raise self._lost()

    def _candidates(self, tokens: Tokens) -> tuple[str, ...]:
        """The refresh token; and within its day the one before it."""
        old = tokens.old
        usable = old is not None and old.serves(self._now()) and old.refresh != tokens.refresh
        return (tokens.refresh, old.refresh) if old and usable else (tokens.refresh,)

    async def _ask(self, client_id: str, refresh: str, steps: Steps) -> CloudReply:
        form = {"grant_type": "refresh_token", "client_id": client_id, "refresh_token": refresh}
        assert self.wire is not None
        call = Call("refresh", "POST", TOKEN_PATH, form=form, base=self._url)
        answer = await self.wire.send(call, steps)
        if answer.status != 200 and not _is_dead(answer):
            said = self.wire.shown(answer.complaint)
            error = failure(self.wire.where, call, answer, said)
            # A request for tokens is no command: nothing reached the house.
            raise type(error)(str(error), delivered="no", retry_after=error.retry_after)
        return answer

    def _taken(self, tokens: Tokens, refresh: str, answer: CloudReply) -> Tokens:
        try:
            found = replace(tokens, refresh=refresh).renewed(answer.mapping(), self._now())
        except ValueError:
            raise GatewayProtocolError(
                f"{self._url} renewed the sign-in with an answer that holds no tokens; it is tried "
                "again.",
                delivered="no",
            ) from None
        self._remember(found)
        return found

    def _keep(self, tokens: Tokens) -> Tokens:
        try:
            self._file.keep(tokens)
        except OSError as error:
            if tokens.access not in self._stored():
                self._pending = tokens
            raise self._unwritable(error) from None
        self._pending = None
        return tokens

    def _stored(self) -> tuple[str, ...]:
        try:
            found = self._file.read()
        except GatewayError:
            return ()
        return found.secrets() if found else ()

    def _unwritable(self, error: OSError) -> GatewayError:
        return GatewayBusyError(
            f"{self._file.path}: the sign-in cannot be stored ({error.strerror}), so it is not "
            "renewed. Make its folder writable, or free space.",
            delivered="no",
            retry_after=60.0,
        )

    def _lost(self) -> GatewayError:
        return GatewayRefusedError(
            f"The sign-in in {self._file.path} no longer serves: it was not used for three months,"
            " was used by another program, was withdrawn, or the Tesla password was changed. Run "
            "`tou gateway login` to sign in again.",
            delivered="no",
        )


def _is_dead(answer: CloudReply) -> bool:
    """Whether the host of the tokens itself says no: a proxy's 400 or 403 is no verdict."""
    if answer.foreign:
        return False
    return answer.status == 401 or (answer.status in (400, 403) and bool(answer.complaint))

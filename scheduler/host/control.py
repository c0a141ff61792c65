"""The control socket: answers with the one state, and acts for whoever may write the database.

Routes and rights; what is answered is made elsewhere.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

from scheduler import clock
from scheduler.asking import short_name
from scheduler.errors import SchedulerError
from scheduler.host import access, acts, hearing
from scheduler.host.keeper import Keeper
from scheduler.host.openapi import document
from scheduler.host.views import Views
from scheduler.httpserver import Bounds, Request, Response, Server, json_response, problem
from scheduler.settings import Settings
from scheduler.site.asked import asked_from_json, ending_from_json, who_from_json
from scheduler.site.site import Site
from scheduler.site.state import to_json
from scheduler.site.untaken import untaken_from_json
from scheduler.words import Wake

log = logging.getLogger(__name__)

# A question is a line and an act has no body worth the name; clients are a few.
BOUNDS: Final = Bounds(
    head=8_192,
    body=65_536,
    idle_seconds=10.0,
    request_seconds=5.0,
    send_seconds=5.0,
    connections=32,
)
STILL_AT_WORK: Final = 5.0
"""Seconds of silence after which a stream says that the act is still under way."""
MOST_LINES: Final = 10_000
_END: Final = None

Told = asyncio.Queue[dict[str, Any] | None]

Findings = Callable[[Site], Mapping[str, object]]
"""What the checks find of a site, in JSON; handed in, since the doctor stands above the host."""


class Control:
    """Listens beside the database, or in the service's folder of /run."""

    def __init__(
        self,
        settings: Settings,
        keepers: tuple[Keeper, ...],
        views: Views,
        findings: Findings = lambda _: {},
    ) -> None:
        self._keepers, self._views, self._findings = keepers, views, findings
        self._database, self._key = settings.database_path, settings.act_key
        self._server = Server(self._handle, bounds=BOUNDS)
        self._name: Path | None = None
        self._open = ExitStack()

    async def listen(self, path: Path) -> Path | None:
        """Begin to answer at a path, and return it; None where that cannot be: the service does
        its work without, and says so."""
        self._open.enter_context(hearing.listening())
        try:
            self._name = self._open.enter_context(short_name(path))
            await self._listen(self._name)
        except OSError as error:
            log.warning("the control socket %s cannot be made: %s", path, error.strerror or error)
            return None
        return path

    async def mend(self) -> None:
        """Answer again where somebody removed the socket; tried at each sign of life."""
        if self._name is not None and _gone(self._name):
            with suppress(OSError):
                await self._listen(self._name)
                log.warning("the control socket was removed; it is there again")

    async def _listen(self, name: Path) -> None:
        await self._server.listen_unix(name, mode=access.socket_mode(self._database))
        _give_to_readers(name, self._database)

    async def close(self) -> None:
        """Answer no more; whoever waits for an act is cut off."""
        await self._server.close(grace=0.1)
        self._open.close()

    # --- requests

    async def _handle(self, request: Request) -> Response:
        asks = request.method in {"GET", "HEAD"}
        # Whoever tells notices may only read; that they are not taken changes nothing here.
        act: access.Act = "read" if asks or request.path == "/notices" else "write"
        if not self._may(request, act):
            what = "ask the service" if act == "read" else "make the service act"
            return problem(403, f"{self._database}: this user may not {act} it, and so not {what}.")
        return self._answer(request) if asks else self._act(request)

    def _may(self, request: Request, act: access.Act) -> bool:
        if act == "write" and self._shows_key(request):
            act = "read"
        return access.may(request.peer, self._database, act)

    def _shows_key(self, request: Request) -> bool:
        return access.fits(request.headers.get("authorization"), self._key)

    def _answer(self, request: Request) -> Response:
        match request.path:
            case "/openapi.json":
                return json_response(document())
            case "/sites":
                return json_response({"sites": [self._brief(each) for each in self._keepers]})
            case "/status" | "/leases" | "/doctor":
                keeper = self._keeper(request)
                if keeper is None:
                    return problem(404, "There is no such site; see /sites.")
                if request.path == "/doctor":
                    return json_response(self._findings(keeper.site))
                state = to_json(self._views.state(keeper.site, clock.now()))
                whole = request.path == "/status"
                return json_response(state if whole else {"leases": state["leases"]})
        return problem(404, "There is no such thing; see /openapi.json.")

    def _brief(self, keeper: Keeper) -> dict[str, Any]:
        state = self._views.state(keeper.site, clock.now())
        return {"site": state.site, "word": state.word}

    def _act(self, request: Request) -> Response:
        if request.method != "POST":
            return problem(405, "Ask with GET, act with POST.")
        keeper = self._keeper(request)
        if keeper is None:
            return problem(404, "There is no such site; see /sites.")
        # Where a key lets somebody in, only they know who stands behind them.
        known = "" if self._shows_key(request) else access.name_of(request.peer)
        try:
            if request.path == "/notices":
                untaken = untaken_from_json(_data(request))
                self._views.heard(keeper.site.name, untaken, clock.now())
                return json_response({})
            return _begun(keeper, request, known) or problem(
                404, "There is no such act; see /openapi.json."
            )
        except KeyError as error:
            return problem(404, str(error.args[0]))
        except (SchedulerError, ValueError) as error:
            return problem(400, str(error))

    def _keeper(self, request: Request) -> Keeper | None:
        """The site that is asked about; the only one where none is named."""
        name = request.parameters.get("site")
        found = [each for each in self._keepers if name in {None, each.site.name}]
        return found[0] if len(found) == 1 or (found and name is None) else None


def _data(request: Request) -> object:
    """Raises ValueError with a sentence."""
    try:
        return request.data()
    except ValueError as error:
        raise ValueError(f"The body is not JSON: {error}.") from None


def _begun(keeper: Keeper, request: Request, known: str) -> Response | None:
    """The act that is asked for. What cannot be had is refused at once, and not in the middle of a
    stream. Raises KeyError, SchedulerError, ValueError with the sentence for whoever asks."""
    site, path = keeper.site, request.path
    data = _data(request) if request.body or path.startswith("/leases") else {}
    if path == "/apply":
        return _recorded(keeper, "apply", data, known, lambda: acts.apply(site, keeper.operate))
    if path.startswith("/job/"):
        job = acts.find_job(site.schedule.jobs, unquote(path.removeprefix("/job/"))).name
        return _recorded(keeper, job, data, known, lambda: acts.run_job(site, job))
    look = partial(keeper.operate, Wake.OVERRIDE)
    if path == "/leases/end":
        ending = ending_from_json(data, who=known)
        return _streamed(keeper, lambda: acts.end_leases(site, ending, look))
    if path == "/leases":
        asked = asked_from_json(data, who=known)
        site.lease_of(asked)
        return _streamed(keeper, lambda: acts.lease(site, asked, look))
    return None


def _recorded(
    keeper: Keeper, name: str, data: object, known: str, work: Callable[[], Awaitable[acts.Result]]
) -> Response:
    """An act that leaves no lease behind: who asked for it stands in the audit before it."""
    who = who_from_json(data, known=known)

    async def on_the_record() -> acts.Result:
        await keeper.site.recorder.event("asked", name, {"who": who})
        return await work()

    return _streamed(keeper, on_the_record)


def _streamed(keeper: Keeper, work: Callable[[], Awaitable[acts.Result]]) -> Response:
    """The act begins with the first line that is read, and ends whether or not anybody reads."""
    return Response(200, _lines(keeper, work), content_type="application/x-ndjson")


async def _lines(
    keeper: Keeper, work: Callable[[], Awaitable[acts.Result]]
) -> AsyncIterator[bytes]:
    told: Told = asyncio.Queue(MOST_LINES)
    asking = asyncio.ensure_future(keeper.act(_recited(work, told)))
    asking.add_done_callback(lambda task: task.cancelled() or task.exception())
    while True:
        try:
            line = await asyncio.wait_for(told.get(), STILL_AT_WORK)
        except TimeoutError:
            line = {"at": clock.iso(clock.now()), "waiting": True}
        if line is _END:
            return
        yield json.dumps(line, ensure_ascii=False).encode() + b"\n"


async def _recited(work: Callable[[], Awaitable[acts.Result]], told: Told) -> None:
    """Do the work, telling what it logs and how it ended."""

    def tell(line: dict[str, Any] | None) -> None:
        with suppress(asyncio.QueueFull):
            told.put_nowait(line)

    result: acts.Result = {"outcome": None, "error": "The service stops.", "exit_code": 1}
    with hearing.told_to(tell):
        try:
            result = await work()
        except SchedulerError as error:
            result = acts.failed(error)
        except Exception as error:
            log.exception("an unexpected fault in an act")
            text = f"A defect of the program: {type(error).__name__}: {error}."
            result = {"outcome": None, "error": text, "exit_code": 1}
        finally:
            tell({"at": clock.iso(clock.now()), "ended": result})
            tell(_END)


def _gone(path: Path) -> bool:
    return not os.path.lexists(path)


def _give_to_readers(path: Path, database: Path) -> None:
    """The database's group may knock as well; only root can give a file away."""
    with suppress(OSError):
        os.chown(path, -1, database.stat().st_gid)

"""The control socket: answers with the one state, and acts for whoever may write the database.

Routes and rights; what is answered is made elsewhere.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from scheduler import clock
from scheduler.asking import short_name
from scheduler.errors import SchedulerError
from scheduler.host import access, acts, hearing
from scheduler.host.keeper import Keeper
from scheduler.host.openapi import document
from scheduler.httpserver import Bounds, Request, Response, Server, json_response, problem
from scheduler.site.asked import asked_from_json, ending_from_json
from scheduler.site.state import to_json
from scheduler.words import Wake

if TYPE_CHECKING:
    from scheduler.host.host import Host

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


class Control:
    """Listens beside the database, or in the service's folder of /run."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._database = host.opened.settings.database_path
        self._server = Server(self._handle, bounds=BOUNDS)
        self._open = ExitStack()

    async def listen(self, path: Path) -> Path | None:
        """Begin to answer at a path, and return it; None where that cannot be: the service does
        its work without, and says so."""
        self._open.enter_context(hearing.listening())
        try:
            name = self._open.enter_context(short_name(path))
            await self._server.listen_unix(name, mode=access.socket_mode(self._database))
        except OSError as error:
            log.warning("the control socket %s cannot be made: %s", path, error.strerror or error)
            return None
        _give_to_readers(name, self._database)
        return path

    async def close(self) -> None:
        """Answer no more; whoever waits for an act is cut off."""
        await self._server.close(grace=0.1)
        self._open.close()

    # --- requests

    async def _handle(self, request: Request) -> Response:
        act: access.Act = "read" if request.method in {"GET", "HEAD"} else "write"
        if not access.may(request.peer, self._database, act):
            what = "ask the service" if act == "read" else "make the service act"
            return problem(403, f"{self._database}: this user may not {act} it, and so not {what}.")
        if act == "read":
            return self._answer(request)
        return self._act(request)

    def _answer(self, request: Request) -> Response:
        match request.path:
            case "/openapi.json":
                return json_response(document())
            case "/sites":
                return json_response({"sites": [self._brief(each) for each in self._host.keepers]})
            case "/status" | "/leases":
                keeper = self._keeper(request)
                if keeper is None:
                    return problem(404, "There is no such site; see /sites.")
                state = to_json(self._host.views.state(keeper.site, clock.now()))
                whole = request.path == "/status"
                return json_response(state if whole else {"leases": state["leases"]})
        return problem(404, "There is no such thing; see /openapi.json.")

    def _brief(self, keeper: Keeper) -> dict[str, Any]:
        state = self._host.views.state(keeper.site, clock.now())
        return {"site": state.site, "word": state.word}

    def _act(self, request: Request) -> Response:
        if request.method != "POST":
            return problem(405, "Ask with GET, act with POST.")
        keeper = self._keeper(request)
        if keeper is None:
            return problem(404, "There is no such site; see /sites.")
        try:
            return _acted(keeper, request)
        except (SchedulerError, ValueError) as error:
            return problem(400, str(error))

    def _keeper(self, request: Request) -> Keeper | None:
        """The site that is asked about; the only one where none is named."""
        name = request.parameters.get("site")
        found = [each for each in self._host.keepers if name in {None, each.site.name}]
        return found[0] if len(found) == 1 or (found and name is None) else None


def _acted(keeper: Keeper, request: Request) -> Response:
    """Raises SchedulerError and ValueError for what cannot be understood or had."""
    if request.path == "/apply":
        _takes_nothing(request)
        return _streamed(keeper, lambda: acts.apply(keeper.site, keeper.operate))
    if request.path in {"/leases", "/leases/end"}:
        return _of_a_lease(keeper, request)
    if request.path.startswith("/job/"):
        _takes_nothing(request)
        return _of_a_job(keeper, unquote(request.path.removeprefix("/job/")))
    return problem(404, "There is no such act; see /openapi.json.")


def _data(request: Request) -> object:
    """Raises ValueError with a sentence."""
    try:
        return request.data()
    except ValueError as error:
        raise ValueError(f"The body is not JSON: {error}.") from None


def _takes_nothing(request: Request) -> None:
    """A body that asks for something is refused, and not passed over. Raises ValueError."""
    if request.body and _data(request) != {}:
        raise ValueError("This act takes nothing: send no body, or {}. See /openapi.json.")


def _of_a_job(keeper: Keeper, name: str) -> Response:
    try:
        acts.find_job(keeper.site.schedule.jobs, name)
    except KeyError as error:
        return problem(404, str(error.args[0]))
    return _streamed(keeper, lambda: acts.run_job(keeper.site, name))


def _of_a_lease(keeper: Keeper, request: Request) -> Response:
    """What cannot be had is refused at once, and not in the middle of a stream. Raises
    SchedulerError and ValueError."""
    site, who = keeper.site, access.name_of(request.peer)
    look = partial(keeper.operate, Wake.OVERRIDE)
    data = _data(request)
    if request.path == "/leases/end":
        ending = ending_from_json(data, who=who)
        return _streamed(keeper, lambda: acts.end_leases(site, ending, look))
    asked = asked_from_json(data, who=who)
    site.lease_of(asked)
    return _streamed(keeper, lambda: acts.lease(site, asked, look))


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


def _give_to_readers(path: Path, database: Path) -> None:
    """The database's group may knock as well; only root can give a file away."""
    with suppress(OSError):
        os.chown(path, -1, database.stat().st_gid)

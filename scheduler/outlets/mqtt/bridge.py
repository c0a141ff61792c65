"""Tells the broker how each site is, and takes what is asked there. A connection that ends is made
again; what the broker is told is always the state of now, never what was missed meanwhile.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from aiomqtt import Client, MqttError
from aiomqtt import Message as Received

from scheduler import clock
from scheduler.errors import BrokerRefusedError, BrokerUnreachableError, SchedulerError
from scheduler.outlets.mqtt import discovery, link
from scheduler.outlets.mqtt.errands import Errands, Result
from scheduler.outlets.mqtt.message import Message, gone, is_live
from scheduler.outlets.mqtt.request import LeaseRequest
from scheduler.outlets.mqtt.settings import MqttSettings
from scheduler.outlets.mqtt.topics import Topics
from scheduler.site.backoff import Backoff

log = logging.getLogger(__name__)

_LOOK: Final = 1.0
_AFTERWARDS: Final = 2.0
"""What follows an entry in the audit is there by then, such as the end of a process."""
_BEAT: Final = 30.0
_AGAIN: Final = Backoff(1.0, 60.0)
_REFUSED: Final = 300.0
_GRACE: Final = 2.0
"""What taking leave of a broker may take."""
_STOOD: Final = 30.0


@dataclass(frozen=True, slots=True)
class Program:
    """What the bridge needs of the program around it; the first two may block."""

    look: Callable[[], Mapping[str, Message]]
    """What there is to tell of each site."""
    act: Callable[[str, LeaseRequest], Result]
    """Asks the service of a site; the result of its act."""
    sign: Callable[[], object]
    """Another one than before where there may be something to tell."""
    beat: Callable[[str], object]
    """Hears that all is well here, and how."""
    pulse: timedelta
    version: str


class Bridge:
    """One connection to one broker, for all sites of a service."""

    def __init__(self, table: MqttSettings, site: str, program: Program) -> None:
        self._table, self._program = table, program
        self._site = self._topics(site)
        self._soon = asyncio.Event()
        self._errands = Errands(program.act, self._soon)
        self._met: dict[str, Topics] = {}
        """The sites whose requests are heard on this connection."""
        self._described: set[str] = set()
        """Those that Home Assistant was told of since its birth."""
        self._shown: str | None = None
        """What the broker itself shows of our connection."""
        self._connected_once = False
        self._fault = ""
        self._well = ""
        self._beaten = clock.monotonic()

    async def run(self, ended: asyncio.Event) -> None:
        """Tell until it is ended. Raises BrokerRefusedError where the broker never let us in."""
        work, tries = asyncio.create_task(self._errands.work()), 0
        try:
            while not ended.is_set():
                began, tries = clock.monotonic(), tries + 1
                wait = await _unless(ended, self._connection(ended, tries, work))
                if clock.monotonic() - began > _STOOD:
                    tries = 0
                await self._rest(ended, wait)
        finally:
            work.cancel()

    async def _connection(
        self, ended: asyncio.Event, tries: int, work: asyncio.Task[None]
    ) -> float:
        """One connection until its end; how long to wait for the next."""
        try:
            async with link.connected(self._table, will=self._site.connection) as client:
                log.info("connected to %s", self._table.mqtt_url)
                self._connected_once, self._fault = True, ""
                self._met.clear()
                self._described.clear()
                self._shown = None
                await self._session(client, ended, work)
                return 0.0
        except BrokerRefusedError as error:
            if not self._connected_once:
                raise
            wait = _REFUSED
            self._complain(error, wait)
        except BrokerUnreachableError as error:
            wait = _AGAIN.delay(tries)
            self._complain(error, wait)
        return wait

    def _complain(self, error: SchedulerError, wait: float) -> None:
        """Once for each reason; the broker may be away for days."""
        if self._fault != str(error):
            log.warning("%s It is tried again, next in %.0f s.", error, wait)
        self._fault = str(error)

    async def _rest(self, ended: asyncio.Event, seconds: float) -> None:
        until = clock.monotonic() + seconds
        while not ended.is_set() and (left := until - clock.monotonic()) > 0:
            self._program.beat(self._fault or "connecting")
            with suppress(TimeoutError):
                async with asyncio.timeout(min(left, 10.0)):
                    await ended.wait()

    async def _session(
        self, client: Client, ended: asyncio.Event, work: asyncio.Task[None]
    ) -> None:
        """Until something ends: the connection, our work, or all of it."""
        tasks = [asyncio.create_task(self._tell(client)), asyncio.create_task(self._listen(client))]
        stop = asyncio.create_task(ended.wait())
        await asyncio.wait((*tasks, stop, work), return_when=asyncio.FIRST_COMPLETED)
        await _ended(*tasks, stop)
        errors = [error for task in (*tasks, work) if (error := _error_of(task))]
        lost = [each for each in errors if isinstance(each, MqttError)]
        if not lost:
            await self._farewell(client)
        for error in (*lost, *errors):
            raise error

    # --- what is told

    async def _tell(self, client: Client) -> None:
        await self._put(client, self._site.connection, "online")
        await client.subscribe(self._site.connection, qos=link.QOS)
        if self._table.mqtt_discovery:
            birth = discovery.birth_topic(self._table.mqtt_discovery)
            await client.subscribe(birth, qos=link.QOS)
        again = False
        while True:
            before = self._program.sign()
            found = await asyncio.to_thread(self._program.look)
            # Told anew each time: another process may have ended, and said offline.
            await self._put(client, self._site.connection, "online")
            for site, message in found.items():
                await self._tell_of(client, site, message)
            await self._tell_results(client)
            self._beat(f"told of {', '.join(found)} at {clock.iso(clock.now())}")
            pulse = self._program.pulse.total_seconds()
            again = await self._pause(_AFTERWARDS if again else pulse, before)
            self._check_shown()

    async def _tell_of(self, client: Client, site: str, message: Message) -> None:
        if site not in self._met:
            await self._hear(client, self._topics(site))
        topics = self._met[site]
        if site not in self._described:
            await self._describe(client, topics)
        await self._put(client, topics.state, json.dumps(message))
        await self._put(client, topics.service, "online" if is_live(message) else "offline")

    async def _hear(self, client: Client, topics: Topics) -> None:
        self._met[topics.site] = topics
        if self._table.mqtt_set:
            await client.subscribe(topics.set, qos=link.QOS)

    async def _describe(self, client: Client, topics: Topics) -> None:
        """Tell Home Assistant of a site, or take back what it was told."""
        prefix = self._table.mqtt_discovery
        described = prefix and discovery.payload(
            topics,
            connection=self._site.connection,
            version=self._program.version,
            expire_seconds=round(3 * self._program.pulse.total_seconds()) + 60,
            acts=self._table.mqtt_set,
        )
        where = discovery.topic(prefix or "homeassistant", topics)
        await self._put(client, where, json.dumps(described) if described else "")
        self._described.add(topics.site)

    def _check_shown(self) -> None:
        """A broker takes what somebody may not say, and shows it to nobody."""
        if self._shown is None:
            text = (
                f"The broker takes what is told, and does not show it at {self._site.connection}."
                " Let the user write and read there in the broker's access list."
            )
            if self._fault != text:
                log.warning("%s", text)
            self._fault = text

    async def _tell_results(self, client: Client) -> None:
        while self._errands.results:
            topic, result = self._errands.results[0]
            await client.publish(topic, json.dumps(result), qos=link.QOS)
            self._errands.results.popleft()

    async def _farewell(self, client: Client) -> None:
        """Nobody looks from now on: leave no state behind that looks like one of now."""
        now = clock.iso(clock.now())
        with suppress(MqttError):
            for site, topics in self._met.items():
                left = gone(site, now, "`tou mqtt` was stopped.", running=None)
                await self._put(client, topics.state, json.dumps(left))
                await self._put(client, topics.service, "offline")
            await self._put(client, self._site.connection, "offline")

    async def _pause(self, seconds: float, before: object) -> bool:
        """Wait until there is something to tell; whether that is because of a sign."""
        until = clock.monotonic() + seconds
        while (left := until - clock.monotonic()) > 0:
            if self._program.sign() != before:
                return True
            if clock.monotonic() - self._beaten > _BEAT:
                self._beat(self._well)
            with suppress(TimeoutError):
                async with asyncio.timeout(min(_LOOK, left)):
                    await self._soon.wait()
                self._soon.clear()
                return False
        return False

    def _beat(self, how: str) -> None:
        self._well, self._beaten = how, clock.monotonic()
        self._program.beat(how)

    async def _put(self, client: Client, topic: str, text: str) -> None:
        await client.publish(topic, text, qos=link.QOS, retain=True)

    def _topics(self, site: str) -> Topics:
        return Topics(self._table.mqtt_topic, site)

    async def _listen(self, client: Client) -> None:
        """Also where nothing is subscribed: it hears the connection end."""
        async for message in client.messages:
            self._take(message)

    def _take(self, message: Received) -> None:
        topic, payload = str(message.topic), message.payload
        if not isinstance(payload, bytes):
            return
        asked = {each.set: each for each in self._met.values()}.get(topic)
        if asked is not None:
            self._errands.take(asked, payload, retained=message.retain)
        elif topic == self._site.connection:
            self._shown = payload.decode(errors="replace")
            if self._shown != "online":
                self._soon.set()
        elif payload == b"online":  # Home Assistant was born, and knows nothing
            self._described.clear()
            self._soon.set()


async def _unless(ended: asyncio.Event, connection: Coroutine[Any, Any, float]) -> float:
    """What a connection comes to; one that is not made yet is not waited for at the end."""
    task, stop = asyncio.create_task(connection), asyncio.create_task(ended.wait())
    await asyncio.wait((task, stop), return_when=asyncio.FIRST_COMPLETED)
    await asyncio.wait((task,), timeout=_GRACE)
    await _ended(task, stop)
    return 0.0 if task.cancelled() else task.result()


async def _ended(*tasks: asyncio.Task[Any]) -> None:
    """Cancelled until they are over: in Python 3.11 `wait_for`, which the client uses, forgets a
    cancellation that comes with its result."""
    while left := [task for task in tasks if not task.done()]:
        for task in left:
            task.cancel()
        await asyncio.wait(left, timeout=0.5)


def _error_of(task: asyncio.Task[Any]) -> BaseException | None:
    return task.exception() if task.done() and not task.cancelled() else None

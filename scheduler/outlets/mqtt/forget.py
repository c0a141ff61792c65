"""Deletes what a broker keeps of us."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from aiomqtt import Client

from scheduler.errors import SchedulerError
from scheduler.outlets.mqtt import discovery, link
from scheduler.outlets.mqtt.settings import MqttSettings
from scheduler.outlets.mqtt.topics import Topics


async def forget(table: MqttSettings, sites: Iterable[str]) -> list[str]:
    """Delete all that the broker keeps of the sites; which topics. Raises SchedulerError where
    `tou mqtt` is at work and would put it back."""
    found = [Topics(table.mqtt_topic, site) for site in sites]
    prefix = table.mqtt_discovery or "homeassistant"
    async with link.connected(table, will=None) as client:
        for topics in found:
            if await _at_work(client, topics):
                raise SchedulerError(
                    "`tou mqtt` is at work, and would tell it again. Stop it first: systemctl stop"
                    " tou-mqtt."
                )
        gone_topics = [
            topic
            for topics in found
            for topic in (discovery.topic(prefix, topics), *topics.retained)
        ]
        for topic in gone_topics:
            await client.publish(topic, "", qos=link.QOS, retain=True)
    return gone_topics


async def _at_work(client: Client, topics: Topics) -> bool:
    """The broker sends what it keeps of a topic at once with a subscription."""
    await client.subscribe(topics.connection, qos=link.QOS)
    try:
        async with asyncio.timeout(1.0):
            async for message in client.messages:
                if str(message.topic) == topics.connection:
                    return message.payload == b"online"
    except TimeoutError:
        pass
    return False

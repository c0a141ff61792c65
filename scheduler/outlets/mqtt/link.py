"""The connection to the broker: made with its will, and its errors as what the reader does next."""

from __future__ import annotations

import logging
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from aiomqtt import Client, MqttError, Will
from aiomqtt.exceptions import MqttConnectError

from scheduler import outside
from scheduler.errors import BrokerRefusedError, BrokerUnreachableError, SettingsError
from scheduler.outlets.mqtt.settings import Broker, MqttSettings

QOS: Final = 1
QUEUED: Final = 32
"""Messages that wait to be read; what comes on top of them is dropped."""
TIMEOUT: Final = 10.0
KEEPALIVE: Final = 30
_QUIET: Final = logging.getLogger("mqtt")

# Of MQTT 3.1.1 and 5: bad user or password, not authorised, banned.
_REFUSALS: Final = frozenset({4, 5, 134, 135, 138})


def broker(table: MqttSettings) -> Broker:
    """Where the broker answers. Raises SettingsError where nobody said."""
    if table.mqtt_url is None:
        raise SettingsError(
            "TOU_MQTT_URL is not set. Set it to the broker's address, such as mqtt://broker:1883 or"
            " mqtts://broker:8883; docs/mqtt.md has the rest."
        )
    return table.mqtt_url


@asynccontextmanager
async def connected(table: MqttSettings, *, will: str | None) -> AsyncIterator[Client]:
    """The broker, for as long as it lasts. Raises BrokerRefusedError where it does not let us in,
    BrokerUnreachableError where it is not there or goes away; SettingsError."""
    place = broker(table)
    client = _client(table, place, will)
    try:
        async with client:
            yield client
    except MqttError as error:
        raise _explained(error, place, table) from None


def _client(table: MqttSettings, place: Broker, will: str | None) -> Client:
    password = table.mqtt_password.get_secret_value() if table.mqtt_password else None
    _QUIET.setLevel(logging.ERROR)
    return Client(
        place.host,
        place.port,
        username=table.mqtt_username,
        password=password,
        will=None if will is None else Will(will, "offline", QOS, retain=True),
        clean_session=True,
        timeout=TIMEOUT,
        keepalive=KEEPALIVE,
        max_queued_incoming_messages=QUEUED,
        max_queued_outgoing_messages=QUEUED,
        tls_context=_tls(table) if place.encrypted else None,
    )


def _tls(table: MqttSettings) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=table.mqtt_ca)
    except (OSError, ssl.SSLError) as error:
        why = error.strerror or str(error)
        raise SettingsError(
            f"TOU_MQTT_CA: {table.mqtt_ca} is not a file of certificates in PEM: {why}."
        ) from None


def _explained(error: MqttError, place: Broker, table: MqttSettings) -> Exception:
    code = getattr(getattr(error, "rc", None), "value", getattr(error, "rc", None))
    if isinstance(error, MqttConnectError) and code in _REFUSALS:
        who = f'user "{table.mqtt_username}"' if table.mqtt_username else "nobody without a name"
        return BrokerRefusedError(
            f"{place} does not let us in as {who}. Check TOU_MQTT_USERNAME, and TOU_MQTT_PASSWORD"
            " or the credential mqtt_password."
        )
    if isinstance(error.__context__, ssl.SSLCertVerificationError):
        why = error.__context__.verify_message
        return BrokerRefusedError(
            f"{place} shows a certificate that is not trusted: {why}. Name the authority's file in"
            " TOU_MQTT_CA, or the name that stands in the certificate in TOU_MQTT_URL."
        )
    return BrokerUnreachableError(f"{place} does not answer: {outside.said(error)}.")

"""The protobuf messages of v1r, as values go in and out; the package they come from is an extra."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final

from scheduler.extras import extra

_PACKAGE: Final = "tesla_protocol.energy_device"
BAD: Final = 10
"""The status of a lost race for the file (aborted)."""
UNKNOWN: Final = 12
"""The status of a command that the firmware lacks."""


def the_messages(name: str) -> Any:
    """One module of messages. Raises SettingsError, with the way out, where it is missing."""
    with extra("tedapi", "The simulated v1r door"):
        return import_module(f"{_PACKAGE}.{name}_pb2")


def envelope_of(data: bytes) -> Any:
    """The inner message; None where it is none."""
    return _parsed(the_messages("transport").MessageEnvelope(), data)


def routable_of(data: bytes) -> Any:
    """The signed message; None where it is none."""
    return _parsed(the_messages("signed_message").RoutableMessage(), data)


def empty_envelope() -> Any:
    return the_messages("transport").MessageEnvelope()


def answered(request: Any, inner: Any) -> bytes:
    """The answer that carries an inner message."""
    answer = the_messages("signed_message").RoutableMessage()
    answer.request_uuid = request.uuid
    answer.protobuf_message_as_bytes = inner if isinstance(inner, bytes) else _bytes(inner)
    return _bytes(answer)


def faulted(request: Any, fault: str) -> bytes:
    """The answer that carries a fault by its name."""
    module = the_messages("signed_message")
    answer = module.RoutableMessage()
    answer.request_uuid = request.uuid
    name = f"MESSAGEFAULT_ERROR_{fault}"
    answer.signed_message_status.message_fault = module.MessageFault_E.Value(name)
    return _bytes(answer)


def failed(code: int, text: str) -> Any:
    """An inner message that says why not."""
    envelope = empty_envelope()
    envelope.common.error_response.status.code = code
    envelope.common.error_response.status.message = text
    return envelope


def _parsed(message: Any, data: bytes) -> Any:
    from google.protobuf.message import DecodeError

    try:
        message.ParseFromString(data)
    except DecodeError:
        return None
    return message


def _bytes(message: Any) -> bytes:
    data: bytes = message.SerializeToString()
    return data

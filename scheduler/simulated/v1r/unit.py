"""A simulated unit behind the signed door: what becomes of each inner message. No sockets."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from scheduler.simulated.battery import WireSetting
from scheduler.simulated.house import House
from scheduler.simulated.options import Options
from scheduler.simulated.timepiece import Instant
from scheduler.simulated.v1r import messages
from scheduler.simulated.v1r.config import ConfigFile
from scheduler.simulated.v1r.faults import V1rFaults
from scheduler.simulated.v1r.keyring import Keyring
from scheduler.simulated.v1r.measured import status_body

PART: Final = "1707000-30-L"
SERIAL: Final = "TG000000000001"
DIN: Final = f"{PART}--{SERIAL}"
VERSION: Final = "26.18.1 4f924de8"
_MODES: Final = ("self_consumption", "autonomous", "backup")


@dataclass(frozen=True, slots=True)
class Said:
    """The bytes of an answer, and whether they get lost on the way."""

    body: bytes
    lost: bool = False


class Unit:
    """One unit: its file, its keys, and the house."""

    def __init__(
        self,
        options: Options,
        faults: V1rFaults,
        read: Callable[[], Instant],
        house: House | None = None,
    ) -> None:
        self.faults = faults
        self._read = read
        self.house = house or House(options, read())
        self.config = ConfigFile(self.house, DIN, options.timezone, options.site_name)
        self.keyring = Keyring()
        self._back: tuple[float, WireSetting] | None = None

    def turn(self) -> Instant:
        moment = self._read()
        self.house.battery.islanded = self.faults.islanded
        self.house.turn(moment)
        if self._back is not None and moment.elapsed >= self._back[0]:
            _, old = self._back
            self._back = None
            self.config.put(old.mode, old.reserve, moment)
        return moment

    def shown(self, moment: Instant) -> datetime:
        return moment.instant + timedelta(seconds=self.faults.clock_offset)

    def answer(self, body: bytes, moment: Instant) -> Said | None:
        """The answer to a signed request; None where it is no message at all."""
        request = messages.routable_of(body)
        if request is None:
            return None
        for fault in tuple(self.faults.signed):
            if self.faults.take_at("signed", fault):
                return Said(messages.faulted(request, fault))
        seconds = self.shown(moment).timestamp()
        if fault_found := self.keyring.fault_of(request, DIN, seconds, moment):
            return Said(messages.faulted(request, fault_found))
        if self.keyring.waits(request, moment):
            return Said(messages.answered(request, b"v1r: client authorization not verified"))
        inner = messages.envelope_of(request.protobuf_message_as_bytes)
        if inner is None:
            return Said(messages.faulted(request, "DECODING"))
        found, lost = self._inner(inner, moment)
        return Said(messages.answered(request, found), lost)

    def _inner(self, inner: Any, moment: Instant) -> tuple[Any, bool]:
        kind = next((field.name for field, _ in inner.ListFields() if field.number > 3), "")
        if kind == "filestore" and inner.filestore.HasField("update_file_request"):
            return self._update(inner.filestore.update_file_request, moment)
        answers: dict[str, Callable[[Any, Instant], Any]] = {
            "filestore": self._file,
            "graphql": self._status,
            "common": self._system,
            "authorization": self._clients,
            "teg": self._command,
        }
        known = answers.get(kind)
        if known is None:
            return messages.failed(messages.UNKNOWN, "unimplemented"), False
        return known(inner, moment), False

    def _file(self, _inner: Any, _moment: Instant) -> Any:
        if self.faults.take("no_file"):
            return messages.failed(5, f"config.json of {DIN} is not there")
        envelope = messages.empty_envelope()
        answer = envelope.filestore.read_file_response
        answer.file.name = "config.json"
        answer.file.blob, answer.hash = self._text(), self.config.hash
        return envelope

    def _text(self) -> bytes:
        if self.faults.take("half_file"):
            return b"{}"
        data = self.config.data()
        for key in tuple(self.faults.without):
            if self.faults.take_at("without", key):
                data.pop(key, None)
                data["site_info"].pop(key, None)
        return json.dumps(data).encode()

    def _update(self, update: Any, moment: Instant) -> tuple[Any, bool]:
        faults, before = self.faults, self.house.active
        if faults.take("lock_conflict"):
            self.config.put(
                before.mode, before.reserve + (1 if before.reserve < 99 else -1), moment
            )
        if update.hash != self.config.hash:
            return messages.failed(messages.BAD, "hash does not match"), False
        if not faults.take("update_ignored"):
            taken = self.config.replace(update.file.blob, moment, effect=not faults.no_effect)
            if not taken:
                return messages.failed(messages.BAD, "invalid configuration"), False
        if faults.put_back is not None:
            self._back, faults.put_back = (moment.elapsed + faults.put_back, before), None
        envelope = messages.empty_envelope()
        envelope.filestore.update_file_response.file.SetInParent()
        envelope.filestore.update_file_response.hash = self.config.hash
        return envelope, faults.take("answer_lost")

    def _status(self, _inner: Any, moment: Instant) -> Any:
        envelope = messages.empty_envelope()
        shown = self.shown(moment)
        body = status_body(self.house, shown, updating=self.faults.updating, din=DIN)
        envelope.graphql.query_response.data = json.dumps(body)
        return envelope

    def _system(self, inner: Any, _moment: Instant) -> Any:
        if not inner.common.HasField("get_system_info_request"):
            return messages.failed(messages.UNKNOWN, "unimplemented")
        envelope = messages.empty_envelope()
        info = envelope.common.get_system_info_response
        info.device_id.part_number, info.device_id.serial_number = PART, SERIAL
        info.din, info.firmware_version.version = DIN, VERSION
        return envelope

    def _clients(self, inner: Any, moment: Instant) -> Any:
        asked = inner.authorization
        envelope = messages.empty_envelope()
        if asked.HasField("remove_authorized_client_request"):
            self.keyring.remove(asked.remove_authorized_client_request.public_key)
            envelope.authorization.remove_authorized_client_response.SetInParent()
            return envelope
        if not asked.HasField("list_authorized_clients_request"):
            return messages.failed(messages.UNKNOWN, "unimplemented")
        answer = envelope.authorization.list_authorized_clients_response
        answer.SetInParent()
        for key in self.keyring.all(moment):
            record = answer.clients.add()
            record.public_key, record.state = key.public_der, int(key.state)
            record.description, record.key_type, record.type = key.description, 1, 1
        return envelope

    def _command(self, inner: Any, moment: Instant) -> Any:
        """Only the timed set-point: nothing here parts the house from the grid."""
        if (
            not inner.teg.HasField("dispatch_battery_power_request")
            or self.faults.set_point_unknown
        ):
            return messages.failed(messages.UNKNOWN, "unimplemented")
        order = inner.teg.dispatch_battery_power_request
        if not self.faults.set_point_ignored:
            self._obey(order, moment)
        envelope = messages.empty_envelope()
        envelope.teg.dispatch_battery_power_response.SetInParent()
        return envelope

    def _obey(self, order: Any, moment: Instant) -> None:
        if not order.HasField("real_power"):
            self.house.battery.resume()
            return
        until = moment.instant + timedelta(seconds=order.real_power.duration_seconds)
        self.house.battery.order(order.real_power.power_watts, until)

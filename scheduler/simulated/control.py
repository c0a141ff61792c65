"""A second address of a simulated gateway, where its faults are switched and its state is read
while it serves; for tests and people, in no likeness of a real one."""

from __future__ import annotations

from dataclasses import asdict

from scheduler.httpserver import Request, Response, Server, json_response, problem
from scheduler.simulated.faults import Faults
from scheduler.simulated.server import SimulatedGateway


class ControlDoor:
    """`GET /` tells the state; `POST /faults` takes `{"set": ["busy:3"]}`, `DELETE /faults` ends
    them all; `POST /stop` stops the sitemaster, `POST /reboot` takes `{"version": ...}` or
    nothing, `POST /sessions/drop` ends every session."""

    def __init__(self, gateway: SimulatedGateway) -> None:
        self._gateway = gateway
        self._server = Server(self._answer)

    async def start(self, port: int = 0) -> str:
        """Listen on 127.0.0.1; where. Raises OSError."""
        return f"http://127.0.0.1:{await self._server.listen_tcp(port)}"

    async def stop(self) -> None:
        """Stop listening."""
        await self._server.close()

    async def _answer(self, request: Request) -> Response:
        device = self._gateway.device
        match request.method, request.path:
            case "GET", "/":
                return json_response(self._state())
            case "POST", "/faults":
                return self._set(request)
            case "DELETE", "/faults":
                self._clear()
            case "POST", "/stop":
                device.stop(device.turn())
            case "POST", "/reboot":
                device.reboot(version=_version(request))
            case "POST", "/sessions/drop":
                device.drop_sessions()
            case _:
                return problem(404, f"{request.method} {request.path} is not known here.")
        return json_response(self._state())

    def _set(self, request: Request) -> Response:
        try:
            texts = request.data()["set"]
            for text in texts:
                self._gateway.faults.set(text)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            return problem(400, f'Write {{"set": ["busy:3"]}}. {error}')
        return json_response(self._state())

    def _clear(self) -> None:
        for name, value in _values(Faults()).items():
            setattr(self._gateway.faults, name, value)

    def _state(self) -> dict[str, object]:
        device, usual = self._gateway.device, _values(Faults())
        on = {name: value for name, value in _values(device.faults).items() if value != usual[name]}
        return {
            "url": self._gateway.url,
            "fingerprint": self._gateway.fingerprint,
            "version": device.version,
            "sent": asdict(device.staged),
            "active": asdict(device.active),
            "obeyed": asdict(device.obeyed),
            "running": device.sitemaster_running,
            "charge_percent": round(device.charge, 2),
            "logins": device.logins,
            "sessions": device.sessions,
            "requests": len(device.requests),
            "faults": on,
        }


def _values(faults: Faults) -> dict[str, object]:
    return {
        name: getattr(faults, name) for name in Faults.__dataclass_fields__ if name != "changed"
    }


def _version(request: Request) -> str | None:
    try:
        version = request.data().get("version")
    except (ValueError, AttributeError):
        return None
    return version if isinstance(version, str) else None

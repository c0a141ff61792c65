"""A second address of a simulated gateway, where its faults are switched and its state is read
while it serves; for tests and people, in no likeness of a real one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict

from scheduler.httpserver import Request, Response, Server, json_response, problem
from scheduler.simulated.server import SimulatedGateway
from scheduler.simulated.switches import Switches


class FaultControl:
    """`GET /` tells the state; `POST /faults` takes `{"set": ["busy:3"]}`, `DELETE /faults` ends
    them all."""

    def __init__(self, faults: Switches, state: Callable[[], dict[str, object]]) -> None:
        self._faults, self._told = faults, state
        self._server = Server(self._answer)

    async def start(self, port: int = 0) -> str:
        """Listen on 127.0.0.1; where. Raises OSError."""
        return f"http://127.0.0.1:{await self._server.listen_tcp(port)}"

    async def stop(self) -> None:
        """Stop listening."""
        await self._server.close()

    async def _answer(self, request: Request) -> Response:
        match request.method, request.path:
            case "GET", "/":
                return json_response(self._state())
            case "POST", "/faults":
                return self._set(request)
            case "DELETE", "/faults":
                self._clear()
            case _:
                if not self._more(request):
                    return problem(404, f"{request.method} {request.path} is not known here.")
        return json_response(self._state())

    def _more(self, request: Request) -> bool:
        """Whether it is another request, of one kind of gateway, that was done."""
        return False

    def _set(self, request: Request) -> Response:
        try:
            texts = request.data()["set"]
            for text in texts:
                self._faults.set(text)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            return problem(400, f'Write {{"set": ["busy:3"]}}. {error}')
        return json_response(self._state())

    def _clear(self) -> None:
        for name, value in _values(type(self._faults)()).items():
            setattr(self._faults, name, value)

    def _state(self) -> dict[str, object]:
        usual = _values(type(self._faults)())
        found = _values(self._faults)
        on = {name: value for name, value in found.items() if value != usual[name]}
        return {**self._told(), "faults": on}


class ControlDoor(FaultControl):
    """Of the local gateway: also `POST /stop` stops the sitemaster, `POST /reboot` takes
    `{"version": ...}` or nothing, `POST /sessions/drop` ends every session."""

    def __init__(self, gateway: SimulatedGateway) -> None:
        super().__init__(gateway.faults, self._of_device)
        self._gateway = gateway

    def _more(self, request: Request) -> bool:
        device = self._gateway.device
        match request.method, request.path:
            case "POST", "/stop":
                device.stop(device.turn())
            case "POST", "/reboot":
                device.reboot(version=_version(request))
            case "POST", "/sessions/drop":
                device.drop_sessions()
            case _:
                return False
        return True

    def _of_device(self) -> dict[str, object]:
        device = self._gateway.device
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
        }


def _values(faults: Switches) -> dict[str, object]:
    return {name: getattr(faults, name) for name in faults.kinds()}


def _version(request: Request) -> str | None:
    try:
        version = request.data().get("version")
    except (ValueError, AttributeError):
        return None
    return version if isinstance(version, str) else None

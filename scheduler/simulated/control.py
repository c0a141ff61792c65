"""A second address of a simulated server, where its faults are switched and its state is read
while it serves; for tests and people, in no likeness of a real one."""

from __future__ import annotations

from scheduler.httpserver import Request, Response, Server, json_response, problem
from scheduler.simulated.loopback import Served


class ControlDoor:
    """`GET /` tells the state; `POST /faults` takes `{"set": ["busy:3"]}`, `DELETE /faults` ends
    them all; any other POST is an act of the server's kind."""

    def __init__(self, served: Served) -> None:
        self._served = served
        self._server = Server(self._answer)

    async def start(self, port: int = 0) -> str:
        """Listen on 127.0.0.1; where. Raises OSError."""
        return f"http://127.0.0.1:{await self._server.listen_tcp(port)}"

    async def stop(self) -> None:
        await self._server.close()

    async def _answer(self, request: Request) -> Response:
        faults = self._served.faults
        match request.method, request.path:
            case "GET", "/":
                pass
            case "POST", "/faults":
                try:
                    for text in request.data()["set"]:
                        faults.set(text)
                except (ValueError, TypeError, KeyError, AttributeError) as error:
                    return problem(400, f'Write {{"set": ["busy:3"]}}. {error}')
            case "DELETE", "/faults":
                faults.end()
            case "POST", path if self._served.act(path.removeprefix("/"), request.fields()):
                pass
            case _:
                return problem(404, f"{request.method} {request.path} is not known here.")
        return json_response({**self._served.state(), "faults": faults.on()})

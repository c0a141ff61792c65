"""Asks the running service over its control socket; needs nothing of the program but its errors.

HTTP on a Unix socket, JSON both ways. `socket_path` is where a service of a database answers.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPException, HTTPResponse
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from scheduler.errors import AccessError, ServiceSilentError

SECONDS: Final = 5.0
"""How long a question may take; a service that is well needs milliseconds."""
STREAM_SECONDS: Final = 20.0
"""The longest silence within an act; the service says every few seconds that it is at work."""
LONGEST_NAME: Final = 107
"""The kernel takes no longer path for a socket; a longer one goes by way of its open folder."""


def socket_path(database: Path) -> Path:
    """Where the service of a database answers: under systemd in its own folder of /run."""
    runtime = os.environ.get("RUNTIME_DIRECTORY", "").split(":")[0]
    return Path(runtime) / "control.sock" if runtime else database.with_suffix(".control.sock")


@contextmanager
def short_name(path: Path) -> Iterator[Path]:
    """The path itself, or a name for it that the kernel takes, while this lasts."""
    path = path.absolute()
    if len(os.fsencode(path)) <= LONGEST_NAME:
        yield path
        return
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield Path(f"/proc/self/fd/{folder}") / path.name
    finally:
        os.close(folder)


def ask(path: Path, what: str, *, seconds: float = SECONDS) -> dict[str, Any]:
    """The answer to a question such as `/status`. Raises ServiceSilentError where nobody answers
    in time, AccessError where this user may not ask."""
    with _answer(path, "GET", what, seconds) as answer:
        return _read(answer, path)


def act(
    path: Path,
    what: str,
    body: Mapping[str, Any] | None = None,
    *,
    seconds: float = SECONDS,
    key: str | None = None,
) -> Iterator[dict[str, Any]]:
    """What the service says while it acts, line by line; the last one is how it ended. A `key` is
    shown by a process that may not write the database. Raises as `ask` does, and
    ServiceSilentError where it falls silent in the middle."""
    with _answer(path, "POST", what, seconds, body=body, key=key) as answer:
        if answer.status != 200:
            yield _read(answer, path)
            return
        while line := answer.readline():
            told = json.loads(line)
            if isinstance(told, dict):
                yield told


def job_path(name: str) -> str:
    """The path of an act: a job by its name."""
    return f"/job/{quote(name, safe='')}"


class _Unix(HTTPConnection):
    def __init__(self, path: Path, seconds: float) -> None:
        super().__init__("localhost", timeout=seconds)
        self._path = path

    def connect(self) -> None:
        made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        made.settimeout(self.timeout)
        try:
            with short_name(self._path) as name:
                made.connect(str(name))
        except BaseException:
            made.close()
            raise
        self.sock = made


@contextmanager
def _answer(
    path: Path,
    method: str,
    what: str,
    seconds: float,
    *,
    body: Mapping[str, Any] | None = None,
    key: str | None = None,
) -> Iterator[HTTPResponse]:
    sent = None if body is None else json.dumps(body).encode()
    shown = {"Authorization": f"Bearer {key}"} if key else {}
    try:
        with closing(_Unix(path, seconds)) as connection:
            connection.request(method, what, body=sent, headers={"Connection": "close", **shown})
            stream = connection.sock  # an answer that ends with its connection takes it away
            answer = connection.getresponse()
            stream.settimeout(max(seconds, STREAM_SECONDS))
            yield answer
    except PermissionError:
        raise AccessError(
            f"{path}: this user may not ask the service. Run the command with sudo."
        ) from None
    except TimeoutError:
        raise ServiceSilentError(
            f"The service does not answer at {path} within {seconds:g} s; it may hang."
        ) from None
    except (OSError, HTTPException, ValueError) as error:
        raise ServiceSilentError(f"The service does not answer at {path}: {error}.") from None


def _read(answer: HTTPResponse, path: Path) -> dict[str, Any]:
    told = json.loads(answer.read())
    if not isinstance(told, dict):
        raise ServiceSilentError(f"What answers at {path} is not this service.")
    if answer.status in {401, 403}:
        raise AccessError(_error(told))
    if answer.status >= 500:
        raise ServiceSilentError(_error(told))
    return told


def _error(told: Mapping[str, Any]) -> str:
    return str(told.get("error", "The service refuses."))

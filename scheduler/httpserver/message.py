"""What comes in and what goes out: a request, and the responses a handler may give."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl

from scheduler.httpserver.unix_socket import Peer

JSON: Final = "application/json"
Headers = tuple[tuple[str, str], ...]
Stream = AsyncIterator[bytes]


@dataclass(frozen=True, slots=True)
class Request:
    """What came in; headers by lower-case name. Query, headers and body are in no repr."""

    method: str
    path: str
    query: str = field(default="", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    peer: Peer | None = None

    @property
    def parameters(self) -> dict[str, str]:
        """The query's parameters; the last of a name."""
        return dict(parse_qsl(self.query, keep_blank_values=True))

    def data(self) -> Any:
        """The JSON of the body. Raises ValueError where it is none."""
        try:
            return json.loads(self.body)
        except RecursionError:
            raise ValueError("the JSON is nested too deeply") from None

    def fields(self) -> dict[str, Any]:
        """The JSON object of the body; empty where it is none."""
        try:
            data = self.data()
        except ValueError:
            return {}
        return data if isinstance(data, dict) else {}


@dataclass(frozen=True, slots=True)
class Response:
    """What goes out. A body that is an async iterator is sent piece by piece as it comes, and is
    closed when the client leaves. The body is in no repr."""

    status: int = 200
    body: bytes | Stream = field(default=b"", repr=False)
    headers: Headers = field(default=(), repr=False)
    content_type: str = JSON


def json_response(data: object, *, status: int = 200, headers: Headers = ()) -> Response:
    body = json.dumps(data, separators=(",", ":"), ensure_ascii=False).encode()
    return Response(status, body, headers)


def problem(status: int, message: str) -> Response:
    """The one shape of a refusal: `{"error": message}`."""
    return json_response({"error": message}, status=status)

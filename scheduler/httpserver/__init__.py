"""A small HTTP/1.1 server: the control socket and the simulated gateways stand on it.

Knows nothing of what a request means.
"""

from scheduler.httpserver.connection import Bounds, Connection
from scheduler.httpserver.message import (
    JSON,
    Headers,
    Request,
    Response,
    Stream,
    json_response,
    problem,
)
from scheduler.httpserver.server import Handler, Server
from scheduler.httpserver.unix_socket import Peer, peer_of

__all__ = [
    "JSON",
    "Bounds",
    "Connection",
    "Handler",
    "Headers",
    "Peer",
    "Request",
    "Response",
    "Server",
    "Stream",
    "json_response",
    "peer_of",
    "problem",
]

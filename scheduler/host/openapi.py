"""The control socket in OpenAPI's words, for whoever writes a client; answered at /openapi.json."""

from __future__ import annotations

from typing import Any

from scheduler import __version__

_SITE = {
    "name": "site",
    "in": "query",
    "required": False,
    "schema": {"type": "string"},
    "description": "Which site, where the service has several.",
}
_ERROR = {
    "description": "What is wrong, in a sentence.",
    "content": {
        "application/json": {
            "schema": {"type": "object", "properties": {"error": {"type": "string"}}}
        }
    },
}
_LINE = {
    "type": "object",
    "description": "One line. `step` and `said` come while the act is under way, `waiting` after "
    "seconds of silence, `ended` last.",
    "properties": {
        "at": {"type": "string", "format": "date-time"},
        "level": {"type": "string"},
        "step": {"type": "string"},
        "said": {"type": "string"},
        "waiting": {"type": "boolean"},
        "ended": {
            "type": "object",
            "properties": {
                "outcome": {"type": ["string", "null"]},
                "error": {"type": ["string", "null"]},
                "exit_code": {"type": "integer"},
                "simulated": {"type": "boolean"},
            },
        },
    },
}


def document() -> dict[str, Any]:
    """The whole description."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "tou-scheduler control socket",
            "version": __version__,
            "description": "HTTP on a Unix socket. Who may read the database may ask, who may "
            "write it may act.",
        },
        "paths": {
            "/status": {"get": _question("The state of a site, as `tou status --format json`.")},
            "/sites": {"get": _question("The sites of this service, each with its health word.")},
            "/openapi.json": {"get": _question("This document.")},
            "/apply": {"post": _act("Make the present desired setting true, now.")},
            "/job/{name}": {"post": _act("Run one of the schedule's jobs, now.", _name())},
        },
    }


def _question(summary: str) -> dict[str, Any]:
    return {
        "summary": summary,
        "parameters": [_SITE],
        "responses": {
            "200": {
                "description": "The answer.",
                "content": {"application/json": {"schema": {"type": "object"}}},
            },
            "403": _ERROR,
            "404": _ERROR,
        },
    }


def _act(summary: str, *parameters: dict[str, Any]) -> dict[str, Any]:
    return {
        "summary": summary,
        "parameters": [_SITE, *parameters],
        "responses": {
            "200": {
                "description": "Lines of JSON, as they happen.",
                "content": {"application/x-ndjson": {"schema": _LINE}},
            },
            "403": _ERROR,
            "404": _ERROR,
        },
    }


def _name() -> dict[str, Any]:
    return {
        "name": "name",
        "in": "path",
        "required": True,
        "schema": {"type": "string"},
        "description": "The job's name, or what it does where only one job does it.",
    }

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

_TEXT = {"type": "string"}
_LEASE: dict[str, Any] = {
    "type": "object",
    "required": ["kind"],
    "additionalProperties": False,
    "description": "`until` is an instant with its offset, or `next` for the next boundary; a skip "
    "has none and ends with what it skips. An override has mode and reserve.",
    "properties": {
        "kind": {"enum": ["override", "pause", "skip"]},
        "until": _TEXT,
        "mode": _TEXT,
        "reserve": {"type": ["string", "number"], "description": "App percent, or hold."},
        "grid_charging": {"enum": ["allow", "deny"]},
        "export": {"enum": ["battery", "solar", "none"]},
        "name": {"type": "string", "description": "The rule or job that is skipped."},
        "reason": _TEXT,
        "who": {"type": "string", "description": "On whose behalf; the asking user is kept too."},
    },
}
_WHO: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {"who": _LEASE["properties"]["who"]},
}
_UNTAKEN: dict[str, Any] = {
    "type": "object",
    "required": ["count"],
    "additionalProperties": False,
    "description": "Told anew at each pulse; whoever may ask may tell it. `since` where count is "
    "not 0.",
    "properties": {
        "count": {"type": "integer", "minimum": 0},
        "since": {"type": "string", "format": "date-time"},
    },
}
_WHICH = {
    "type": "object",
    "additionalProperties": False,
    "description": "At least one of kind, name and id; all that are given must fit.",
    "properties": {"kind": _LEASE["properties"]["kind"], "name": _TEXT, "id": _TEXT, "who": _TEXT},
}


def document() -> dict[str, Any]:
    """The whole description."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "tou-scheduler control socket",
            "version": __version__,
            "description": "HTTP on a Unix socket. Who may read the database may ask, who may "
            "write it may act, and so may a reader who shows the key of TOU_ACT_KEY as a Bearer.",
        },
        "paths": {
            "/status": {"get": _question("The state of a site, as `tou status --format json`.")},
            "/doctor": {"get": _question("What `tou doctor` finds in what is known already.")},
            "/sites": {"get": _question("The sites of this service, each with its health word.")},
            "/openapi.json": {"get": _question("This document.")},
            "/apply": {"post": _act("Make the present desired setting true, now.", body=_WHO)},
            "/leases": {
                "get": _question("The leases in force: overrides, pauses and skips."),
                "post": _act("Ask for a lease; it ends by itself.", body=_LEASE),
            },
            "/notices": {"post": _telling("Tell that no target takes a notice.")},
            "/leases/end": {"post": _act("End leases before their time.", body=_WHICH)},
            "/job/{name}": {
                "post": _act("Run one of the schedule's jobs, now.", _name(), body=_WHO)
            },
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


def _telling(summary: str) -> dict[str, Any]:
    return {
        **_question(summary),
        "requestBody": {"required": True, "content": {"application/json": {"schema": _UNTAKEN}}},
    }


def _act(
    summary: str, *parameters: dict[str, Any], body: dict[str, Any] | None = None
) -> dict[str, Any]:
    needed = bool(body and body.get("required"))
    taken = {"required": needed, "content": {"application/json": {"schema": body}}}
    return {
        "summary": summary,
        "parameters": [_SITE, *parameters],
        **({"requestBody": taken} if body else {}),
        "responses": {
            "200": {
                "description": "Lines of JSON, as they happen.",
                "content": {"application/x-ndjson": {"schema": _LINE}},
            },
            "400": _ERROR,
            "403": _ERROR,
            "404": _ERROR,
            "413": _ERROR,
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

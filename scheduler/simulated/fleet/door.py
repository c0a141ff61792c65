"""Which request gets which answer from the simulated cloud."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from scheduler.httpserver import JSON, Request, Response, json_response
from scheduler.simulated import odd
from scheduler.simulated.fleet import bodies
from scheduler.simulated.fleet.cloud import SITE, Cloud
from scheduler.simulated.fleet.faults import FleetFaults
from scheduler.simulated.fleet.signin import COMMANDS, Grant, Refused, SignIn

API: Final = "/api/1/"
_MODES: Final = ("self_consumption", "autonomous", "backup")
_RULES: Final = ("battery_ok", "pv_only", "never")
_KEY_PATH: Final = "/.well-known/appspecific/com.tesla.3p.public-key.pem"
_KEY: Final = "04" + "ab" * 64
# A provider's own call for one message to the gateway at the house.
_OWN_CALLS: Final = {
    "add_authorized_client": ("authorization", "add_authorized_client_request"),
    "authorized_clients": ("authorization", "list_authorized_clients_request"),
    "networking_status": ("common", "get_networking_status_request"),
}
_TEXTS: Final = {
    401: "token expired (401)",
    402: "payment required",
    403: "Unauthorized missing scopes",
    404: "not_found",
    408: "device unavailable",
    412: "account must be registered in the region",
    421: "user out of region",
    423: "account locked",
    429: "too many requests",
    500: "upstream internal error",
    502: "energy_gateway_unreachable",
}

Fields = Mapping[str, Any]


class Door:
    """The answers of one cloud; `url` is where it says it is."""

    def __init__(self, cloud: Cloud, signin: SignIn, faults: FleetFaults) -> None:
        self.url = ""
        self.domains: set[str] = set()
        self.key_pem = ""
        """The public key that is found at the person's address; here it is this one."""
        self.relay: Callable[[Mapping[str, Any]], object] | None = None
        """What hands a message on to the gateway at the house, where one stands there."""
        self._cloud, self._signin, self._faults = cloud, signin, faults

    def answer(self, request: Request) -> Response:
        """What a request gets, with the faults on either side."""
        endpoint = endpoint_of(request.path)
        struck = self._struck(endpoint)
        if struck is not None:
            return struck
        if request.path.startswith("/oauth2/v3/"):
            return self._of_sign_in(request, endpoint)
        if request.path == _KEY_PATH and self.key_pem:
            return Response(200, self.key_pem.encode(), (), "text/plain")
        if not request.path.startswith(API):
            return self._failed(404)
        refusal = self._refusal(request, endpoint)
        if refusal is not None:
            return refusal
        response = self._of_api(request, endpoint)
        if response.status < 500:
            self._meter(request)
        return self._bent(request, response)

    def _struck(self, endpoint: str) -> Response | None:
        """What a fault puts in place of any answer, or of those of this endpoint."""
        faults: dict[str, Callable[[int], Response]] = {"fails": self._failed, "pages": _page}
        for fault, made in faults.items():
            for key in tuple(getattr(self._faults, fault)):
                name, _, status = key.rpartition("/")
                if name in ("", endpoint) and self._faults.take_at(fault, key):
                    return made(int(status))
        return None

    # --- sign-in

    def _of_sign_in(self, request: Request, endpoint: str) -> Response:
        if (request.method, endpoint) == ("GET", "authorize"):
            return self._consented(request.parameters)
        if (request.method, endpoint) != ("POST", "token"):
            return self._failed(404)
        form: Fields = dict(
            parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True)
        )
        if not form:
            form = request.fields()
        try:
            return json_response(self._signin.answer(form))
        except Refused as refused:
            told = {"error": refused.error, "error_description": "by the simulation"}
            return json_response(told, status=refused.status)

    def _consented(self, query: Mapping[str, str]) -> Response:
        """The person signs in and agrees at once; back to where the query says."""
        scopes = tuple(query.get("scope", "").split())
        code = self._signin.code(scopes, query.get("code_challenge"))
        issuer = f"{self.url}/oauth2/v3"
        back = urlencode({"code": code, "state": query.get("state", ""), "issuer": issuer})
        return Response(302, b"", (("Location", f"{query.get('redirect_uri', '')}?{back}"),))

    # --- who may ask

    def _refusal(self, request: Request, endpoint: str) -> Response | None:
        faults = self._faults
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        grant = self._signin.grant_of(token) if kind.lower() == "bearer" else None
        if grant is None or faults.take("kill_tokens"):
            return Response(401) if faults.empty_401 else self._failed(401)
        if faults.month is not None:
            if faults.month <= 0:
                return self._failed(402)
            faults.month -= 1
        return self._not_here(request, endpoint, grant)

    def _not_here(self, request: Request, endpoint: str, grant: Grant) -> Response | None:
        faults = self._faults
        if request.path.startswith(f"{API}partner_accounts"):
            return None if grant.partner else self._failed(403)
        if faults.unregistered and not self.domains:
            return self._failed(412)
        if faults.other_region and endpoint != "region":
            return self._failed(421)
        lacks = faults.no_commands or COMMANDS not in grant.scopes
        return self._failed(403) if request.method == "POST" and lacks else None

    # --- the API

    def _of_api(self, request: Request, endpoint: str) -> Response:
        path = request.path.removeprefix(API)
        if path == "products":
            self._cloud.turn()
            return json_response(bodies.products(self._cloud))
        if path == "users/region":
            told = {"region": self._signin.region, "fleet_api_base_url": self.url}
            return json_response({"response": told})
        if path.startswith("partner_accounts"):
            return self._of_partner(request, path)
        return self._of_site(request, path.split("/"), endpoint)

    def _of_site(self, request: Request, parts: list[str], endpoint: str) -> Response:
        known = (SITE, *(number for number, _ in self._cloud.more_sites))
        if parts[0] != "energy_sites" or parts[1:2] not in [[str(each)] for each in known]:
            return self._failed(404)
        if parts[2:] == ["command", endpoint] and endpoint in _OWN_CALLS and self.relay:
            group, name = _OWN_CALLS[endpoint]
            return json_response({"response": self.relay({group: {name: request.fields()}})})
        if len(parts) != 3:
            return self._failed(404)
        if request.method == "GET":
            return self._read(endpoint)
        return self._command(endpoint, request.fields())

    def _of_partner(self, request: Request, path: str) -> Response:
        faults = self._faults
        domain = str(request.fields().get("domain", ""))
        if path.endswith("public_key"):
            return json_response({"response": {"public_key": _KEY}})
        for fault, status in (("foreign_origin", 412), ("no_key", 424)):
            if getattr(faults, fault):
                return self._failed(status)
        if faults.taken:
            return self._failed(422, "Domain has already been taken")
        self.domains.add(domain)
        return json_response({"response": {"domain": domain, "public_key": _KEY}})

    def _read(self, endpoint: str) -> Response:
        now = self._cloud.turn()
        match endpoint:
            case "site_info":
                return json_response(bodies.site_info(self._cloud))
            case "live_status":
                return json_response(bodies.live_status(self._cloud, now))
            case "calendar_history" | "backup_history" | "telemetry_history":
                return json_response({"response": {"period": "day", "time_series": []}})
        return self._failed(404)

    def _command(self, endpoint: str, body: Fields) -> Response:
        if endpoint == "command" and self.relay is not None:
            message = body.get("command_properties", {}).get("message", {})
            return json_response({"response": self.relay(message)})
        taker = _COMMANDS.get(endpoint)
        if taker is None:
            return self._failed(404)
        if self._faults.no_rate_plan and body.get("default_real_mode") == "autonomous":
            return self._failed(410)
        fields = taker(self._cloud, body)
        if fields is None:
            return self._failed(422, messages={key: ["is invalid"] for key in body} or None)
        for word in ("result", "code", "error"):
            if self._faults.unwilling.get(word) and self._faults.take_at("unwilling", word):
                return json_response(_UNWILLING[word])
        if fields and not self._faults.take_at("ignored", endpoint):
            self._cloud.take(**fields)
        return self._acknowledged()

    def _acknowledged(self) -> Response:
        shape = self._faults.shape
        if shape == "empty":
            return Response(204)
        return json_response(_SHAPES.get(shape, _SHAPES["code"]))

    # --- how it is told

    def _meter(self, request: Request) -> None:
        if request.method == "GET":
            self._cloud.reads += 1
        else:
            self._cloud.commands += 1

    def _bent(self, request: Request, response: Response) -> Response:
        faults = self._faults
        if request.method != "GET" or response.status != 200:
            return response
        if faults.take("garbage"):
            return _page(200)
        if faults.take("null_response"):
            return json_response({"response": None})
        if not (faults.without or faults.null or faults.typed):
            return response
        assert isinstance(response.body, bytes)
        return json_response(odd.struck(faults, json.loads(response.body)))

    def _failed(
        self, status: int, text: str | None = None, messages: object | None = None
    ) -> Response:
        faults = self._faults
        told = text or _TEXTS.get(status, f"simulated {status}")
        headers: tuple[tuple[str, str], ...] = ()
        if status in (429, 503) and faults.retry_after is not None:
            headers = (("Retry-After", f"{faults.retry_after:.0f}"),)
        if status in (429, 503) and faults.retry_in_body is not None:
            told = f"{told}. Retry in {faults.retry_in_body:.0f} seconds"
        more = {"messages": messages} if messages else {"error_description": "", "txid": "0"}
        data = {"response": None, "error": told, **more}
        return Response(status, json.dumps(data).encode(), headers, JSON)


def _page(status: int) -> Response:
    return Response(status, b"<html>Sorry</html>", (), "text/html")


def endpoint_of(path: str) -> str:
    """The last part of a path, such as site_info; a fault names it."""
    return path.rstrip("/").rpartition("/")[2]


# What a command puts in force; empty: nothing; None: a value that is not liked.


def _operation(_cloud: Cloud, body: Fields) -> dict[str, object] | None:
    mode = body.get("default_real_mode")
    return {"mode": mode} if mode in _MODES else None


def _backup(cloud: Cloud, body: Fields) -> dict[str, object] | None:
    percent = body.get("backup_reserve_percent")
    if not isinstance(percent, int | float) or not 0 <= percent <= 100:
        return None
    snapped = cloud.faults.snapped and 80 < percent < 100
    return {"reserve": 80.0 if snapped else float(int(percent))}


def _grid(cloud: Cloud, body: Fields) -> dict[str, object] | None:
    denied = body.get("disallow_charge_from_grid_with_solar_installed")
    rule = body.get("customer_preferred_export_rule")
    if (denied is None and rule is None) or (rule is not None and rule not in _RULES):
        return None
    fixed, found = cloud.faults.fixed, dict[str, object]()
    if denied is not None and "grid_charging" not in fixed:
        found["charging_denied"] = bool(denied)
    if rule is not None and "energy_exports" not in fixed:
        found["export"] = rule
    return found


def _storm(_cloud: Cloud, body: Fields) -> dict[str, object] | None:
    return {"storm_mode": body["enabled"]} if isinstance(body.get("enabled"), bool) else None


_COMMANDS: Final[dict[str, Callable[[Cloud, Fields], dict[str, object] | None]]] = {
    "operation": _operation,
    "backup": _backup,
    "grid_import_export": _grid,
    "storm_mode": _storm,
    "off_grid_vehicle_charging_reserve": lambda _cloud, _body: {},
    "time_of_use_settings": lambda _cloud, _body: {},
}
_SHAPES: Final[dict[str, object]] = {
    "code": {"response": {"code": 201, "message": "Updated"}},
    "Code": {"response": {"Code": 200, "Message": "Updated"}},
    "result": {"response": {"result": True, "reason": ""}},
    "text": {"response": "Updated"},
    "null": None,
}
_UNWILLING: Final[dict[str, object]] = {
    "result": {"response": {"result": False, "reason": "not today"}},
    "code": {"response": {"code": 400, "message": "not today"}},
    "error": {"response": None, "error": "not_today", "error_description": "not today"},
}

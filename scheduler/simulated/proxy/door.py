"""What a proxy answers: the form dialect of both programs, with the manners of each.

Bodies as captured from the proxy t97 and the server 0.13.0, before v1r and before the cloud.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import parse_qs

from scheduler.httpserver import Request, Response, json_response, problem
from scheduler.setting import from_raw, to_raw
from scheduler.simulated.battery import WireSetting
from scheduler.simulated.house import House
from scheduler.simulated.proxy.faults import ProxyFaults
from scheduler.simulated.timepiece import Instant

Dialect = Literal["proxy", "server"]
Behind = Literal["v1r", "fleet"]
Body = dict[str, object]

_MODES: Final = ("self_consumption", "backup", "autonomous")
_EXPORTS: Final = ("battery_ok", "pv_only", "never")
_DISABLED: Final = "Control Commands Disabled - Set PW_CONTROL_SECRET to enable"
_UNREADABLE: Final[Body] = {
    "mode": "unknown",
    "reserve": 0,
    "grid_charging": False,
    "grid_export": "unknown",
}


@dataclass(frozen=True, slots=True)
class _Shown:
    mode: str
    reserve: float
    grid_charging: bool
    export: str


class ProxyDoor:
    def __init__(
        self,
        house: House,
        faults: ProxyFaults,
        read: Callable[[], Instant],
        *,
        secret: str,
        dialect: Dialect,
        behind: Behind,
    ) -> None:
        self.house, self.faults, self._read = house, faults, read
        self._secret, self._dialect, self._behind = secret, dialect, behind
        self._before: tuple[float, _Shown] | None = None

    def answer(self, request: Request) -> Response:
        """The answer to one request; a write has taken effect then."""
        self.house.turn(self._read())
        for status in list(self.faults.fails):
            if self.faults.take_at("fails", status):
                return problem(int(status), "by a fault")
        if request.method == "GET" and self.faults.take("garbage"):
            return Response(200, b"<html>Powerwall</html>", content_type="text/html")
        if request.path.startswith("/control/"):
            return self._control(request, request.path.removeprefix("/control/"))
        body = self._look(request.path)
        return json_response(body) if body is not None else problem(404, "Not Found")

    # Reading

    def _look(self, path: str) -> Body | None:
        """The reads beside /control; scales as each program has them."""
        charge = self.house.app_charge
        if path == "/api/system_status/soe":
            raw = {"raw_percentage": to_raw(charge)} if self._dialect == "server" else {}
            return {"percentage": charge, **raw}
        if path == "/api/operation":
            return self._operation()
        if path == "/api/meters/aggregates":
            return dict(self.house.meters())
        if path == "/api/system_status/grid_status":
            return self.house.grid_status()
        return {"version": "26.26.4", "vint": 262604} if path == "/version" else None

    def _operation(self) -> Body:
        shown = self._shown()
        if self._dialect == "proxy":
            return {"real_mode": shown.mode, "backup_reserve_percent": to_raw(shown.reserve)}
        return {
            "real_mode": shown.mode,
            "backup_reserve_percent": shown.reserve,
            "grid_charging": shown.grid_charging,
            "grid_export": shown.export,
            "stale": self.faults.stale,
            "last_updated": None,
        }

    def _shown(self) -> _Shown:
        """What is in force; for a while after a write what was before."""
        if self._before and self._read().elapsed < self._before[0]:
            return self._before[1]
        house = self.house
        reserve = round(from_raw(house.active.reserve), 2)
        return _Shown(house.active.mode, reserve, house.grid_charging, house.export)

    def _read_back(self, action: str) -> Response:
        shown = self._shown()
        values: Body = {
            "mode": shown.mode,
            "reserve": shown.reserve,
            "grid_charging": shown.grid_charging,
            "grid_export": shown.export,
        }
        if action not in values:
            return problem(200, "Invalid Command Action")
        lost = self.faults.take("unreadable")
        return json_response({action: (_UNREADABLE if lost else values)[action]})

    # Writing

    def _control(self, request: Request, action: str) -> Response:
        if self.faults.disabled:
            return problem(200 if request.method == "GET" else 400, _DISABLED)
        if request.method == "GET":
            return self._read_back(action)
        form = _form(request)
        if not form:
            return problem(400, "Control Command Error: Invalid Request")
        if not hmac.compare_digest(form.get("token", ""), self._secret):
            return json_response({"unauthorized": "Control Command Token Invalid"}, status=401)
        return self._write(action, form.get("value", ""), form.get("level", ""))

    def _write(self, action: str, value: str, level: str) -> Response:
        if not value:
            return self._read_back(action)
        if (level and not level.isdigit()) or (action == "reserve" and not value.isdigit()):
            return problem(400, "Control Command Level Invalid")
        allowed = {"mode": _MODES, "grid_charging": ("true", "false"), "grid_export": _EXPORTS}
        if action != "reserve" and action not in allowed:
            return problem(400, "Invalid Command Action")
        if action != "reserve" and value not in allowed[action]:
            return problem(400, self._not_valid(action))
        taken = not self.faults.take("not_taken")
        if taken and not self.faults.take("ignored"):
            self._before = (self._read().elapsed + self.faults.old, self._shown())
            self._put_in_force(action, value, level)
        return self._acknowledged(action, value, level, taken=taken)

    def _not_valid(self, action: str) -> str:
        if self._dialect == "server" and action == "mode":
            return f"'value' must be a valid mode: {', '.join(_MODES)}"
        return "Control Command Value Invalid"

    def _put_in_force(self, action: str, value: str, level: str) -> None:
        house = self.house
        if action == "grid_charging":
            house.grid_charging = value == "true"
        elif action == "grid_export":
            house.export = value
        else:
            mode = value if action == "mode" else house.active.mode
            percent = value if action == "reserve" else level
            reserve = to_raw(self._kept(float(percent))) if percent else house.active.reserve
            house.take(WireSetting(mode, reserve), self._read())

    def _kept(self, percent: float) -> float:
        return 80.0 if self.faults.snapped and 80 < percent < 100 else percent

    def _acknowledged(self, action: str, value: str, level: str, *, taken: bool) -> Response:
        if action in ("grid_charging", "grid_export"):
            words = "Set Successfully" if taken else None
            return (
                json_response({action: words}) if taken else problem(400, f"Failed to set {action}")
            )
        percent = float(level or value) if level or action == "reserve" else None
        body: Body = {}
        if percent is not None:
            # Raw before v1r, app scale before the cloud.
            echo = to_raw(percent) if self._behind == "v1r" else percent
            result = self._result("Backup reserve updated") if taken else None
            body["set_backup_reserve_percent"] = {"backup_reserve_percent": echo, "result": result}
        if action == "mode" and taken:
            result = self._result("Operation mode updated")
            body["set_operation"] = {"real_mode": value, "result": result}
        elif action == "mode" and percent is None:
            body["set_operation"] = {"real_mode": value, "result": None}
        return json_response(body)

    def _result(self, message: str) -> Body:
        if self._behind == "fleet":
            return {"response": {"code": 201, "message": "Updated"}}
        return {"response": {"Message": message, "Code": 200}}


def _form(request: Request) -> dict[str, str]:
    if request.headers.get("content-type", "").startswith("application/json"):
        return {"value": ""}
    text = request.body.decode("utf-8", "replace")
    return {key: values[-1] for key, values in parse_qs(text, keep_blank_values=True).items()}

"""`tou doctor` and `tou check --online`, against simulated gateways at work in a thread."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from scheduler.simulated import DEFAULT_PASSWORD, Faults, SimulatedGateway
from scheduler.simulated.proxy import SimulatedProxy

SECRET = "a proxy's very own secret"
HIGH = """\
schedule: keep ninety
timezone: Etc/UTC
rules:
  - name: keep
    mode: self_consumption
    reserve: 90%
"""
PLAIN = """\
schedule: keep twenty
timezone: Etc/UTC
rules:
  - name: keep
    mode: self_consumption
    reserve: 20%
"""


class Beside:
    """A simulated server that answers while a command runs."""

    def __init__(self, server: Any) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.server = server
        self._do(server.start())

    def close(self) -> None:
        self._do(self.server.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def _do(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)


@pytest.fixture
def beside() -> Iterator[Callable[[Any], Any]]:
    started: list[Beside] = []

    def start(server: Any) -> Any:
        started.append(Beside(server))
        return server

    yield start
    for each in started:
        each.close()


@pytest.fixture
def proxy(beside: Any, monkeypatch: Any) -> Any:
    server = beside(SimulatedProxy(secret=SECRET))
    monkeypatch.setenv("TOU_GATEWAY", "proxy")
    monkeypatch.setenv("TOU_PROXY_URL", server.url)
    monkeypatch.setenv("TOU_PROXY_SECRET", SECRET)
    monkeypatch.setenv("TOU_PROXY_BACKEND", "v1r")
    return server


@pytest.fixture
def local(beside: Any, monkeypatch: Any) -> Callable[..., Any]:
    def start(**words: Any) -> Any:
        server = beside(SimulatedGateway(**words))
        monkeypatch.setenv("TOU_GATEWAY", "local")
        monkeypatch.setenv("TOU_GATEWAY_URL", server.url)
        monkeypatch.setenv("TOU_GATEWAY_FINGERPRINT", server.fingerprint)
        monkeypatch.setenv("TOU_GATEWAY_PASSWORD", DEFAULT_PASSWORD)
        return server

    return start


@pytest.fixture
def schedule(tmp_path: Any, monkeypatch: Any) -> Callable[[str], None]:
    def write(text: str) -> None:
        (tmp_path / "home.yaml").write_text(text)
        monkeypatch.setenv("TOU_SCHEDULE", str(tmp_path / "home.yaml"))

    return write


def findings(answer: Any) -> dict[str, list[str]]:
    told = json.loads(answer.out)
    found: dict[str, list[str]] = {}
    for each in (*told["schedule"], *told["gateways"][0]["findings"]):
        found.setdefault(each["id"], []).append(each["weight"])
    return found


def test_all_is_well_with_a_proxy_and_nothing_was_written(tou: Any, proxy: Any) -> None:
    answer = tou("doctor")

    assert answer.code == 0, answer.out
    assert "The schedule will be kept, as far as looking tells." in answer.out
    assert "Its clock agrees with ours." in answer.out
    assert "Now it is Self-Powered, 20 %" in answer.out
    assert {each.method for each in proxy.log} == {"GET"}
    assert SECRET not in answer.out + answer.err


def test_a_wrong_address_is_unreachable(tou: Any, proxy: Any, monkeypatch: Any) -> None:
    monkeypatch.setenv("TOU_PROXY_URL", "http://127.0.0.1:1")

    answer = tou("doctor", "--format", "json")

    assert answer.code == 69
    assert findings(answer)["reachable"] == ["wrong"]


def test_controls_that_are_off_are_a_refusal_with_the_way_out(tou: Any, proxy: Any) -> None:
    proxy.faults.disabled = True

    answer = tou("doctor")

    assert answer.code == 77
    assert "  - Set PW_CONTROL_SECRET there" in answer.out


def test_a_setting_that_is_missing_is_wrong_settings(
    tou: Any, proxy: Any, monkeypatch: Any
) -> None:
    monkeypatch.delenv("TOU_PROXY_SECRET")

    answer = tou("doctor")

    assert answer.code == 78
    assert "TOU_PROXY_SECRET is not set" in answer.out


def test_what_is_unreadable_behind_a_proxy_does_not_work(tou: Any, proxy: Any) -> None:
    proxy.faults.unreadable = -1

    answer = tou("doctor")

    assert answer.code == 1
    assert "It does not show mode, reserve, grid charging and export" in answer.out


def test_a_schedule_that_the_gateway_cannot_keep_is_told_with_its_line(
    tou: Any, proxy: Any, schedule: Any, monkeypatch: Any
) -> None:
    schedule(HIGH)
    good = tou("doctor")
    monkeypatch.setenv("TOU_PROXY_BACKEND", "fleet")

    answer = tou("doctor")

    assert (good.code, answer.code) == (0, 78)
    assert "home.yaml:6" in answer.out
    assert "does not keep 90%" in answer.out


def test_a_broken_schedule_is_told_and_the_gateway_is_looked_at_all_the_same(
    tou: Any, proxy: Any, schedule: Any
) -> None:
    schedule("schedule: x\n")

    answer = tou("doctor", "--format", "json")

    assert answer.code == 78
    assert findings(answer)["reachable"] == ["fine"]


def test_no_login_that_stops_the_battery_is_sent(tou: Any, local: Any, schedule: Any) -> None:
    schedule(PLAIN)
    server = local()

    answer = tou("doctor", "--format", "json")

    assert answer.code == 0, answer.out
    assert server.device.logins == 0
    assert {each.method for each in server.device.requests} == {"GET"}
    found = findings(answer)
    assert found["certificate"] == ["fine"]
    assert found["login"] == ["fine", "unknown"]


def test_another_certificate_is_a_refusal(tou: Any, local: Any, monkeypatch: Any) -> None:
    local()
    monkeypatch.setenv("TOU_GATEWAY_FINGERPRINT", "ab" * 32)

    answer = tou("doctor", "--format", "json")

    assert answer.code == 77
    assert findings(answer)["certificate"] == ["wrong"]


def test_firmware_that_cannot_be_written_is_a_refusal_with_the_way_out(
    tou: Any, local: Any
) -> None:
    local(profile="21.44")

    answer = tou("doctor")

    assert answer.code == 77
    assert "cannot be written to" in answer.out
    assert "What to do:" in answer.out


def test_a_clock_that_is_wrong_is_told(tou: Any, local: Any, schedule: Any) -> None:
    schedule(PLAIN)
    local(faults=Faults.parse("clock_offset:300"))

    answer = tou("doctor")

    assert answer.code == 1
    assert "s ahead of ours" in answer.out


def test_each_of_several_gateways_is_examined(
    tou: Any, proxy: Any, local: Any, monkeypatch: Any
) -> None:
    local()
    monkeypatch.setenv("TOU_GATEWAY", "local,proxy")

    told = json.loads(tou("doctor", "--format", "json").out)

    assert [each["transport"] for each in told["gateways"]] == ["local", "proxy"]


def test_the_simulation_needs_no_doctor_and_says_so(tou: Any) -> None:
    answer = tou("doctor")

    assert answer.code == 0
    assert "SIMULATION" in answer.out


def test_check_online_asks_the_gateway_too(
    tou: Any, proxy: Any, schedule: Any, monkeypatch: Any
) -> None:
    schedule(PLAIN)
    good = tou("check", "--online")
    monkeypatch.setenv("TOU_PROXY_URL", "http://127.0.0.1:1")

    offline, online = tou("check"), tou("check", "--online")

    assert (good.code, offline.code, online.code) == (0, 0, 69)
    assert "cannot be reached" in online.out


def test_check_online_tells_all_in_json(tou: Any, proxy: Any, schedule: Any) -> None:
    schedule(PLAIN)

    told = json.loads(tou("check", "--online", "--format", "json").out)

    assert told["ok"] is True
    assert told["gateways"][0]["transport"] == "proxy"


def test_gateway_info_shows_what_stands_behind_a_proxy(tou: Any, proxy: Any) -> None:
    for words in ((), ("--login",), ("--all",)):
        answer = tou("gateway", "info", *words)

        assert answer.code == 0, answer.err
        assert "Self-Powered, 20 %" in answer.out
        assert "26.26.4" in answer.out
    assert {each.method for each in proxy.log} == {"GET"}


def test_the_cloud_is_looked_at_once_and_nothing_is_sent(
    tou: Any, cloud: Any, schedule: Any
) -> None:
    schedule(PLAIN)

    answer = tou("doctor")

    assert answer.code == 0, answer.out
    assert "The sign-in allows" in answer.out
    assert "Its clock agrees with ours." in answer.out
    assert {each.method for each in cloud.log} == {"GET"}


def test_a_sign_in_without_the_right_to_send_commands_is_a_refusal(
    tou: Any, cloud: Any, schedule: Any, monkeypatch: Any
) -> None:
    schedule(PLAIN)
    reading = cloud.tokens(scopes=("openid", "energy_device_data"))
    monkeypatch.setenv("TOU_FLEET_TOKEN", str(reading["access_token"]))

    answer = tou("doctor")

    assert answer.code == 77
    assert "does not allow commands" in answer.out


def test_a_dead_token_is_a_refusal_with_the_way_out(tou: Any, cloud: Any, monkeypatch: Any) -> None:
    monkeypatch.setenv("TOU_FLEET_TOKEN", "dead")

    answer = tou("doctor")

    assert answer.code == 77
    assert "TOU_FLEET_TOKEN" in answer.out


def test_a_sign_in_that_was_never_made_is_wrong_settings(
    tou: Any, cloud: Any, monkeypatch: Any
) -> None:
    monkeypatch.delenv("TOU_FLEET_TOKEN")

    assert tou("doctor").code == 78


def test_a_budget_that_is_used_up_is_told_once_and_is_no_matter_of_reach(
    tou: Any, cloud: Any, schedule: Any, monkeypatch: Any
) -> None:
    schedule(PLAIN)
    monkeypatch.setenv("TOU_FLEET_BUDGET", "0.0001")

    answer = tou("doctor", "--format", "json")

    assert answer.code == 1
    assert findings(answer)["budget"] == ["wrong"]
    assert "reachable" not in findings(answer)
    assert cloud.log == []


def test_what_a_look_cannot_tell_of_a_proxy_is_said(tou: Any, proxy: Any, monkeypatch: Any) -> None:
    monkeypatch.setenv("TOU_PROXY_SECRET", "another")

    answer = tou("doctor", "--format", "json")

    assert findings(answer)["writable"] == ["fine", "unknown"]
    assert "the first write" in answer.out


def test_a_cloud_without_a_sign_in_is_one_message(
    tou: Any, cloud: Any, schedule: Any, monkeypatch: Any, caplog: Any
) -> None:
    schedule(PLAIN)
    monkeypatch.delenv("TOU_FLEET_TOKEN")
    monkeypatch.setenv("TOU_FLEET_PROVIDER", "tesla")

    answer = tou("doctor")

    assert answer.code == 77
    assert answer.out.count("Nobody has signed in yet") == 1
    assert caplog.text == ""

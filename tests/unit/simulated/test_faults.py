"""The fault switches: how they are written, how often they strike, and what they do."""

from collections.abc import Callable
from typing import Any

import pytest

from scheduler.simulated.faults import ALWAYS, Faults

from .conftest import Bench


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        pytest.param("busy:3", "busy", 3, id="a count"),
        pytest.param("busy", "busy", ALWAYS, id="a count without a number is for ever"),
        pytest.param("refuse", "refuse", True, id="a switch"),
        pytest.param("refuse:off", "refuse", False, id="a switch turned off"),
        pytest.param("slow:0.2", "slow", 0.2, id="a number"),
        pytest.param("token_life:60", "token_life", 60.0, id="a number that may be absent"),
        pytest.param("login_limit:5", "login_limit", 5, id="a whole number"),
        pytest.param("can_reboot:Backup Mode", "can_reboot", "Backup Mode", id="a text"),
        pytest.param("missing:status:2", "missing", {"status": 2}, id="a path with a count"),
        pytest.param("missing:status", "missing", {"status": ALWAYS}, id="a path for ever"),
        pytest.param("reboot:operation", "reboot", {"operation": 1}, id="a restart strikes once"),
        pytest.param(" null:percentage ", "null", {"percentage": ALWAYS}, id="with spaces around"),
    ],
)
def test_a_fault_is_written_as(text: str, name: str, value: Any) -> None:
    assert getattr(Faults.parse(text), name) == value


def test_several_paths_stand_side_by_side() -> None:
    faults = Faults.parse("missing:status:1", "missing:networks:2")

    assert faults.missing == {"status": 1, "networks": 2}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("bussy:3", 'No fault is called "bussy". Did you mean busy?'),
        ("qqqq", "Known are refuse, slow, "),
        ("busy:often", '"busy:often" is not a fault. Write its name, or its name and how often'),
        ("refuse:3", "Write its name alone, such as refuse."),
        ("slow", "Write its name and a number, such as slow:0.2."),
        ("login_limit:2.5", "a whole number"),
        ("missing", "a path or key"),
        ("missing:status:x", "a path or key"),
        ("changed", "No fault is called"),
        ("", "No fault is called"),
    ],
)
def test_a_fault_that_is_none_is_refused_with_the_way_out(text: str, words: str) -> None:
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - the words are compared below
        Faults.parse(text)

    assert words in str(refused.value)


def test_every_fault_has_a_kind_and_can_be_written() -> None:
    written = {"switch": "", "count": ":1", "number": ":1", "whole": ":1", "text": ":x"}
    texts = [f"{name}{written.get(kind, ':x')}" for name, kind in Faults.kinds().items()]

    faults = Faults.parse(*texts)

    assert len(texts) > 30
    assert all(getattr(faults, name) != getattr(Faults(), name) for name in Faults.kinds())


def test_a_counted_fault_strikes_that_often() -> None:
    faults = Faults(busy=2)

    assert [faults.take("busy") for _ in range(4)] == [True, True, False, False]


def test_a_fault_for_ever_strikes_for_ever() -> None:
    faults = Faults(busy=ALWAYS)

    assert all(faults.take("busy") for _ in range(10))


Owner = Callable[..., Bench]


@pytest.fixture
def owner(bench: type[Bench]) -> Owner:
    return lambda *faults, **words: bench(*faults, **{"profile": "21.44", **words}).enter(
        "customer"
    )


def test_busy_strikes_anything_but_a_login(owner: Owner) -> None:
    gateway = owner("busy:2")
    statuses = [gateway.get(path).status for path in ("status", "operation", "operation")]

    assert statuses == [503, 503, 200]


def test_a_bad_gateway_strikes_data_only(owner: Owner) -> None:
    gateway = owner("bad_gateway:1")

    assert gateway.get("operation").status == 200
    assert gateway.get("system_status/soe").status == 502
    assert gateway.get("system_status/soe").status == 200


def test_a_missing_endpoint_comes_back(owner: Owner) -> None:
    gateway = owner("missing:meters/aggregates:1")

    assert [gateway.get("meters/aggregates").status for _ in range(2)] == [404, 200]


def test_an_error_can_come_in_a_good_answer(owner: Owner) -> None:
    seen = owner("error_body:1").get("operation")

    assert (seen.status, seen.json["code"]) == (200, 403)
    assert {"error", "message"} <= seen.json.keys()


def test_a_null_a_missing_and_an_unknown_key(owner: Owner) -> None:
    seen = owner("null:percentage", "extra_keys").get("system_status/soe").json
    assert seen == {"percentage": None, "unheard_of": {"since": "26.99"}}

    assert owner("without:percentage").get("system_status/soe").json == {}


def test_a_key_is_struck_however_deep(owner: Owner) -> None:
    seen = owner("without:instant_power").get("meters/aggregates").json

    assert all("instant_power" not in meter for meter in seen.values())


def test_a_login_may_meet_429(bench: type[Bench]) -> None:
    gateway = bench("too_many:1", profile="21.44")

    assert [gateway.log_in("customer").status for _ in range(2)] == [429, 200]


def test_all_tokens_may_be_killed_once(owner: Owner) -> None:
    gateway = owner("kill_tokens:1")

    assert gateway.get("operation").status == 403
    assert gateway.device.sessions == 0
    assert gateway.enter("customer").get("operation").status == 200


def test_logins_may_succeed_and_every_read_be_refused(bench: type[Bench]) -> None:
    gateway = bench("reads_forbidden", profile="21.44").enter("customer")

    assert gateway.get("operation").status == 403


def test_the_password_may_be_forgotten(bench: type[Bench]) -> None:
    gateway = bench("password_reverted", profile="21.44")
    assert gateway.log_in("customer").json["error"] == "bad credentials"

    gateway.faults.password_reverted = False

    assert gateway.log_in("customer").status == 200


def test_a_dead_token_can_get_the_other_code(bench: type[Bench]) -> None:
    assert bench("dead_token:401", profile="21.44").get("operation", token="dead").status == 401
    assert bench("dead_token:403", profile="1.49").get("operation", token="dead").status == 403


def test_a_login_may_take_effect_without_an_answer(bench: type[Bench]) -> None:
    gateway = bench("login_lost:1", profile="1.49")
    body = {"username": "installer", "password": "correct-horse-battery", "force_sm_off": True}

    assert gateway.ask("POST", "login/Basic", body).answer is None
    assert not gateway.device.sitemaster_running
    assert gateway.device.logins == 1
    assert gateway.device.requests[-1].status is None


def test_a_refused_login_does_not_use_that_up(bench: type[Bench]) -> None:
    gateway = bench("login_lost:1", profile="1.49")

    assert gateway.log_in(password="wrong").status == 401
    assert gateway.faults.login_lost == 1


def test_an_answer_may_be_lost_after_its_effect(bench: type[Bench]) -> None:
    gateway = bench("answer_lost:operation:1", profile="1.49").enter()
    body = {"real_mode": "backup", "backup_reserve_percent": 100}

    assert gateway.ask("POST", "operation", body).answer is None
    assert gateway.device.staged.mode == "backup"
    assert gateway.post("operation", body).status == 200


@pytest.mark.parametrize(
    ("fault", "version"), [("reboot:operation", "1.49.0"), ("upgrade:operation", "1.50.1")]
)
def test_it_may_restart_in_the_middle_of_a_write(
    bench: type[Bench], fault: str, version: str
) -> None:
    gateway = bench(fault, profile="1.49", away_seconds=5.0).enter()
    body = {"real_mode": "backup", "backup_reserve_percent": 100}

    assert gateway.ask("POST", "operation", body).answer is None
    assert gateway.device.away_seconds_left == 5
    gateway.wait(6)
    assert gateway.device.version == version
    assert gateway.device.staged.mode == "self_consumption"


def test_a_commit_may_be_lost(bench: type[Bench]) -> None:
    gateway = bench("commit_lost:1", profile="1.49").enter()
    gateway.put("backup", 100)
    assert gateway.get("config/completed").status == 200
    assert gateway.device.active.mode == "self_consumption"

    gateway.get("config/completed")

    assert gateway.device.active.mode == "backup"


def test_a_commit_may_lag_on_any_firmware(bench: type[Bench]) -> None:
    gateway = bench("commit_lag", profile="1.49").enter()
    gateway.put("backup", 100)
    gateway.get("config/completed")

    assert gateway.device.active.mode == "self_consumption"


def test_a_run_may_be_accepted_and_do_nothing(bench: type[Bench]) -> None:
    gateway = bench("stays_down:1", profile="1.49").enter()
    assert gateway.get("sitemaster/run").status == 202
    gateway.wait(60)
    assert not gateway.device.sitemaster_running

    gateway.up()


def test_a_stop_may_be_refused(bench: type[Bench]) -> None:
    gateway = bench("stop_refused", profile="1.49").enter().up()

    assert gateway.get("sitemaster/stop").json["error"] == "Cannot Start Wizard"
    gateway.wait(5)
    assert gateway.device.sitemaster_running


def test_the_clock_may_be_wrong_and_drift(owner: Owner) -> None:
    right, wrong = owner(), owner("clock_offset:3600", "clock_drift:0.5")
    for gateway in (right, wrong):
        gateway.wait(100)
    times = [g.get("system/update/status").json["current_time"] for g in (right, wrong)]

    assert times[1] - times[0] == (3600 + 50) * 1000


def test_the_zone_may_be_an_hour_off(owner: Owner) -> None:
    stamps = [
        gateway.get("meters/aggregates").json["site"]["last_communication_time"]
        for gateway in (owner(), owner("zone_offset:-1"))
    ]

    assert stamps == [
        "2026-07-01T03:00:00.000000953-07:00",
        "2026-07-01T02:00:00.000000953-08:00",
    ]


def test_the_meters_stamps_may_stand_still(owner: Owner) -> None:
    gateway = owner("frozen_meters")
    first = gateway.get("meters/aggregates").json["site"]["last_communication_time"]
    gateway.wait(600)

    assert gateway.get("meters/aggregates").json["site"]["last_communication_time"] == first


def test_the_grid_may_be_away(owner: Owner) -> None:
    gateway = owner("islanded")

    assert gateway.get("system_status/grid_status").json["grid_status"] == "SystemIslandedActive"
    assert gateway.get("meters/aggregates").json["site"]["instant_power"] == 0


@pytest.mark.parametrize(
    ("fault", "kind"),
    [("json_type", "application/json"), ("text_type", "text/plain; charset=utf-8")],
)
@pytest.mark.parametrize("profile", ["1.49", "21.44"])
def test_the_content_type_can_be_forced(
    bench: type[Bench], fault: str, kind: str, profile: str
) -> None:
    gateway = bench(fault, profile=profile).enter("customer")

    assert gateway.get("operation").content_type == kind
    assert gateway.log_in("customer").content_type == kind


def test_a_body_may_break_off_and_only_where_there_is_one(owner: Owner) -> None:
    gateway = owner(profile="1.40")
    gateway.faults.drop = 1

    assert gateway.ask("GET", "sitemaster/run").manner == "whole"
    assert gateway.ask("GET", "operation").manner == "broken"
    assert gateway.ask("GET", "operation").manner == "whole"


def test_port_80_may_be_closed(bench: type[Bench]) -> None:
    gateway = bench("plain_closed", profile="1.49")

    assert gateway.ask("GET", "status", encrypted=False).answer is None


def test_a_value_may_snap_as_some_firmware_does(bench: type[Bench]) -> None:
    gateway = bench("snapped", profile="1.49").enter()
    for app, kept in ((80, 80), (90, 80), (99, 80), (100, 100)):
        body = {"real_mode": "backup", "backup_reserve_percent": app * 0.95 + 5}
        gateway.post("operation", body)

        assert gateway.device.staged.reserve == pytest.approx(kept * 0.95 + 5)


def test_a_write_may_keep_the_old_mode(bench: type[Bench]) -> None:
    gateway = bench("old_mode:1", profile="1.49").enter()
    body = {"real_mode": "backup", "backup_reserve_percent": 100}

    gateway.post("operation", body)
    first = gateway.device.staged
    gateway.post("operation", body)

    assert (first.mode, first.reserve) == ("self_consumption", 100)
    assert gateway.device.staged.mode == "backup"


def test_the_sitemaster_may_stop_by_itself_after_a_commit(owner: Owner) -> None:
    gateway = owner("stops_after:5")
    gateway.get("config/completed")
    before = gateway.device.sitemaster_running
    gateway.wait(6)
    after = gateway.device.sitemaster_running
    gateway.get("sitemaster/run")
    gateway.wait(6)
    gateway.get("config/completed")
    gateway.wait(6)

    assert before
    assert not after
    assert gateway.device.sitemaster_running


def test_a_sitemaster_that_stops_by_itself_does_so_after_the_run_of_the_same_write(
    owner: Owner,
) -> None:
    gateway = owner("stops_after:5")
    gateway.get("config/completed")

    gateway.get("sitemaster/run")
    before = gateway.device.sitemaster_running
    gateway.wait(60)

    assert before
    assert not gateway.device.sitemaster_running


def test_any_path_may_be_limited_and_ask_for_a_time(owner: Owner) -> None:
    gateway = owner("limited:operation:1", "retry_after:77")

    answer = gateway.ask("GET", "operation").answer

    assert answer.status == 429
    assert ("Retry-After", "77") in answer.headers
    assert gateway.get("operation").status == 200


@pytest.mark.parametrize("fault", ["huge", "deep", "garbage", "blank", "packed"])
def test_a_read_may_come_with_a_body_that_no_gateway_sends(owner: Owner, fault: str) -> None:
    gateway = owner(f"{fault}:1")

    strange = gateway.ask("GET", "operation").answer

    assert strange.status == 200
    assert b"real_mode" not in strange.body
    assert gateway.get("operation").status == 200


def test_a_key_may_be_of_another_type(owner: Owner) -> None:
    gateway = owner("typed:real_mode:1", "typed:backup_reserve_percent:1")

    body = gateway.get("operation").json

    assert body["real_mode"] == 7
    assert isinstance(body["backup_reserve_percent"], str)


@pytest.mark.parametrize("fault", ["drip", "endless"])
def test_a_body_may_come_in_another_manner(owner: Owner, fault: str) -> None:
    gateway = owner()
    setattr(gateway.faults, fault, 1)

    assert gateway.ask("GET", "operation").manner == fault
    assert gateway.ask("GET", "operation").manner == "whole"


def test_an_answer_may_never_come_although_the_request_had_its_effect(bench: type[Bench]) -> None:
    gateway = bench("hang:operation", profile="1.49").enter()

    outcome = gateway.ask("POST", "operation", {"real_mode": "backup"})

    assert (outcome.answer, outcome.manner) == (None, "hang")
    assert gateway.device.staged.mode == "backup"

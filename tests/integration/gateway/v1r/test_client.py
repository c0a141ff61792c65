"""Our client of the signed door: what it sends, what it makes of every fault."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from scheduler.errors import (
    GatewayBusyError,
    GatewayError,
    GatewayProtocolError,
    GatewayRefusedError,
    GatewayUnreachableError,
)
from scheduler.gateway.base import Part, Reading, Spend
from scheduler.gateway.v1r.client import V1rGateway
from scheduler.gateway.v1r.key import Key
from scheduler.gateway.v1r.traffic import LOGIN
from scheduler.httpserver import Request, Response
from scheduler.setting import Export, GridCharging, Mode, Setting
from scheduler.simulated.v1r import SimulatedV1r

from .conftest import PASSWORD, Hands, Told

SOE = "/api/system_status/soe"
CHARGE = Setting(Mode.BACKUP, 100)
ALL_FOUR = Setting(Mode.AUTONOMOUS, 85, GridCharging.DENY, Export.NONE)


async def read(gateway: V1rGateway, told: Told, *parts: Part, spend: Spend = Spend.DUE) -> Reading:
    return await gateway.read(told, spend=spend, want=frozenset(parts or {Part.SETTING}))


def posts(unit: SimulatedV1r) -> int:
    return sum(each.path == "/tedapi/v1r" for each in unit.log)


async def test_the_whole_setting_is_one_update_and_is_read_back(
    unit: SimulatedV1r, gateway: V1rGateway, told: Told
) -> None:
    receipt = await gateway.write(ALL_FOUR, None, told)
    found = await read(gateway, told)

    assert unit.unit.config.writes == 1
    assert receipt.sent == ("mode", "reserve", "grid_charging", "export")
    assert found.setting.shows(ALL_FOUR)


async def test_only_the_keys_of_the_setting_change(
    unit: SimulatedV1r, gateway: V1rGateway, told: Told
) -> None:
    before = unit.unit.config.data()

    await gateway.write(Setting(Mode.BACKUP, 100), None, told)

    after = unit.unit.config.data()
    after["default_real_mode"] = before["default_real_mode"]
    after["site_info"]["backup_reserve_percent"] = before["site_info"]["backup_reserve_percent"]
    assert after == before


async def test_every_part_can_be_read(unit: SimulatedV1r, gateway: V1rGateway, told: Told) -> None:
    found = await read(gateway, told, *Part)

    assert found.charge == pytest.approx(50, abs=0.1)
    assert found.powers.load > 0
    assert found.counters.grid_imported > 0
    assert (found.running, found.grid, found.updating) == (True, True, False)
    assert found.firmware == "26.18.1"


async def test_an_island_and_an_update_are_seen(
    unit: SimulatedV1r, gateway: V1rGateway, told: Told
) -> None:
    unit.faults.islanded = unit.faults.updating = True

    found = await read(gateway, told, Part.HEALTH)

    assert (found.grid, found.updating) == (False, True)


async def test_one_login_serves_many_reads(
    unit: SimulatedV1r, gateway: V1rGateway, told: Told
) -> None:
    for _ in range(3):
        await read(gateway, told, *Part)

    assert unit.logins == 1
    assert told.names.count("login") == 1


async def test_a_dead_token_costs_one_login(
    unit: SimulatedV1r, gateway: V1rGateway, told: Told
) -> None:
    await read(gateway, told, Part.CHARGE)
    unit.faults.kill_tokens = 1

    found = await read(gateway, told, Part.CHARGE)

    assert found.charge is not None
    assert unit.logins == 2


async def test_a_lost_race_wrote_nothing_and_the_next_try_does(
    unit: SimulatedV1r, gateway: V1rGateway, told: Told
) -> None:
    unit.faults.lock_conflict = 1

    with pytest.raises(GatewayBusyError, match="same moment") as lost:
        await gateway.write(CHARGE, None, told)
    untouched = unit.unit.config.data()["default_real_mode"]
    await gateway.write(CHARGE, None, told)

    assert (lost.value.delivered, untouched) == ("no", "self_consumption")
    assert lost.value.retry_after <= 5
    assert (await read(gateway, told)).setting.shows(CHARGE)


async def test_an_answer_that_is_lost_leaves_it_unknown(
    unit: SimulatedV1r, gateway: V1rGateway, told: Told
) -> None:
    unit.faults.answer_lost = 1

    with pytest.raises(GatewayUnreachableError) as lost:
        await gateway.write(CHARGE, None, told)

    assert lost.value.delivered == "unknown"
    assert (await read(gateway, told)).setting.shows(CHARGE)


async def test_an_update_that_is_ignored_is_seen_by_the_read_back(
    unit: SimulatedV1r, gateway: V1rGateway, told: Told
) -> None:
    unit.faults.update_ignored = 1

    await gateway.write(CHARGE, None, told)

    assert (await read(gateway, told)).setting.differing(CHARGE) == ("mode", "reserve")


async def test_half_a_file_is_never_written_back(
    unit: SimulatedV1r, gateway: V1rGateway, told: Told
) -> None:
    unit.faults.half_file = 1

    with pytest.raises(GatewayProtocolError, match="replaces the whole file") as refused:
        await gateway.write(CHARGE, None, told)

    assert refused.value.delivered == "no"
    assert unit.unit.config.writes == 0


@pytest.mark.parametrize("seconds", [-9, 9, 7200, -7200])
async def test_where_the_clocks_differ_nothing_is_written(
    unit: SimulatedV1r, gateway: V1rGateway, told: Told, seconds: int
) -> None:
    unit.faults.clock_offset = seconds

    with pytest.raises(GatewayRefusedError, match="clock") as refused:
        await gateway.write(CHARGE, None, told)

    assert refused.value.delivered == "no"
    assert refused.value.retry_after <= 60
    assert unit.unit.config.writes == 0


async def test_a_clock_without_a_header_is_asked_for(
    unit: SimulatedV1r, gateway: V1rGateway, told: Told
) -> None:
    unit.faults.no_date, unit.faults.clock_offset = True, 9

    with pytest.raises(GatewayRefusedError, match=r"by \d+ s \(the gateway's is ahead\)"):
        await gateway.write(CHARGE, None, told)

    assert "look" in told.names


async def test_clocks_that_differ_by_seconds_are_good_enough(
    unit: SimulatedV1r, gateway: V1rGateway, told: Told
) -> None:
    unit.faults.clock_offset = 2

    await gateway.write(CHARGE, None, told)

    assert unit.unit.config.writes == 1


@pytest.mark.parametrize(
    "case",
    [
        ("BUSY", GatewayBusyError, "left alone"),
        ("TIMEOUT", GatewayBusyError, "left alone"),
        ("UNKNOWN_KEY_ID", GatewayRefusedError, "does not know the key"),
        ("INACTIVE_KEY", GatewayRefusedError, "tou gateway pair"),
        ("INVALID_SIGNATURE", GatewayRefusedError, "TOU_V1R_KEY"),
        ("INSUFFICIENT_PRIVILEGES", GatewayRefusedError, "does not let this key"),
        ("TIME_EXPIRED", GatewayRefusedError, "clock"),
        ("TIME_TO_LIVE_TOO_LONG", GatewayRefusedError, "clock"),
        ("WRONG_PERSONALIZATION", GatewayProtocolError, "another device"),
        ("INTERNAL", GatewayProtocolError, "INTERNAL"),
    ],
)
async def test_each_fault_says_what_to_do_and_wrote_nothing(
    unit: SimulatedV1r, gateway: V1rGateway, told: Told, case: tuple[str, type[GatewayError], str]
) -> None:
    fault, kind, words = case
    unit.faults.signed = {fault: 1}

    with pytest.raises(kind, match=words) as raised:
        await gateway.write(CHARGE, None, told)

    assert raised.value.delivered == "no"
    assert unit.unit.config.writes == 0


async def test_a_device_that_changed_is_asked_for_its_number(
    unit: SimulatedV1r, gateway: V1rGateway, told: Told
) -> None:
    await read(gateway, told)
    unit.faults.signed = {"WRONG_PERSONALIZATION": 1}
    with pytest.raises(GatewayProtocolError):
        await read(gateway, told)

    await read(gateway, told)

    assert told.names.count("din") == 2


async def test_a_key_that_was_removed_is_said_to_be(
    unit: SimulatedV1r, gateway: V1rGateway, told: Told, key: Key
) -> None:
    unit.keyring.remove(key.public_der)

    with pytest.raises(GatewayRefusedError, match="Pair it anew"):
        await read(gateway, told)


async def test_a_key_that_waits_for_the_switch_is_said_to(
    unit: SimulatedV1r, opened: Callable[..., V1rGateway], told: Told, key: Key
) -> None:
    unit.keyring.remove(key.public_der)
    unit.keyring.add(key.public_der, unit.unit.turn())

    with pytest.raises(GatewayRefusedError, match="off and on"):
        await read(opened(), told)


async def test_a_wrong_password_is_sent_once_and_not_again_after_a_restart(
    unit: SimulatedV1r, opened: Callable[..., V1rGateway], told: Told, hands: Hands
) -> None:
    with pytest.raises(GatewayRefusedError, match="whole password") as refused:
        await read(opened(password="wrong-label"), told)
    for _ in range(3):
        with pytest.raises(GatewayRefusedError, match="not sent again"):
            await read(opened(password="wrong-label"), told)

    assert unit.logins == 1
    assert refused.value.retry_after >= 900


async def test_a_pulse_raises_nothing_while_the_password_waits(
    unit: SimulatedV1r, opened: Callable[..., V1rGateway], told: Told
) -> None:
    wrong = opened(password="wrong-label")
    with pytest.raises(GatewayRefusedError):
        await read(wrong, told)

    found = await read(wrong, told, *Part, spend=Spend.FREE)

    assert (found.setting, found.charge) == (None, None)
    assert unit.logins == 1


async def test_a_password_that_was_corrected_is_tried_at_once(
    unit: SimulatedV1r, opened: Callable[..., V1rGateway], told: Told, tmp_path: Path
) -> None:
    with pytest.raises(GatewayRefusedError):
        await read(opened(password="wrong-label"), told)

    assert (await read(opened(), told)).setting is not None
    assert not (tmp_path / "tou.v1r").exists()


async def test_the_wait_ends_and_grows(
    unit: SimulatedV1r, opened: Callable[..., V1rGateway], told: Told, hands: Hands
) -> None:
    wrong = opened(password="wrong-label")
    waits = []
    for _ in range(3):
        with pytest.raises(GatewayRefusedError) as refused:
            await read(wrong, told)
        waits.append(refused.value.retry_after)
        hands.ahead += timedelta(seconds=refused.value.retry_after + 1)

    assert unit.logins == 3
    assert waits == [900, 1800, 3600]


async def test_the_label_is_given_whole_and_five_characters_are_sent(
    unit: SimulatedV1r, opened: Callable[..., V1rGateway], told: Told
) -> None:
    assert (await read(opened(password="xxx-SWORD"), told)).setting is not None


@pytest.mark.parametrize("fault", ["busy", "limited"])
async def test_a_gateway_that_asks_for_rest_gets_it(
    unit: SimulatedV1r, gateway: V1rGateway, told: Told, fault: str
) -> None:
    await read(gateway, told)
    setattr(unit.faults, fault, 1)
    unit.faults.retry_after = 17

    with pytest.raises(GatewayBusyError) as busy:
        await gateway.write(CHARGE, None, told)

    assert (busy.value.delivered, busy.value.retry_after) == ("no", 17)


@pytest.mark.parametrize("fault", ["garbage", "huge", "packed"])
async def test_an_answer_that_is_none_is_an_error_of_ours(
    unit: SimulatedV1r, gateway: V1rGateway, told: Told, fault: str
) -> None:
    await read(gateway, told)
    setattr(unit.faults, fault, 1)

    with pytest.raises((GatewayProtocolError, GatewayUnreachableError)) as raised:
        await read(gateway, told)

    assert raised.value.delivered == "no"


async def test_a_slow_gateway_is_given_up_in_time(
    unit: SimulatedV1r, opened: Callable[..., V1rGateway], told: Told
) -> None:
    unit.faults.slow = 5.0

    with pytest.raises(GatewayUnreachableError) as raised:
        await read(opened(timeout=0.2), told)

    assert raised.value.delivered == "no"


async def test_a_gateway_that_comes_back_is_found(
    unit: SimulatedV1r, gateway: V1rGateway, told: Told
) -> None:
    await read(gateway, told)
    unit.faults.refuse = True
    with pytest.raises(GatewayUnreachableError):
        await read(gateway, told)
    unit.faults.refuse = False

    for _ in range(3):
        try:
            assert (await read(gateway, told)).setting is not None
        except GatewayUnreachableError:
            continue
        break
    else:
        pytest.fail("it was not found again")


async def test_no_secret_is_in_any_step_or_name(
    unit: SimulatedV1r, gateway: V1rGateway, told: Told, key: Key
) -> None:
    await gateway.write(CHARGE, None, told)

    shown = f"{told.steps!r} {gateway!r} {gateway.name} {key!r} {vars(gateway)['_traffic']!r}"
    assert "SWORD" not in shown
    assert "PRIVATE" not in shown


async def test_two_requests_at_once_take_turns(
    unit: SimulatedV1r, gateway: V1rGateway, told: Told
) -> None:
    import asyncio

    await asyncio.gather(*(read(gateway, told, *Part) for _ in range(4)))

    assert unit.logins == 1
    assert len(told.steps) == len(unit.log)


@pytest.mark.parametrize("path", ["meters/aggregates", "system_status/soe"])
async def test_a_read_that_is_not_offered_hides_nothing_else_from_a_pulse(
    unit: SimulatedV1r, gateway: V1rGateway, told: Told, path: str
) -> None:
    unit.faults.missing = {path: -1}

    found = await read(gateway, told, *Part, spend=Spend.FREE)
    with pytest.raises(GatewayProtocolError):
        await read(gateway, told, *Part, spend=Spend.DUE)

    assert found.setting is not None
    assert found.running is True


async def test_what_the_library_says_of_answers_stays_out_of_the_log(
    unit: SimulatedV1r, gateway: V1rGateway, told: Told, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    unit.faults.no_file = 1

    with pytest.raises(GatewayProtocolError):
        await read(gateway, told)

    assert "hex=" not in caplog.text
    assert "TG000000000001" not in caplog.text


async def test_a_password_is_never_taken_to_another_address(
    unit: SimulatedV1r, gateway: V1rGateway, told: Told
) -> None:
    unit.faults.moved = -1

    with pytest.raises(GatewayUnreachableError, match="another address"):
        await read(gateway, told)

    assert {each.path for each in unit.log} == {"/api/login/Basic"}


def instead(unit: SimulatedV1r, path: str, response: Response) -> None:
    """From now on this is answered to that path."""
    unit.between = lambda request, usual: response if request.path == path else usual


async def test_a_login_that_repeats_the_password_shows_it_nowhere(
    unit: SimulatedV1r, gateway: V1rGateway, told: Told
) -> None:
    for status in (200, 500):
        instead(unit, LOGIN, Response(status, f'{{"error":"{PASSWORD[-5:]}"}}'.encode()))
        with pytest.raises((GatewayProtocolError, GatewayUnreachableError)) as raised:
            await read(gateway, told)

        assert PASSWORD[-5:] not in f"{raised.value} {told.steps}"


async def test_a_password_that_is_given_as_a_mode_is_not_read(
    unit: SimulatedV1r, gateway: V1rGateway, told: Told
) -> None:
    unit.unit.house.active = replace(unit.unit.house.active, mode=PASSWORD)

    setting = (await read(gateway, told)).setting

    assert setting is not None
    assert setting.mode == "[hidden]"


async def test_a_login_without_a_content_type_is_understood(
    unit: SimulatedV1r, gateway: V1rGateway, told: Told
) -> None:
    unit.between = lambda _, usual: replace(usual, content_type="text/plain")

    assert (await read(gateway, told)).setting is not None


@pytest.mark.parametrize("value", ["null", "[]", "{}", '"much"'])
async def test_a_charge_that_is_no_percentage_is_none_of_ours(
    unit: SimulatedV1r, gateway: V1rGateway, told: Told, value: str
) -> None:
    instead(unit, SOE, Response(200, f'{{"percentage":{value}}}'.encode()))

    with pytest.raises(GatewayProtocolError) as raised:
        await read(gateway, told, Part.CHARGE)

    assert raised.value.delivered == "no"


@pytest.mark.parametrize("status", [401, 403])
async def test_a_signed_request_that_is_kept_out_says_nothing_of_the_password(
    unit: SimulatedV1r, gateway: V1rGateway, told: Told, status: int
) -> None:
    instead(unit, "/tedapi/v1r", Response(status))

    with pytest.raises(GatewayRefusedError, match="takes the password") as raised:
        await read(gateway, told)

    assert "TOU_V1R_PASSWORD" not in str(raised.value)


@pytest.mark.parametrize(
    ("status", "kind"), [(404, GatewayProtocolError), (502, GatewayUnreachableError)]
)
async def test_an_update_that_is_answered_otherwise_may_have_been_delivered(
    unit: SimulatedV1r, gateway: V1rGateway, told: Told, status: int, kind: type[GatewayError]
) -> None:
    asked = []

    def between(request: Request, usual: Response) -> Response:
        asked.append(request.path == "/tedapi/v1r")
        return Response(status) if sum(asked) > 2 else usual

    unit.between = between
    with pytest.raises(kind, match=str(status)) as raised:
        await gateway.write(CHARGE, None, told)

    assert raised.value.delivered == "unknown"
    assert unit.unit.house.active.mode == "backup"


async def test_half_a_file_in_the_middle_of_a_write_is_never_written_back(
    unit: SimulatedV1r, gateway: V1rGateway, told: Told
) -> None:
    """The library reads the file once more before it replaces it."""
    asked: list[str] = []

    def between(request: Request, usual: Response) -> Response:
        asked.append(request.path)
        if asked.count("/tedapi/v1r") == 1:
            unit.faults.half_file = 1  # the next one
        return usual

    unit.between = between
    with pytest.raises(GatewayProtocolError, match="replaces the whole file") as refused:
        await gateway.write(CHARGE, None, told)

    assert refused.value.delivered == "no"
    assert unit.unit.config.writes == 0

"""What the cloud's client sends, what it understands, and what it says when it is refused."""

import pytest
from pydantic import SecretStr

from scheduler.errors import (
    BudgetSpentError,
    GatewayBusyError,
    GatewayError,
    GatewayProtocolError,
    GatewayRefusedError,
    GatewayUnreachableError,
    SettingsError,
)
from scheduler.gateway.base import Part, Spend
from scheduler.gateway.fleet.answers import LONGEST_WAIT
from scheduler.setting import Export, GridCharging, Mode, Setting

from .conftest import Stand

CHARGE = Setting(Mode.BACKUP, 100, GridCharging.ALLOW, Export.SOLAR)
KEEP = Setting(Mode.SELF_CONSUMPTION, 20)
EVERYTHING = frozenset(Part)


async def test_grid_goes_first_then_mode_then_reserve(stand: Stand) -> None:
    receipt = await stand.open().write(CHARGE, None, stand.told)

    assert stand.asked() == ["POST grid_import_export", "POST operation", "POST backup"]
    assert receipt.sent == ("grid_charging", "export", "mode", "reserve")


async def test_only_what_differs_is_sent(stand: Stand) -> None:
    gateway = stand.open()
    before = await stand.read(gateway)
    already = len(stand.cloud.log)

    await gateway.write(Setting(Mode.SELF_CONSUMPTION, 30), before, stand.told)

    assert stand.asked(already) == ["POST backup"]


async def test_a_caller_in_doubt_sends_everything_again(stand: Stand) -> None:
    gateway = stand.open()
    before = await stand.read(gateway)
    already = len(stand.cloud.log)

    await gateway.write(KEEP, before, stand.told)

    assert stand.asked(already) == ["POST operation", "POST backup"]


async def test_both_keys_of_the_grid_go_in_one_command(stand: Stand) -> None:
    await stand.open().write(CHARGE, None, stand.told)

    picture = stand.cloud.cloud.in_force
    assert (picture.charging_denied, picture.export) == (False, "pv_only")


@pytest.mark.parametrize("shape", ["code", "Code", "result", "text", "null", "empty"])
async def test_every_shape_of_an_acknowledgement_is_understood(stand: Stand, shape: str) -> None:
    stand.faults.shape = shape

    await stand.open().write(CHARGE, None, stand.told)

    assert stand.cloud.cloud.in_force.mode == "backup"


@pytest.mark.parametrize("word", ["result", "code", "error"])
async def test_a_no_in_a_200_is_a_refusal(stand: Stand, word: str) -> None:
    stand.faults.set(f"unwilling:{word}")

    with pytest.raises(GatewayRefusedError, match="not today") as caught:
        await stand.open().write(KEEP, None, stand.told)

    assert caught.value.delivered == "no"


STATUSES = [
    (400, GatewayRefusedError, "no", "not tried again"),
    (402, GatewayRefusedError, "no", "payment"),
    (403, GatewayRefusedError, "no", "tick every box"),
    (404, GatewayRefusedError, "no", "TOU_FLEET_SITE"),
    (408, GatewayUnreachableError, "no", "has internet"),
    (410, GatewayRefusedError, "no", "rate plan"),
    (412, GatewayRefusedError, "no", "not registered in this region"),
    (421, GatewayRefusedError, "no", "TOU_FLEET_REGION"),
    (422, GatewayRefusedError, "no", "value"),
    (423, GatewayRefusedError, "no", "locked"),
    (429, GatewayBusyError, "no", "fewer requests"),
    (451, GatewayRefusedError, "no", "privacy"),
    (500, GatewayUnreachableError, "unknown", "removed from the account"),
    (503, GatewayBusyError, "no", "busy"),
    (504, GatewayUnreachableError, "unknown", "no answer in time"),
    (540, GatewayProtocolError, "unknown", "odd answer"),
    (418, GatewayProtocolError, "no", "not known"),
    (599, GatewayUnreachableError, "unknown", "failed"),
]


@pytest.mark.parametrize(
    ("status", "kind", "delivered", "words"), STATUSES, ids=[str(row[0]) for row in STATUSES]
)
async def test_each_status_is_one_error_with_a_way_out(
    stand: Stand, status: int, kind: type[GatewayError], delivered: str, words: str
) -> None:
    stand.faults.set(f"fails:operation/{status}")

    with pytest.raises(GatewayError, match=words) as caught:
        await stand.open().write(KEEP, None, stand.told)

    assert type(caught.value) is kind
    assert caught.value.delivered == delivered
    assert f"status {status}" in str(caught.value)


async def test_teslemetrys_word_for_a_gateway_without_internet(stand: Stand) -> None:
    stand.faults.set("fails:operation/502")  # the simulated 502 says energy_gateway_unreachable

    with pytest.raises(GatewayUnreachableError, match="has internet") as caught:
        await stand.open().write(KEEP, None, stand.told)

    assert caught.value.delivered == "no"


async def test_a_command_that_fails_after_another_was_taken_says_so(stand: Stand) -> None:
    stand.faults.set("fails:backup/408")

    with pytest.raises(GatewayUnreachableError, match="part before it was taken: mode") as caught:
        await stand.open().write(KEEP, None, stand.told)

    assert caught.value.delivered == "unknown"


async def test_the_account_s_own_region_is_named(stand: Stand) -> None:
    stand.faults.other_region = True

    with pytest.raises(GatewayRefusedError, match="its region is na"):
        await stand.read()


@pytest.mark.parametrize("where", ["retry_after", "retry_in_body"])
async def test_a_wait_is_read_from_the_header_or_the_words(stand: Stand, where: str) -> None:
    stand.faults.set(f"{where}:7")
    stand.faults.set("fails:429:1")
    gateway = stand.open()

    with pytest.raises(GatewayBusyError) as first:
        await stand.read(gateway)
    already = len(stand.cloud.log)
    with pytest.raises(GatewayBusyError, match="left alone"):
        await stand.read(gateway)

    assert first.value.retry_after == 7
    assert len(stand.cloud.log) == already
    stand.clock.move(seconds=8)
    assert (await stand.read(gateway)).setting.mode == "self_consumption"


async def test_a_wait_of_hours_is_bounded(stand: Stand) -> None:
    stand.faults.set("retry_after:40000")
    stand.faults.set("fails:429")

    with pytest.raises(GatewayBusyError) as caught:
        await stand.read()

    assert caught.value.retry_after == LONGEST_WAIT


async def test_a_broken_answer_is_not_known_to_be_delivered(stand: Stand) -> None:
    stand.faults.set("answer_lost:operation")

    with pytest.raises(GatewayUnreachableError) as caught:
        await stand.open().write(KEEP, None, stand.told)

    assert caught.value.delivered == "unknown"


async def test_a_page_in_place_of_an_answer_is_told_and_is_no_reading(stand: Stand) -> None:
    stand.faults.garbage = 1

    with pytest.raises(GatewayProtocolError, match="not its API"):
        await stand.read()

    assert stand.told.steps[-1].error == "this is not its API"


@pytest.mark.parametrize("status", [401, 403])
async def test_a_page_in_place_of_a_refusal_takes_no_right_away(stand: Stand, status: int) -> None:
    stand.faults.set(f"pages:operation/{status}:1")
    gateway = stand.open()

    with pytest.raises(GatewayProtocolError, match="not its API") as caught:
        await gateway.write(KEEP, None, stand.told)

    assert caught.value.delivered == "unknown"
    assert gateway.limits.can_write
    assert stand.asked() == ["POST operation"]


async def test_a_null_response_shows_nothing(stand: Stand) -> None:
    stand.faults.null_response = 1

    reading = await stand.read()

    assert reading.setting.missing(CHARGE) == ("mode", "reserve", "grid_charging", "export")


async def test_absent_fields_are_missing_and_not_different(stand: Stand) -> None:
    stand.faults.set("without:default_real_mode")
    stand.faults.set("without:backup_reserve_percent")

    reading = await stand.read()

    assert reading.setting.missing(KEEP) == ("mode", "reserve")
    assert reading.setting.differing(KEEP) == ()


async def test_grid_settings_that_never_appear_cannot_be_verified_once_they_were_sent(
    stand: Stand,
) -> None:
    stand.faults.never_grid = True
    gateway = stand.open()
    wanted = Setting(Mode.SELF_CONSUMPTION, 20, GridCharging.DENY)
    assert (await stand.read(gateway)).setting.grid_charging is GridCharging.ALLOW

    await gateway.write(wanted, None, stand.told)
    shown = (await stand.read(gateway)).setting

    assert shown.missing(wanted) == ("grid_charging",)
    assert shown.differing(wanted) == ()


async def test_grid_charging_that_was_allowed_anyway_is_verified_by_its_absence(
    stand: Stand,
) -> None:
    wanted = Setting(Mode.BACKUP, 100, GridCharging.ALLOW)
    gateway = stand.open()

    await gateway.write(wanted, None, stand.told)

    assert (await stand.read(gateway)).setting.shows(wanted)


async def test_a_reserve_the_cloud_does_not_keep_snaps_to_80(stand: Stand) -> None:
    gateway = stand.open()
    assert not gateway.limits.reserves.keeps(90)

    await gateway.write(Setting(Mode.SELF_CONSUMPTION, 90), None, stand.told)

    assert (await stand.read(gateway)).setting.reserve == 80


async def test_everything_is_two_reads(stand: Stand) -> None:
    reading = await stand.read(want=EVERYTHING)

    assert stand.asked() == ["GET site_info", "GET live_status"]
    assert reading.charge == pytest.approx(50, abs=0.5)
    assert reading.powers.load > 0
    assert reading.grid is True
    assert reading.firmware == "26.18.3"
    assert reading.in_the_way == ()


async def test_a_powerwall_that_calibrates_has_no_charge_of_nought(stand: Stand) -> None:
    stand.faults.calibrating = True

    reading = await stand.read(want=EVERYTHING)

    assert reading.charge is None
    assert reading.in_the_way == ("calibrating",)


async def test_what_is_in_the_way_is_told(stand: Stand) -> None:
    stand.faults.storm = stand.faults.grid_services = stand.faults.islanded = True

    reading = await stand.read(want=EVERYTHING)

    assert reading.in_the_way == ("storm_watch", "grid_services")
    assert reading.grid is False


async def test_old_numbers_are_no_charge(stand: Stand) -> None:
    stand.faults.old_live = 3600.0

    reading = await stand.read(want=EVERYTHING)

    assert (reading.charge, reading.powers, reading.grid) == (None, None, None)


async def test_the_right_to_command_can_be_lost_and_given_again(stand: Stand) -> None:
    gateway = stand.open()
    stand.faults.no_commands = True
    with pytest.raises(GatewayRefusedError):
        await gateway.write(KEEP, None, stand.told)

    assert gateway.limits.can_write is False
    assert "tick every box" in gateway.limits.why_not
    assert (await stand.read(gateway)).setting.mode == "self_consumption"

    stand.faults.no_commands = False
    stand.sign_in()
    await gateway.write(KEEP, None, stand.told)
    assert gateway.limits.can_write is True


async def test_what_the_owner_may_not_change_is_not_offered(stand: Stand) -> None:
    gateway = stand.open()
    assert gateway.limits.grid_charging
    stand.faults.fixed = {"grid_charging": -1, "energy_exports": -1}

    await stand.read(gateway)

    assert not gateway.limits.grid_charging
    assert gateway.limits.exports == frozenset()


async def test_the_only_site_is_found_without_being_named(stand: Stand) -> None:
    gateway = stand.open(fleet_site=None)
    await stand.read(gateway)
    await stand.read(gateway)

    assert stand.asked() == ["GET products", "GET site_info", "GET site_info"]


async def test_several_sites_are_listed_with_names(stand: Stand) -> None:
    stand.cloud.cloud.more_sites = ((9007199254740993, "Cabin"),)

    with pytest.raises(GatewayRefusedError, match=r"9007199254740993 \(Cabin\)") as caught:
        await stand.read(stand.open(fleet_site=None))

    assert stand.cloud.site in str(caught.value)
    assert "TOU_FLEET_SITE" in str(caught.value)


async def test_a_free_look_sends_nothing(stand: Stand) -> None:
    reading = await stand.open().read(stand.told, spend=Spend.FREE, want=EVERYTHING)

    assert reading.setting is None
    assert stand.asked() == []


async def test_the_budget_is_dollars_and_is_kept(stand: Stand) -> None:
    gateway = stand.open(fleet_budget=0.01)  # five reads
    for _ in range(4):
        await gateway.read(stand.told, spend=Spend.SPARE)
    spare = await gateway.read(stand.told, spend=Spend.SPARE)
    assert spare.setting is None  # the last fifth is kept for what the plan needs
    assert gateway.left() == {"dollars": 0.002}

    await gateway.read(stand.told, spend=Spend.DUE)
    already = len(stand.cloud.log)
    with pytest.raises(BudgetSpentError, match=r"0\.01 dollars a month is used up") as caught:
        await gateway.write(KEEP, None, stand.told)

    assert len(stand.cloud.log) == already
    assert caught.value.delivered == "no"
    assert gateway.budget["dollars"]["left"] == 0.0


async def test_the_budget_outlives_a_restart_and_ends_with_the_month(stand: Stand) -> None:
    await stand.read(stand.open(fleet_budget=0.002))
    again = stand.open(fleet_budget=0.002)
    with pytest.raises(BudgetSpentError):
        await stand.read(again)

    stand.clock.move(days=31)

    assert (await stand.read(again)).setting.mode == "self_consumption"


async def test_failures_of_the_cloud_cost_nothing(stand: Stand) -> None:
    stand.faults.set("fails:500:3")
    gateway = stand.open(fleet_budget=1.0)
    for _ in range(3):
        with pytest.raises(GatewayUnreachableError):
            await stand.read(gateway)

    assert gateway.left() == {"dollars": 1.0}


def test_a_budget_of_nothing_is_one_clear_message(stand: Stand) -> None:
    with pytest.raises(SettingsError, match="TOU_FLEET_BUDGET is 0") as caught:
        stand.open(fleet_budget=0.0)

    assert caught.value.exit_code == 78


def test_a_missing_token_of_a_provider_is_one_clear_message(stand: Stand) -> None:
    with pytest.raises(SettingsError, match="TOU_FLEET_TOKEN is not set"):
        stand.open(fleet_provider="tessie", fleet_token=None)


@pytest.mark.parametrize("token", ["two words", "née", "a\nb"])
def test_a_token_that_no_request_can_carry_is_one_clear_message(stand: Stand, token: str) -> None:
    with pytest.raises(SettingsError, match="TOU_FLEET_TOKEN is no token") as caught:
        stand.open(fleet_provider="tessie", fleet_token=SecretStr(token))

    assert token not in str(caught.value)


async def test_a_provider_s_token_that_dies_is_said_once(stand: Stand) -> None:
    token = str(stand.cloud.tokens()["access_token"])
    gateway = stand.open(fleet_provider="teslemetry", fleet_token=SecretStr(token))
    assert (await stand.read(gateway)).setting.mode == "self_consumption"
    assert gateway.left() == {}
    stand.cloud.signin.drop()
    already = len(stand.cloud.log)

    with pytest.raises(GatewayRefusedError, match="Make a new one") as caught:
        await stand.read(gateway)

    assert len(stand.cloud.log) == already + 1
    assert token not in str(caught.value)

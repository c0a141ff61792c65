"""The table of firmware properties (what changed when), one row of it per test."""

from typing import Any

import pytest

from scheduler.simulated.profiles import PROFILES, profile_named, upgraded

from .conftest import Bench

ORDER = (
    "1.15", "1.18", "1.40", "1.43.3", "1.49", "1.50.1", "20.49", "21.44", "23.28", "24.36", "25.10",
)  # fmt: skip


def row(*cells: Any) -> list[pytest.ParameterSet]:
    """One cell per profile, the last repeated to the end; None leaves a profile out."""
    full = [*cells, *[cells[-1]] * (len(ORDER) - len(cells))]
    return [
        pytest.param(profile, cell, id=profile)
        for profile, cell in zip(ORDER, full, strict=True)
        if cell is not None
    ]


def test_the_profiles_stand_in_the_order_of_their_time() -> None:
    assert tuple(PROFILES) == ORDER


@pytest.mark.parametrize(("profile", "status"), row(200, 200, 301))
def test_plain_http_serves_the_api_until_it_points_to_https(
    bench: type[Bench], profile: str, status: int
) -> None:
    assert bench(profile=profile).ask("GET", "status", encrypted=False).answer.status == status


@pytest.mark.parametrize(("profile", "status"), row(200, 200, 200, 200, 200, 401))
def test_the_installer_is_let_in_until_a_switch_must_be_moved(
    bench: type[Bench], profile: str, status: int
) -> None:
    assert bench(profile=profile).log_in("installer").status == status


@pytest.mark.parametrize(("profile", "status"), row(200, 200, 401))
def test_a_blank_user_is_let_in_on_the_first_ones_only(
    bench: type[Bench], profile: str, status: int
) -> None:
    assert bench(profile=profile).log_in("").status == status


@pytest.mark.parametrize(("profile", "role"), row(None, None, "Home_Owner"))
def test_the_customer_is_let_in_from_1_37(bench: type[Bench], profile: str, role: str) -> None:
    assert bench(profile=profile).log_in("customer", force=False).json["roles"] == [role]


@pytest.mark.parametrize(("profile", "status"), row(200, 500, 500, 500, 500, None))
def test_a_login_without_force_is_refused_while_running(
    bench: type[Bench], profile: str, status: int
) -> None:
    assert bench(profile=profile).log_in(force=False).status == status


@pytest.mark.parametrize(("profile", "running"), row(False, False, False, False, False, True))
def test_the_installers_session_stops_the_battery_below_1_50(
    bench: type[Bench], profile: str, running: bool
) -> None:
    assert bench(profile=profile).enter("installer").device.sitemaster_running is running


@pytest.mark.parametrize(("profile", "running"), row(None, None, True))
def test_the_customers_login_never_stops_the_battery(
    bench: type[Bench], profile: str, running: bool
) -> None:
    assert bench(profile=profile).enter("customer").device.sitemaster_running is running


READS = (
    "meters/aggregates",
    "system_status/soe",
    "system_status/grid_status",
    "sitemaster",
    "site_info",
    "site_info/site_name",
    "powerwalls",
)


@pytest.mark.parametrize("path", READS)
@pytest.mark.parametrize(("profile", "status"), row(200, 200, 200, 200, 200, 200, 403))
def test_reads_need_a_session_from_20_49(
    bench: type[Bench], profile: str, status: int, path: str
) -> None:
    assert bench(profile=profile).get(path).status == status


@pytest.mark.parametrize(("profile", "status"), row(200, 200, 403))
def test_the_update_status_needs_a_session_from_1_25(
    bench: type[Bench], profile: str, status: int
) -> None:
    assert bench(profile=profile).get("system/update/status").status == status


@pytest.mark.parametrize(("profile", "status"), row(202, 202, 403))
@pytest.mark.parametrize("path", ["config/completed", "sitemaster/run"])
def test_commit_and_run_need_a_session_from_1_20(
    bench: type[Bench], profile: str, status: int, path: str
) -> None:
    assert bench(profile=profile).get(path).status == status


@pytest.mark.parametrize(("profile", "status"), row(403))
def test_the_setting_is_read_with_a_session_only(
    bench: type[Bench], profile: str, status: int
) -> None:
    assert bench(profile=profile).get("operation").status == status


@pytest.mark.parametrize(("profile", "status"), row(200))
def test_the_status_and_the_registration_are_open_to_all(
    bench: type[Bench], profile: str, status: int
) -> None:
    gateway = bench(profile=profile)
    assert gateway.get("status").status == status
    assert gateway.get("customer/registration").status == status


OLD, NEW = ["mode", "backup_reserve_percent"], ["real_mode", "backup_reserve_percent"]
SHIFT = [*NEW, "freq_shift_load_shed_soe", "freq_shift_load_shed_delta_f"]


@pytest.mark.parametrize(("profile", "keys"), row(OLD, OLD, NEW, NEW, NEW, SHIFT))
def test_the_setting_has_the_keys_of_its_time(
    bench: type[Bench], profile: str, keys: list[str]
) -> None:
    assert list(bench(profile=profile).enter().get("operation").json) == keys


@pytest.mark.parametrize(("profile", "status"), row(200))
def test_an_installers_session_may_write(bench: type[Bench], profile: str, status: int) -> None:
    assert bench(profile=profile).enter("installer").put("backup", 100).status == status


@pytest.mark.parametrize(("profile", "error"), row(None, None, "Unable to POST to resource"))
def test_the_customer_may_not_write(bench: type[Bench], profile: str, error: str) -> None:
    seen = bench(profile=profile).enter("customer").put("backup", 100)

    assert seen.status == 403
    assert seen.json == {
        "code": 403,
        "error": error,
        "message": "User does not have adequate access rights",
    }


@pytest.mark.parametrize(("profile", "status"), row(500, 500, 200))
def test_autonomous_is_refused_on_the_first_ones(
    bench: type[Bench], profile: str, status: int
) -> None:
    assert bench(profile=profile).enter().put("autonomous", 20).status == status


@pytest.mark.parametrize(("profile", "status"), row(202, 202, 202, 200))
def test_the_commit_answers_with_its_code_of_the_time(
    bench: type[Bench], profile: str, status: int
) -> None:
    seen = bench(profile=profile).enter().get("config/completed")

    assert seen.status == status
    assert bool(seen.body) is (status == 200)


@pytest.mark.parametrize(("profile", "more"), row(None, None, None, None, None, 0, 1))
def test_the_commit_counts_itself_from_20_49(bench: type[Bench], profile: str, more: int) -> None:
    gateway = bench(profile=profile).enter()
    before = gateway.get("status").json["commission_count"]

    after = gateway.get("config/completed").json["commission_count"]

    assert after - before == more


@pytest.mark.parametrize(("profile", "mode"), row(*["backup"] * 3, "self_consumption", "backup"))
def test_the_commit_lags_by_one_on_1_43_3(bench: type[Bench], profile: str, mode: str) -> None:
    gateway = bench(profile=profile).enter()
    gateway.put("backup", 100)

    gateway.get("config/completed")

    assert gateway.device.active.mode == mode


@pytest.mark.parametrize(("profile", "verbs"), row(*[(202, 405)] * 6, (405, 202)), ids=str)
def test_the_stop_changes_its_verb_at_20_49(
    bench: type[Bench], profile: str, verbs: tuple[int, int]
) -> None:
    gateway = bench(profile=profile).enter().up()

    seen = (gateway.get("sitemaster/stop").status, gateway.post("sitemaster/stop").status)

    assert seen == verbs


UPTIME = {"running", "uptime", "connected_to_tesla"}
STATUS = {"connected_to_tesla", "power_supply_mode", "running", "status"}


@pytest.mark.parametrize(
    ("profile", "keys"), row(*[UPTIME] * 4, STATUS, STATUS, STATUS | {"can_reboot"})
)
def test_the_sitemasters_body_has_the_keys_of_its_time(
    bench: type[Bench], profile: str, keys: set[str]
) -> None:
    assert set(bench(profile=profile).enter().get("sitemaster").json) == keys


@pytest.mark.parametrize(("profile", "kind"), row(str, str, str, str, str, dict))
def test_the_grid_code_is_an_object_from_1_50(
    bench: type[Bench], profile: str, kind: type[Any]
) -> None:
    assert type(bench(profile=profile).enter().get("site_info").json["grid_code"]) is kind


@pytest.mark.parametrize(("profile", "status"), row(*[404] * 6, 200, 200, 200, 200, 403))
def test_islanding_by_the_customer_comes_and_goes(
    bench: type[Bench], profile: str, status: int
) -> None:
    user = "installer" if status == 404 else "customer"
    gateway = bench(profile=profile).enter(user)
    assert gateway.post("v2/islanding/mode", {"island_mode": "backup"}).status == status


@pytest.mark.parametrize(("profile", "status"), row(*[404] * 6, 200, 200, 200, 404))
def test_the_vitals_come_and_go(bench: type[Bench], profile: str, status: int) -> None:
    assert bench(profile=profile).enter().get("devices/vitals").status == status


@pytest.mark.parametrize(("profile", "status"), row(409, 409, 409, 409, 409, 200))
def test_the_powerwalls_status_conflicts_with_a_running_sitemaster_at_first(
    bench: type[Bench], profile: str, status: int
) -> None:
    assert bench(profile=profile).enter().up().get("powerwalls/status").status == status


@pytest.mark.parametrize(
    ("profile", "error"), row("Invalid Credentials", "Invalid Credentials", "bad credentials")
)
def test_a_wrong_password_is_told_in_the_words_of_the_time(
    bench: type[Bench], profile: str, error: str
) -> None:
    seen = bench(profile=profile).log_in(password="wrong")

    assert (seen.status, seen.json["error"], seen.json["message"]) == (401, error, "Login Error")


TEXT, JSON = "text/plain; charset=utf-8", "application/json"


@pytest.mark.parametrize(("profile", "kind"), row(*[TEXT] * 6, JSON))
def test_reads_say_that_they_are_json_from_20_49(
    bench: type[Bench], profile: str, kind: str
) -> None:
    assert bench(profile=profile).enter().get("operation").content_type == kind


@pytest.mark.parametrize(("profile", "kind"), row(TEXT))
def test_a_login_says_that_it_is_text_at_all_times(
    bench: type[Bench], profile: str, kind: str
) -> None:
    user = "customer" if PROFILES[profile].customer else "installer"
    assert bench(profile=profile).log_in(user).content_type == kind


@pytest.mark.parametrize(("profile", "kind"), row(*[TEXT] * 6, JSON))
def test_errors_say_that_they_are_json_from_20_49(
    bench: type[Bench], profile: str, kind: str
) -> None:
    assert bench(profile=profile).log_in(password="wrong").content_type == kind


@pytest.mark.parametrize(
    ("profile", "version"),
    row(
        "1.15.0\n", "1.18.0", "1.40.2", "1.43.3", "1.49.0", "1.50.1 c58c2df3", "20.49.0 8a1d3c57",
        "21.44 223a56cd", "23.28.2 27626f98", "24.36.2 46990655", "25.10.0 92c1b5d4",
    ),
)  # fmt: skip
def test_the_version_carries_the_oddities_of_its_time(
    bench: type[Bench], profile: str, version: str
) -> None:
    assert bench(profile=profile).get("status").json["version"] == version


def test_an_unknown_firmware_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r'firmware "1\.16"\. Choose one of 1\.15, 1\.18'):
        profile_named("1.16")


@pytest.mark.parametrize(
    ("profile", "version", "becomes"),
    [
        pytest.param("1.43.3", None, "1.49.0", id="the next one by default"),
        pytest.param("1.49", "21.44", "21.44", id="a profile by its name"),
        pytest.param("1.49", "1.49.1", "1.49.1", id="another number with the same manners"),
        pytest.param("25.10", None, "26.10.0", id="the last one goes on a year"),
    ],
)
def test_an_upgrade_leads_to(profile: str, version: str | None, becomes: str) -> None:
    assert upgraded(PROFILES[profile], version).number == becomes

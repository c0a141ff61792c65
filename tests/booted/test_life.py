"""The life of an installation under a real systemd, in the order of the tests: an older version,
its upgrade, days of work with what goes wrong, removal; then each other way to install.
"""

from __future__ import annotations

import json
import re
import stat
from typing import Any

import pytest

from .conftest import Machine, words_of

# Programs are fetched, laid down and compiled four times, on machines with other work to do.
pytestmark = pytest.mark.timeout(900)

ETC = "/etc/tou-scheduler"
UNITS = "/etc/systemd/system"
TOU = "/opt/tou-scheduler/venv/bin/tou"
PASSWORD = "a-secret-of-the-house"
FAR = "203.0.113.7"
"""An address of the internet, by the books of it; here it is the machine itself."""
SCHEDULE = """\
schedule: the house
timezone: Etc/UTC
rules:
  - {name: run the house, mode: self_consumption, reserve: 20%}
"""
BROKEN = "schedule: the house\ntimezone: Etc/UTC\nrules:\n  - {name: run, mode: sideways}\n"
GUESTS = ("tou-web.service", "tou-notify.service", "tou-mqtt.service")


def pid(machine: Machine, unit: str = "tou-scheduler") -> int:
    return int(machine.show(unit, "MainPID")[0] or 0)


def is_well(machine: Machine) -> bool:
    return machine.run("tou", "status").returncode == 0


def runs(machine: Machine) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(machine.do("tou", "audit", "--format", "json"))
    return found


def drop_in(machine: Machine, name: str, *lines: str, unit: str = "tou-scheduler.service") -> None:
    machine.write(f"{UNITS}/{unit}.d/{name}.conf", "\n".join(["[Service]", *lines, ""]))
    machine.do("systemctl", "daemon-reload")


def undo(machine: Machine, name: str, unit: str = "tou-scheduler.service") -> None:
    (machine.root / f"{UNITS[1:]}/{unit}.d/{name}.conf").unlink()
    machine.do("systemctl", "daemon-reload")


def restart(machine: Machine) -> None:
    machine.do("systemctl", "reset-failed", "tou-scheduler")
    machine.do("systemctl", "restart", "tou-scheduler")


@pytest.fixture(scope="module")
def upgraded(machine: Machine) -> Machine:
    """Set up by the older version, at work, and then installed anew while it works."""
    machine.before_boot("make", "-C", "/mnt/older", "install")
    machine.write(f"{ETC}/settings.env", f"TOU_SCHEDULE={ETC}/schedules/home.yaml\n# mine\n")
    machine.write(f"{ETC}/schedules/home.yaml", SCHEDULE)
    machine.boot()
    machine.do("systemctl", "enable", "--now", "tou-scheduler")
    machine.until(lambda: runs(machine))
    machine.notes["pid"], machine.notes["runs"] = pid(machine), runs(machine)
    machine.notes["told"] = machine.do(
        "make", "-C", "/mnt/now", "install", PIP_NO_INDEX="1", PIP_FIND_LINKS="/mnt/wheels"
    )
    return machine


def test_an_upgrade_goes_on_with_the_new_program_and_the_old_audit(upgraded: Machine) -> None:
    older_pid, older_runs = upgraded.notes["pid"], upgraded.notes["runs"]

    upgraded.until(lambda: is_well(upgraded))

    assert pid(upgraded) not in {0, older_pid}
    kept = ("run", "name", "started_at", "outcome", "wanted")
    now = [[each[key] for key in kept] for each in runs(upgraded)[: len(older_runs)]]
    assert now == [[each[key] for key in kept] for each in older_runs]
    upgraded.do("tou", "audit", "verify")


def test_an_upgrade_keeps_what_a_person_wrote(upgraded: Machine) -> None:
    told = upgraded.notes["told"]

    assert upgraded.read(f"{ETC}/schedules/home.yaml") == SCHEDULE
    assert upgraded.read(f"{ETC}/settings.env").endswith("# mine\n")
    assert f"kept as it is: {ETC}/settings.env" in told
    assert "tou-scheduler.service runs on with the new program." in told
    assert upgraded.do("systemctl", "is-enabled", "tou-scheduler").strip() == "enabled"


def test_what_is_laid_down_is_whole(upgraded: Machine) -> None:
    upgraded.do("sha256sum", "--check", "--quiet", "/opt/tou-scheduler/laid")


@pytest.fixture(scope="module")
def working(upgraded: Machine) -> Machine:
    """Driving a local gateway, whose password it has from systemd."""
    serve = [TOU, "gateway", "simulate", "--port", "8443", "--password", PASSWORD]
    upgraded.do("systemd-run", "--unit=house", *serve, "--run-seconds", "0.5")
    said = upgraded.until(
        lambda: re.search(r"Fingerprint (\w{64})", upgraded.ask("journalctl", "-u", "house"))
    )
    upgraded.write(f"{ETC}/gateway_password", f"{PASSWORD}\n")
    settings(upgraded, TOU_GATEWAY_FINGERPRINT=said[1])
    restart(upgraded)
    upgraded.until(lambda: is_well(upgraded))
    return upgraded


def settings(machine: Machine, **more: str) -> None:
    named = {
        "TOU_SCHEDULE": f"{ETC}/schedules/home.yaml",
        "TOU_GATEWAY": "local",
        "TOU_GATEWAY_URL": "https://127.0.0.1:8443",
        "TOU_GATEWAY_PAUSE": "0",
        "TOU_PULSE": "1s",
        "TOU_MQTT_URL": "mqtt://127.0.0.1:1",
        "TOU_RETRY_FIRST": "1s",
        "TOU_RETRY_MAX": "2s",
    }
    paired = re.search("TOU_GATEWAY_(FINGERPRINT)=(.*)", machine.read(f"{ETC}/settings.env"))
    named |= {f"TOU_GATEWAY_{paired[1]}": paired[2]} if paired else {}
    named |= more
    machine.write(f"{ETC}/settings.env", "".join(f"{key}={text}\n" for key, text in named.items()))


def test_ready_comes_when_the_first_attempt_is_over_and_the_line_says_how_it_is(
    working: Machine,
) -> None:
    state, kind, line = working.show("tou-scheduler", "ActiveState", "Type", "StatusText")

    assert (state, kind) == ("active", "notify")
    assert "self_consumption" in line or "Self-Powered" in line
    assert working.status()["confirmed"]["reserve_percent"] == 20


def test_the_service_is_nobody_and_may_do_nothing(working: Machine) -> None:
    number = pid(working)
    found = dict(
        line.split(":\t", 1) for line in working.do("cat", f"/proc/{number}/status").splitlines()
    )
    owner = int(found["Uid"].split()[0])

    assert 61184 <= owner <= 65519, "the range of dynamic users"
    assert (found["CapEff"], found["CapBnd"]) == ("0" * 16, "0" * 16)
    assert (found["NoNewPrivs"], found["Seccomp"]) == ("1", "2")


def test_the_password_comes_from_systemd_and_is_nowhere_else(working: Machine) -> None:
    number = pid(working)

    private = "/run/credentials/tou-scheduler.service/gateway_password"
    assert working.do("cat", private).strip() == PASSWORD
    another = ["setpriv", "--reuid=61999", "--regid=61999", "--clear-groups", "cat"]
    assert working.run(*another, private).returncode != 0
    assert PASSWORD not in working.do("cat", f"/proc/{number}/environ")
    told = working.ask("journalctl", "-u", "tou-scheduler", "--output=cat")
    assert told
    assert PASSWORD not in told
    assert PASSWORD.encode() not in (working.root / "var/lib/tou-scheduler/tou.db").read_bytes()


def test_the_audit_belongs_to_the_service_and_its_readers(working: Machine) -> None:
    state = working.root / "var/lib/private/tou-scheduler"

    assert (working.root / "var/lib/tou-scheduler").is_symlink()
    assert stat.S_IMODE(state.stat().st_mode) == 0o750
    assert stat.S_IMODE((state / "tou.db").stat().st_mode) == 0o640
    group = working.do("getent", "group", "tou-readers").split(":")[2]
    assert (state / "tou.db").stat().st_gid == int(group)


def test_a_reload_puts_an_edited_schedule_in_force(working: Machine) -> None:
    number = pid(working)
    working.write(f"{ETC}/schedules/home.yaml", SCHEDULE.replace("20%", "35%"))

    working.do("systemctl", "reload", "tou-scheduler")

    working.until(lambda: (working.status()["confirmed"] or {}).get("reserve_percent") == 35)
    assert pid(working) == number


def test_a_reload_of_a_broken_file_keeps_the_last_good_one_and_says_where(
    working: Machine,
) -> None:
    good = working.read(f"{ETC}/schedules/home.yaml")
    working.write(f"{ETC}/schedules/home.yaml", BROKEN)

    working.do("systemctl", "reload", "tou-scheduler")

    working.until(lambda: not is_well(working))
    told = working.ask("journalctl", "-u", "tou-scheduler", "--output=cat")
    assert re.search(r"home\.yaml:4:\d+: rules\[0\]\.mode", told)
    assert working.status()["wanted"]["reserve_percent"] == 35
    working.write(f"{ETC}/schedules/home.yaml", good)
    working.do("systemctl", "reload", "tou-scheduler")
    working.until(lambda: is_well(working))


def test_a_start_with_a_broken_file_fails_once_and_is_not_tried_again(working: Machine) -> None:
    good = working.read(f"{ETC}/schedules/home.yaml")
    working.write(f"{ETC}/schedules/home.yaml", BROKEN)

    assert working.run("systemctl", "restart", "tou-scheduler").returncode != 0

    asked = ("ExecMainStatus", "ActiveState", "NRestarts")
    assert working.show("tou-scheduler", *asked) == ["78", "failed", "0"]
    working.write(f"{ETC}/schedules/home.yaml", good)
    restart(working)
    working.until(lambda: is_well(working))


def test_a_killed_service_is_back_by_itself(working: Machine) -> None:
    number = pid(working)

    working.do("kill", "-KILL", str(number))

    working.until(lambda: pid(working) not in {0, number} and is_well(working))
    working.do("tou", "audit", "verify")


def test_a_service_that_hangs_is_ended_by_the_watchdog_and_started_again(working: Machine) -> None:
    drop_in(working, "short", "WatchdogSec=4")
    restart(working)
    number = pid(working)

    working.do("kill", "-STOP", str(number))

    working.until(lambda: pid(working) not in {0, number} and is_well(working))
    assert "Watchdog timeout" in words_of(working.ask("journalctl", "-u", "tou-scheduler"))
    undo(working, "short")
    restart(working)


def test_the_service_reaches_no_address_of_the_internet_until_a_drop_in_opens_it(
    working: Machine,
) -> None:
    working.do("ip", "address", "add", f"{FAR}/32", "dev", "lo")
    settings(working, TOU_GATEWAY_URL=f"https://{FAR}:8443")

    restart(working)

    # What it sends does not get out; were it to, the machine would refuse it at once.
    working.until(lambda: "does not answer within" in last_error(working))
    drop_in(working, "open", f"IPAddressAllow={FAR}")
    restart(working)
    working.until(lambda: last_error(working) and "within" not in last_error(working))
    undo(working, "open")
    settings(working)
    restart(working)
    working.until(lambda: is_well(working))


def last_error(machine: Machine) -> str:
    return str(runs(machine)[-1]["error"] or "")


def test_the_processes_beside_it_run_together_and_have_none_of_its_secrets(
    working: Machine,
) -> None:
    working.write(f"{ETC}/ping_url", "http://127.0.0.1:9999/ping\n")
    working.do("systemctl", "enable", "--now", *GUESTS)

    page = "import urllib.request as u; print(u.urlopen('http://127.0.0.1:8765/').status)"
    working.until(lambda: working.run("python3", "-c", page).stdout.strip() == "200")
    for guest in GUESTS:
        uid = working.do("stat", "--format=%u", f"/proc/{pid(working, guest)}").strip()
        inside = ["nsenter", "-t", str(pid(working, guest)), "-m", "-S", uid, "-G", uid]
        assert working.run(*inside, "cat", f"{ETC}/gateway_password").returncode != 0
        assert "gateway_password" not in working.ask("ls", f"/run/credentials/{guest}")
    assert working.ask("systemctl", "is-active", *GUESTS).split() == ["active"] * len(GUESTS)
    assert {working.show(guest, "NRestarts")[0] for guest in GUESTS} == {"0"}
    assert is_well(working)


def test_the_manual_and_the_completion_are_where_they_are_looked_for(working: Machine) -> None:
    assert "tou service uninstall" in working.read("/usr/local/share/man/man1/tou-service.1")
    assert working.has("/usr/local/share/bash-completion/completions/tou")


@pytest.fixture(scope="module")
def removed(working: Machine) -> Machine:
    working.notes["told"] = working.do("tou", "service", "uninstall")
    return working


def test_a_removal_leaves_the_files_of_the_person_and_the_audit(removed: Machine) -> None:
    assert f"  {ETC}\n" in removed.notes["told"]
    for name in (
        "opt/tou-scheduler",
        "etc/systemd/system/tou-scheduler.service",
        "usr/local/bin/tou",
    ):
        assert not removed.has(name)
    assert removed.ask("systemctl", "is-active", "tou-scheduler").strip() == "inactive"
    assert removed.has(f"{ETC}/settings.env")
    assert removed.has("/var/lib/private/tou-scheduler/tou.db")


@pytest.fixture(scope="module")
def from_home(removed: Machine) -> Machine:
    """Installed for one person, as uv and pipx do, and then set up as a service by root."""
    venv = "/home/ann/.local/share/uv/tools/tou-scheduler"
    removed.do("/usr/bin/python3", "-m", "venv", venv)
    offline = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "/mnt/wheels"}
    removed.do(f"{venv}/bin/pip", "install", "--quiet", "/mnt/now[web,notify]", **offline)
    removed.notes["told"] = removed.do(f"{venv}/bin/tou", "service", "install")
    removed.do("mv", "/home/ann", "/home/moved-out")
    removed.do("systemctl", "enable", "--now", "tou-scheduler")
    return removed


def test_a_program_from_a_home_folder_becomes_a_service_that_needs_no_home(
    from_home: Machine,
) -> None:
    from_home.until(lambda: is_well(from_home))

    assert f"kept as it is: {ETC}/settings.env" in from_home.notes["told"]
    assert from_home.do("readlink", "-f", f"/proc/{pid(from_home)}/exe").startswith(
        "/usr/bin/python3"
    )
    from_home.do("tou", "audit", "verify")
    from_home.do("systemctl", "start", "tou-web")


def test_a_purge_leaves_nothing(from_home: Machine) -> None:
    from_home.do("tou", "service", "uninstall", "--purge")

    left = from_home.ask("find", "/etc", "/opt", "/usr", "/var/lib", "-name", "tou-*").split()
    assert [each for each in left if "/home/" not in each] == []
    assert from_home.ask("systemctl", "list-units", "--all", "--no-legend", "tou-*").strip() == ""


@pytest.fixture(scope="module")
def packaged(from_home: Machine) -> Machine:
    """Installed as a package of Debian."""
    offline = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "/mnt/wheels"}
    quick = {**offline, "DEB_COMPRESSION": "none"}
    made = from_home.do("sh", "/mnt/now/packaging/deb.sh", "/root", **quick).strip()
    from_home.notes["deb"] = made
    from_home.do("dpkg", "--force-unsafe-io", "--install", made)
    return from_home


def test_a_package_starts_nothing_and_its_units_verify(packaged: Machine) -> None:
    assert packaged.ask("systemctl", "is-active", "tou-scheduler").strip() == "inactive"
    assert packaged.ask("systemctl", "is-enabled", "tou-scheduler").strip() == "disabled"
    for name in ("settings.env", "schedules/home.yaml", "gateway_password"):
        assert packaged.has(f"{ETC}/{name}")
    assert packaged.run("tou", "service", "install").returncode == 1
    assert "-rw-------" in packaged.do("ls", "-l", f"{ETC}/gateway_password")


def test_a_packaged_service_works_and_an_upgrade_goes_on_and_keeps_what_was_written(
    packaged: Machine,
) -> None:
    packaged.write(f"{ETC}/settings.env", f"TOU_SCHEDULE={ETC}/schedules/home.yaml\n# mine\n")
    packaged.write(f"{ETC}/schedules/home.yaml", SCHEDULE)
    packaged.do("systemctl", "enable", "--now", "tou-scheduler")
    packaged.until(lambda: is_well(packaged))
    number = pid(packaged)

    packaged.do("dpkg-deb", "-R", packaged.notes["deb"], "/root/next")
    packaged.do("sed", "-i", "s/^Version: .*/Version: 99/", "/root/next/DEBIAN/control")
    packaged.do("dpkg-deb", "-Znone", "-b", "/root/next", "/root/next.deb")
    packaged.do("dpkg", "--force-unsafe-io", "--install", "/root/next.deb")

    packaged.until(lambda: is_well(packaged))
    assert pid(packaged) not in {0, number}
    assert packaged.read(f"{ETC}/settings.env").endswith("# mine\n")
    assert packaged.read(f"{ETC}/schedules/home.yaml") == SCHEDULE


def test_a_removed_package_leaves_what_was_written_and_a_purged_one_nothing(
    packaged: Machine,
) -> None:
    packaged.do("dpkg", "--remove", "tou-scheduler")
    kept = [packaged.has(each) for each in (f"{ETC}/settings.env", "/var/lib/tou-scheduler")]
    gone = [packaged.has(each) for each in ("/usr/bin/tou", "/opt/tou-scheduler/venv/bin/python")]

    packaged.do("dpkg", "--purge", "tou-scheduler")

    assert (kept, gone) == ([True, True], [False, False])
    left = packaged.ask("find", "/etc", "/opt", "/usr", "/var/lib", "-name", "tou-*").split()
    assert [each for each in left if "/dpkg/" not in each] == []

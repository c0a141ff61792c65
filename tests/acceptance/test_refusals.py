"""Bad input: one clear message, the right exit code, nothing lost, no traceback."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import Beside, House

ALWAYS = """\
schedule: always
timezone: Etc/UTC
rules:
  - {name: run the house, mode: self_consumption, reserve: 5%}
"""

CASES: dict[str, tuple[dict[str, Any], int, str]] = {
    "a wrong password": ({"TOU_GATEWAY_PASSWORD": "not-the-one"}, 77, "refuses the login"),
    "a stranger's certificate": ({"TOU_GATEWAY_FINGERPRINT": "ab" * 32}, 77, "tou gateway trust"),
    "no gateway there": ({"TOU_GATEWAY_URL": "https://127.0.0.1:9"}, 69, "refuses the connection"),
    "a name nobody knows": (
        {"TOU_GATEWAY_URL": "https://gateway.invalid"},
        69,
        "name that cannot be found",
    ),
    "no pairing": ({"TOU_GATEWAY_FINGERPRINT": ""}, 78, "tou gateway trust"),
    "no password": ({"TOU_GATEWAY_PASSWORD": ""}, 78, "TOU_GATEWAY_PASSWORD is not set"),
    "plain http": ({"TOU_GATEWAY_URL": "http://127.0.0.1"}, 78, "https"),
    "a misspelt setting": ({"TOU_PULS": "5s"}, 78, "Did you mean TOU_PULSE?"),
    "a bad duration": ({"TOU_PULSE": "soon"}, 78, "is not a duration"),
    "a missing schedule": ({"TOU_SCHEDULE": "nowhere.yaml"}, 78, "nowhere.yaml"),
    "a folder as database": ({"TOU_DATABASE": "."}, 78, "folder"),
    "no folder for the database": ({"TOU_DATABASE": "nowhere/tou.db"}, 78, "nowhere"),
    "another file as database": ({"TOU_DATABASE": "home.yaml"}, 78, "home.yaml"),
}


@pytest.mark.parametrize(("settings", "code", "words"), CASES.values(), ids=CASES)
def test_apply_says_what_is_wrong_once_and_exits_with_its_code(
    house: House, settings: dict[str, Any], code: int, words: str
) -> None:
    house.write(ALWAYS)

    done = house.tou("apply", **settings)

    told = done.stdout + done.stderr
    assert done.returncode == code, told
    assert words in told
    assert "Traceback" not in told
    assert "not-the-one" not in told


@pytest.mark.parametrize(
    "case", ["no pairing", "a misspelt setting", "a missing schedule", "a folder as database"]
)
def test_the_service_refuses_to_start_with_exit_code_78(house: House, case: str) -> None:
    house.write(ALWAYS)
    settings, code, words = CASES[case]

    done = house.tou("run", **settings)

    assert (done.returncode, words in done.stderr) == (code, True), done.stderr
    assert "Traceback" not in done.stderr


def test_a_stranger_is_sent_nothing(house: House, gateway: Beside) -> None:
    house.write(ALWAYS)

    house.tou("apply", TOU_GATEWAY_FINGERPRINT="ab" * 32)

    assert gateway.gateway.device.requests == ()


def test_a_wrong_password_is_sent_once_however_often_apply_is_called(
    house: House, gateway: Beside
) -> None:
    house.write(ALWAYS)

    for _ in range(3):
        house.tou("apply", TOU_GATEWAY_PASSWORD="not-the-one")

    assert gateway.sent("POST", "/api/login/Basic") == 1


def test_the_right_password_is_tried_at_once_after_a_wrong_one(house: House) -> None:
    house.write(ALWAYS)
    house.tou("apply", TOU_GATEWAY_PASSWORD="not-the-one")

    done = house.tou("apply")

    assert done.returncode == 0, done.stderr


def test_no_secret_reaches_any_file_but_the_session(house: House, gateway: Beside) -> None:
    house.write(ALWAYS)
    house.tou("apply", TOU_LOG_LEVEL="debug")
    house.tou("apply", TOU_LOG_LEVEL="debug", TOU_GATEWAY_PASSWORD="not-the-one")
    session = (house.folder / "tou.session").read_text()
    token = max(session.replace('"', " ").split(), key=len)

    kept = [path for path in house.folder.iterdir() if path.name != "tou.session"]

    assert len(token) > 60
    for path in kept:
        content = path.read_bytes()
        assert token.encode() not in content, path
        assert b"not-the-one" not in content, path
    assert (house.folder / "tou.session").stat().st_mode & 0o077 == 0


def test_a_full_disk_is_one_message_and_no_act(house: House, gateway: Beside) -> None:
    house.write(ALWAYS)
    house.tou("db", "upgrade")
    before = house.json("audit")

    # A file size limit is a disk that is full for this process alone.
    done = house.tou("apply", limit=8)

    told = done.stdout + done.stderr
    assert done.returncode == 1, told
    assert "Traceback" not in told
    assert gateway.gateway.device.requests == ()
    assert house.json("audit") == before
    assert house.tou("apply").returncode == 0


def test_a_disk_that_fills_in_the_middle_leaves_the_battery_running(
    house: House, gateway: Beside
) -> None:
    house.write(ALWAYS)
    house.tou("db", "upgrade")

    done = house.tou("apply", limit=128)

    told = done.stdout + done.stderr
    assert done.returncode == 1, told
    assert "Traceback" not in told
    assert gateway.sent("POST", "/api/login/Basic") == 1
    assert gateway.gateway.device.sitemaster_running
    assert house.tou("apply").returncode == 0
    assert house.json("audit")[0]["outcome"] == "interrupted"

"""The unit file, judged by systemd's own tools, which need no running systemd."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from pydantic import BaseModel

UNITS = Path(__file__).parents[2] / "systemd"
UNIT = UNITS / "tou-scheduler.service"
NOTIFY = UNITS / "tou-notify.service"

pytestmark = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed"
)


WEB = UNIT.with_name("tou-web.service")
MQTT = UNIT.with_name("tou-mqtt.service")
VERBS = {UNIT: "run", NOTIFY: "notify", WEB: "web", MQTT: "mqtt"}


@pytest.fixture(params=VERBS, ids=lambda path: path.stem)
def unit(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A unit with a program that exists, since verify asks for it."""
    path: Path = request.param
    copy = tmp_path / path.name
    program = f"/opt/tou-scheduler/venv/bin/tou {VERBS[path]}\n"
    text = path.read_text()
    assert program in text
    copy.write_text(text.replace(program, "/bin/true\n"))
    return copy


def analyze(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["systemd-analyze", *words], capture_output=True, text=True, timeout=60, check=False
    )


def test_the_unit_verifies_without_a_line_of_complaint(unit: Path) -> None:
    judged = analyze("verify", str(unit))

    # An unknown key is only a line on stderr, with exit code 0 (systemd 252).
    assert (judged.returncode, judged.stderr) == (0, "")


def test_a_misspelt_key_would_be_noticed(unit: Path) -> None:
    unit.write_text(unit.read_text().replace("RestartSec=", "RestartSecs="))

    assert analyze("verify", str(unit)).stderr != ""


def test_the_sandbox_scores_at_most_two(unit: Path) -> None:
    judged = analyze("security", "--offline=true", "--threshold=20", str(unit))

    assert judged.returncode == 0, judged.stdout


def test_the_unit_promises_what_the_design_names() -> None:
    text = UNIT.read_text()

    for line in (
        "Type=notify",
        "WatchdogSec=90",
        "DynamicUser=yes",
        "StateDirectory=tou-scheduler",
        "RuntimeDirectory=tou-scheduler",
        "TimeoutStopSec=10",
        "EnvironmentFile=/etc/tou-scheduler/settings.env",
        "ConfigurationDirectory=tou-scheduler",
        "RestartPreventExitStatus=78",
        "ExecReload=/bin/kill -HUP $MAINPID",
        "LoadCredential=gateway_password:/etc/tou-scheduler/gateway_password",
    ):
        assert f"\n{line}\n" in text


def test_the_unit_of_the_page_has_no_secret_and_no_way_out() -> None:
    lines = WEB.read_text().splitlines()

    assert not [line for line in lines if line.startswith(("LoadCredential", "StateDirectory"))]
    assert {"IPAddressDeny=any", "IPAddressAllow=localhost", "Group=tou-readers"} <= {*lines}
    hidden = next(line for line in lines if line.startswith("UnsetEnvironment="))
    assert {*hidden.partition("=")[2].split()} == secrets() | {"TOU_ACT_KEY"}


def secrets() -> set[str]:
    """The settings whose values are secrets, of every transport and outlet."""
    from scheduler.gateway.registry import TRANSPORTS, settings_of
    from scheduler.outlets.mqtt.settings import MqttSettings
    from scheduler.outlets.notices.settings import NotifySettings

    tables: list[type[BaseModel]] = [NotifySettings, MqttSettings, *map(settings_of, TRANSPORTS)]
    return {
        f"TOU_{name.upper()}"
        for table in tables
        for name, field in table.model_fields.items()
        if "SecretStr" in str(field.annotation)
    }


def test_who_speaks_mqtt_has_the_password_of_the_broker_and_no_other() -> None:
    lines = MQTT.read_text().splitlines()

    secret = [line for line in lines if line.startswith("LoadCredential")]
    assert secret == ["LoadCredential=mqtt_password:/etc/tou-scheduler/mqtt_password"]
    assert {"DynamicUser=yes", "Group=tou-readers", "TimeoutStopSec=10"} <= {*lines}
    hidden = next(line for line in lines if line.startswith("UnsetEnvironment="))
    named = {*hidden.partition("=")[2].split()}
    assert secrets() - named == {"TOU_MQTT_PASSWORD"}
    assert "TOU_ACT_KEY" in named


def test_who_tells_has_no_secret_of_the_gateway_and_only_reads_the_audit() -> None:
    text = NOTIFY.read_text()

    assert "LoadCredential=gateway" not in text
    for line in (
        "DynamicUser=yes",
        "Group=tou-readers",
        "BindReadOnlyPaths=/var/lib/private/tou-scheduler",
        "StateDirectory=tou-notify",
        "LoadCredential=notify_targets:/etc/tou-scheduler/notify_targets",
    ):
        assert f"\n{line}\n" in text
    assert "\nGroup=tou-readers\n" in UNIT.read_text()

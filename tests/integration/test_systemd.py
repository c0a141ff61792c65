"""The unit file, judged by systemd's own tools, which need no running systemd."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

UNIT = Path(__file__).parents[2] / "systemd" / "tou-scheduler.service"

pytestmark = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed"
)


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """The unit with a program that exists, since verify asks for it."""
    copy = tmp_path / UNIT.name
    text = UNIT.read_text()
    assert "/opt/tou-scheduler/venv/bin/tou run" in text
    copy.write_text(text.replace("/opt/tou-scheduler/venv/bin/tou run", "/bin/true"))
    return copy


def analyze(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["systemd-analyze", *words], capture_output=True, text=True, timeout=60, check=False
    )


def test_the_unit_verifies_without_a_line_of_complaint(unit):
    judged = analyze("verify", str(unit))

    # An unknown key is only a line on stderr, with exit code 0 (systemd 252).
    assert (judged.returncode, judged.stderr) == (0, "")


def test_a_misspelt_key_would_be_noticed(unit):
    unit.write_text(unit.read_text().replace("WatchdogSec=", "WatchdogSecs="))

    assert analyze("verify", str(unit)).stderr != ""


def test_the_sandbox_scores_at_most_two(unit):
    judged = analyze("security", "--offline=true", "--threshold=20", str(unit))

    assert judged.returncode == 0, judged.stdout


def test_the_unit_promises_what_the_design_names():
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


WEB = UNIT.with_name("tou-web.service")


@pytest.fixture
def web(tmp_path: Path) -> Path:
    """The page's unit with a program that exists."""
    copy = tmp_path / WEB.name
    program = "/opt/tou-scheduler/venv/bin/tou web --listen 127.0.0.1:8765"
    text = WEB.read_text()
    assert program in text
    copy.write_text(text.replace(program, "/bin/true"))
    return copy


def test_the_unit_of_the_page_verifies_without_a_line_of_complaint(web):
    judged = analyze("verify", str(web))

    assert (judged.returncode, judged.stderr) == (0, "")


def test_the_sandbox_of_the_page_scores_at_most_two(web):
    judged = analyze("security", "--offline=true", "--threshold=20", str(web))

    assert judged.returncode == 0, judged.stdout


def test_the_unit_of_the_page_has_no_secret_and_no_way_out():
    lines = WEB.read_text().splitlines()

    assert not [line for line in lines if line.startswith(("LoadCredential", "StateDirectory"))]
    assert {"IPAddressDeny=any", "IPAddressAllow=localhost"} <= {*lines}
    hidden = next(line for line in lines if line.startswith("UnsetEnvironment="))
    assert {*hidden.partition("=")[2].split()} == secrets()


def secrets() -> set[str]:
    """The settings whose values are secrets, of every transport."""
    from scheduler.gateway.registry import TRANSPORTS, settings_of

    return {
        f"TOU_{name.upper()}"
        for transport in TRANSPORTS
        for name, field in settings_of(transport).model_fields.items()
        if "SecretStr" in str(field.annotation)
    }

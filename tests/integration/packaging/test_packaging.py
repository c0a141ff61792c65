"""The files of image, compose and Home Assistant's app, by the rules of those who read them."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
import yaml
from pydantic import BaseModel, ConfigDict, Field

ROOT = Path(__file__).parents[3]
PACKAGING = ROOT / "packaging"
APP = PACKAGING / "homeassistant"
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Map(Strict):
    type: Literal[
        "homeassistant_config", "addon_config", "ssl", "addons", "backup", "share", "media", "data"
    ]
    read_only: bool = True
    path: str | None = None


class App(Strict):
    """`config.yaml` as its documentation describes the keys that are used, and no others."""

    name: str
    version: str
    slug: Annotated[str, Field(pattern=r"^[a-z0-9_]+$")]
    description: str
    arch: Annotated[list[Literal["aarch64", "amd64"]], Field(min_length=1)]
    startup: Literal["initialize", "system", "services", "application", "once"]
    boot: Literal["auto", "manual", "manual_only"]
    init: bool
    stage: Literal["stable", "experimental", "deprecated"]
    host_network: bool
    map: list[Map]
    environment: dict[str, str]
    backup: Literal["hot", "cold"]
    options: dict[str, Any]
    # `false` switches the check of options off, and with it their page.
    schema_: Annotated[dict[str, str], Field(alias="schema")]


class Build(Strict):
    build_from: dict[Literal["aarch64", "amd64"], str]
    args: dict[str, str]


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


def test_the_app_is_one_that_home_assistant_takes() -> None:
    app = App.model_validate(read(APP / "config.yaml"))

    assert app.version == VERSION
    assert app.options.keys() <= app.schema_.keys()
    named = read(APP / "translations" / "en.yaml")["configuration"]
    assert named.keys() == app.schema_.keys()


def test_the_app_is_built_by_arguments_that_the_image_has() -> None:
    build = Build.model_validate(read(APP / "build.yaml"))
    known = set(re.findall(r"^ARG (\w+)", (PACKAGING / "Containerfile").read_text(), re.MULTILINE))

    assert {"BUILD_FROM", *build.args} <= known
    assert build.build_from.keys() == {*read(APP / "config.yaml")["arch"]}


def test_the_folder_of_the_app_is_whole(tmp_path: Path) -> None:
    done = subprocess.run(
        ["sh", str(PACKAGING / "homeassistant.sh"), str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
    )

    folder = Path(done.stdout.strip())
    assert folder.name == read(APP / "config.yaml")["slug"]
    for name in ("Dockerfile", "config.yaml", "DOCS.md", "translations/en.yaml", "scheduler"):
        assert (folder / name).exists()
    assert (folder / "Dockerfile").read_text() == (PACKAGING / "Containerfile").read_text()


def test_settings_of_image_and_app_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    from scheduler.settings import Settings

    text = (PACKAGING / "Containerfile").read_text()
    named = {*re.findall(r"TOU_\w+", text), *read(APP / "config.yaml")["environment"]}

    for name in named - {"TOU_SETTINGS_FILE"}:
        assert name.removeprefix("TOU_").lower() in Settings.model_fields


def test_the_image_is_nobodys_and_asks_the_service_how_it_is() -> None:
    text = (PACKAGING / "Containerfile").read_text()

    for line in (
        "ARG RUN_AS=10001:10001",
        "USER ${RUN_AS}",
        "STOPSIGNAL SIGTERM",
        'ENTRYPOINT ["tou"]',
        'CMD ["run"]',
    ):
        assert f"\n{line}\n" in text
    assert 'CMD ["tou", "status"]' in text


def test_the_services_of_compose_may_do_nothing_and_the_page_has_no_secret() -> None:
    services = read(PACKAGING / "compose.yaml")["services"]

    for service in services.values():
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
    assert (services["page"]["secrets"], services["page"]["environment"]) == ([], {})


@pytest.mark.parametrize(
    "script",
    sorted([*PACKAGING.glob("*.sh"), *(PACKAGING / "debian").iterdir()]),
    ids=lambda path: path.name,
)
def test_every_script_is_one_of_a_plain_shell(script: Path) -> None:
    shell = "dash" if Path("/usr/bin/dash").exists() else "sh"

    done = subprocess.run([shell, "-n", str(script)], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")


def test_the_packages_scripts_name_every_unit() -> None:
    units = {path.stem for path in (ROOT / "systemd").glob("*.service")}

    for script in ("preinst", "prerm", "postrm", "postinst"):
        text = (PACKAGING / "debian" / script).read_text()
        missing = {unit for unit in units if not re.search(rf"\b{unit}\b", text)}
        assert missing == set(), script

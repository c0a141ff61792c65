"""A real mosquitto, a service at work, and somebody who listens at the broker."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiomqtt import Client
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from scheduler import asking
from scheduler.host import instance

MOSQUITTO = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
PASSWORD = "hunter2-of-the-broker"
TOU = [sys.executable, "-m", "scheduler"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    missing = pytest.mark.skip(reason="mosquitto is missing: apt-get install mosquitto")
    for item in items:
        needed = "broker" in getattr(item, "fixturenames", ())
        if MOSQUITTO is None and needed and here in item.path.parents:
            item.add_marker(missing)


@dataclass
class Broker:
    """A mosquitto with two doors: one that lets everybody in, one with a password and TLS."""

    folder: Path
    open_port: int = 0
    safe_port: int = 0
    ca: Path = Path()
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"mqtt://127.0.0.1:{self.open_port}"

    @property
    def safe_url(self) -> str:
        return f"mqtts://localhost:{self.safe_port}"

    def start(self) -> None:
        """On free ports at first, and then on the same."""
        for _ in range(5):
            if not self.open_port:
                self.open_port, self.safe_port = _free(), _free()
            self._write()
            log = (self.folder / "log").open("ab")
            with log:
                self.process = subprocess.Popen(
                    [str(MOSQUITTO), "-c", str(self.folder / "conf")], stdout=log, stderr=log
                )
            if self._answers():
                return
            self.open_port = 0
        pytest.fail((self.folder / "log").read_text())

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def _answers(self) -> bool:
        assert self.process is not None
        for _ in range(200):
            if self.process.poll() is not None:
                return False
            try:
                socket.create_connection(("127.0.0.1", self.open_port), 1).close()
            except OSError:
                time.sleep(0.05)
            else:
                return True
        return False

    def _write(self) -> None:
        (self.folder / "conf").write_text(
            "per_listener_settings true\n"
            f"{'user root' if os.geteuid() == 0 else ''}\n"
            f"listener {self.open_port} 127.0.0.1\nallow_anonymous true\n"
            f"listener {self.safe_port} 127.0.0.1\nallow_anonymous false\n"
            f"password_file {self.folder / 'passwords'}\n"
            f"acl_file {self.folder / 'access'}\n"
            f"certfile {self.ca}\nkeyfile {self.folder / 'key.pem'}\n"
        )


def _free() -> int:
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        return int(made.getsockname()[1])


def _certify(folder: Path) -> None:
    """A certificate of localhost that vouches for itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a broker")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2049, 1, 1, tzinfo=UTC))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )


@pytest.fixture(scope="session")
def safe_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate, its key, and a password of mosquitto's."""
    folder = tmp_path_factory.mktemp("broker")
    _certify(folder)
    passwords = folder / "passwords"
    passwords.write_text(f"ann:{PASSWORD}\nmute:{PASSWORD}\n")
    (folder / "access").write_text("user ann\ntopic readwrite #\nuser mute\ntopic read #\n")
    passwords.chmod(0o600)
    subprocess.run(["mosquitto_passwd", "-U", str(passwords)], check=True, timeout=60)
    return folder


@pytest.fixture(scope="session")
def broker(safe_files: Path) -> Iterator[Broker]:
    made = Broker(safe_files, ca=safe_files / "cert.pem")
    made.start()
    yield made
    made.stop()


class Listener:
    """Keeps the last message of every topic, and all of them in their order."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.last: dict[str, str] = {}
        self.all: list[tuple[str, str, bool]] = []
        self._task = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        async for message in self.client.messages:
            text = bytes(message.payload or b"").decode()
            self.last[str(message.topic)] = text
            self.all.append((str(message.topic), text, message.retain))

    def json(self, topic: str) -> Any:
        return json.loads(self.last.get(topic) or "null")

    async def until(self, what: Callable[[], Any], seconds: float = 60.0) -> Any:
        """The first true answer; a bound that only a defect reaches."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if answer := what():
                return answer
            await asyncio.sleep(0.02)
        return pytest.fail(f"nothing within {seconds} s; heard: {self.last}")

    async def say(self, topic: str, message: object, *, retain: bool = False) -> None:
        text = message if isinstance(message, str) else json.dumps(message)
        await self.client.publish(topic, text, qos=1, retain=retain)

    async def close(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


@pytest.fixture
async def ear(broker: Broker, base: str) -> AsyncIterator[Listener]:
    """Hears all that is told below a topic of the test's own, and to Home Assistant."""
    async with Client("127.0.0.1", broker.open_port) as client:
        made = Listener(client)
        await client.subscribe([(f"{base}/#", 1), (f"{base}-ha/#", 1)])
        yield made
        await made.close()


@pytest.fixture
def base(request: pytest.FixtureRequest) -> str:
    """A topic for each test, since a broker keeps what was told before."""
    return f"t{abs(hash(request.node.nodeid)):x}"


@dataclass
class House:
    """A folder with an audit, and processes beside it."""

    folder: Path
    environment: dict[str, str]
    processes: list[subprocess.Popen[str]] = field(default_factory=list)

    def begin(self, *words: str, **more: str) -> subprocess.Popen[str]:
        with (self.folder / f"log-{words[0]}").open("a") as log:
            process = subprocess.Popen(
                [*TOU, *words],
                cwd=self.folder,
                env={**self.environment, **more},
                stdout=log,
                stderr=log,
                text=True,
            )
        self.processes.append(process)
        return process

    @property
    def settings(self) -> dict[str, str]:
        return {k: v for k, v in self.environment.items() if k.startswith("TOU_")}

    def status(self) -> Any:
        """As the service itself answers; a command takes half a second to begin."""
        control = instance.inspect(self.folder / "tou.service.lock").control
        assert control is not None
        return asking.ask(control, "/status")

    def log(self, verb: str) -> str:
        return (self.folder / f"log-{verb}").read_text()

    def end(self) -> None:
        for process in self.processes:
            process.send_signal(signal.SIGKILL)
            process.wait()


@pytest.fixture
def house(tmp_path: Path, broker: Broker, base: str) -> Iterator[House]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("TOU_")}
    told = {
        "TOU_DATABASE": str(tmp_path / "tou.db"),
        "TOU_PULSE": "1s",
        "TOU_MQTT_URL": broker.url,
        "TOU_MQTT_TOPIC": base,
        "TOU_MQTT_DISCOVERY": f"{base}-ha",
        "PYTHONWARNINGS": "error",
    }
    made = House(tmp_path, {**kept, **told})
    yield made
    made.end()

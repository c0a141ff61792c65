"""The door: TLS names, certificates, refusals, silence, restarts, broken answers."""

import asyncio
import hashlib
import ssl
from pathlib import Path
from typing import Any

import httpx
import pytest

from scheduler.simulated import SimulatedGateway

from .conftest import Connect, Dial, Start


@pytest.mark.parametrize("name", [None, "teg", "powerwall", "powerpack"])
async def test_an_address_and_the_known_names_are_let_in(
    start: Start, dial: Dial, name: str | None
) -> None:
    line = await dial(await start("1.49"), name=name)
    line.say("GET /api/status HTTP/1.1\nHost: powerwall\n\n")

    assert (await line.hear())[0] == 200


@pytest.mark.parametrize("name", ["localhost", "gateway.example", "powerwall.example"])
async def test_an_unknown_name_ends_the_handshake(start: Start, dial: Dial, name: str) -> None:
    gateway = await start("1.49")

    with pytest.raises((ssl.SSLError, ConnectionError)):
        await dial(gateway, name=name)
    assert gateway.device.requests == ()


async def test_the_fingerprint_is_that_of_the_certificate_shown(start: Start, dial: Dial) -> None:
    gateway = await start("1.49")
    line = await dial(gateway)
    der = line.writer.get_extra_info("ssl_object").getpeercert(binary_form=True)

    assert hashlib.sha256(der).hexdigest() == gateway.fingerprint
    assert ssl.DER_cert_to_PEM_cert(der).split() == gateway.certificate_pem.split()


async def test_the_pinned_certificate_is_trusted_under_a_known_name(start: Start) -> None:
    gateway = await start("1.49")
    context = ssl.create_default_context(cadata=gateway.certificate_pem)
    streams = await asyncio.open_connection(
        "127.0.0.1", gateway.port, ssl=context, server_hostname="powerwall"
    )
    streams[1].transport.abort()
    await asyncio.sleep(0)

    assert context.check_hostname


async def test_the_pinned_certificate_is_not_trusted_by_address(start: Start) -> None:
    """The real ones have no address among their names."""
    gateway = await start("1.49")
    context = ssl.create_default_context(cadata=gateway.certificate_pem)

    with pytest.raises(ssl.SSLCertVerificationError, match="IP address mismatch"):
        await asyncio.open_connection("127.0.0.1", gateway.port, ssl=context)


async def test_newer_certificates_name_an_authority_of_their_own(start: Start) -> None:
    gateway = await start("23.28")
    context = ssl.create_default_context(cadata=gateway.certificate_pem)
    context.verify_flags &= ~ssl.VERIFY_X509_PARTIAL_CHAIN
    named: dict[str, Any] = {"ssl": context, "server_hostname": "powerwall"}

    with pytest.raises(ssl.SSLCertVerificationError, match="local issuer"):
        await asyncio.open_connection("127.0.0.1", gateway.port, **named)
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    _, writer = await asyncio.open_connection("127.0.0.1", gateway.port, **named)
    writer.transport.abort()
    await asyncio.sleep(0)


async def test_the_certificate_can_change_between_connections(start: Start, dial: Dial) -> None:
    gateway = await start("1.49")
    first = gateway.fingerprint
    gateway.faults.set("new_certificate")
    line = await dial(gateway)
    der = line.writer.get_extra_info("ssl_object").getpeercert(binary_form=True)

    assert hashlib.sha256(der).hexdigest() == gateway.fingerprint != first
    assert not gateway.faults.new_certificate


async def test_an_identity_file_keeps_the_certificate(start: Start, tmp_path: Path) -> None:
    path = tmp_path / "identity.pem"
    first = await start("1.49", identity=path)
    second = await start("1.49", identity=str(path))

    assert first.fingerprint == second.fingerprint
    assert path.stat().st_mode & 0o777 == 0o600


async def test_an_identity_file_with_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "identity.pem"
    path.write_text("my holiday pictures")

    with pytest.raises(ValueError, match="Remove it to have a new one made"):
        SimulatedGateway(identity=path)
    assert path.read_text() == "my holiday pictures"


async def test_without_an_identity_file_each_start_has_its_own(start: Start) -> None:
    first, second = await start("1.49"), await start("1.49")

    assert first.fingerprint != second.fingerprint


async def test_a_refused_connection_is_refused_until_the_switch_is_off(
    start: Start, connect: Connect
) -> None:
    gateway = await start("1.49")
    client = connect(gateway)
    assert (await client.get("status")).status_code == 200

    gateway.faults.refuse = True
    with pytest.raises((httpx.ConnectError, httpx.ReadError, httpx.RemoteProtocolError)):
        await client.get("status")
    with pytest.raises(httpx.ConnectError):
        await client.get("status")
    gateway.faults.refuse = False

    assert (await client.get("status")).status_code == 200


async def test_a_switch_thrown_from_another_thread_works_too(
    start: Start, connect: Connect
) -> None:
    gateway = await start("1.49")
    await asyncio.to_thread(setattr, gateway.faults, "refuse", True)
    await asyncio.sleep(0)

    with pytest.raises(httpx.ConnectError):
        await connect(gateway).get("status")


async def test_a_silent_gateway_accepts_and_says_nothing(start: Start, connect: Connect) -> None:
    gateway = await start("1.49")
    gateway.faults.silent = True

    with pytest.raises(httpx.ConnectTimeout):
        await connect(gateway).get("status", timeout=0.2)


async def test_a_body_that_breaks_off_is_noticed(start: Start, connect: Connect) -> None:
    gateway = await start("1.49")
    gateway.faults.drop = 1
    client = connect(gateway)

    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        await client.get("status")
    assert (await client.get("status")).status_code == 200


async def test_a_login_without_an_answer_has_stopped_the_battery(
    start: Start, connect: Connect
) -> None:
    gateway = await start("1.49")
    gateway.faults.login_lost = 1

    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        await connect(gateway).enter()
    assert not gateway.device.sitemaster_running


async def test_a_restart_refuses_everybody_and_then_comes_back(
    start: Start, connect: Connect
) -> None:
    gateway = await start("1.49", away_seconds=2.0)
    client = connect(gateway)
    await client.enter()

    gateway.device.reboot()
    with pytest.raises((httpx.ConnectError, httpx.ReadError, httpx.RemoteProtocolError)):
        await client.get("status")
    with pytest.raises(httpx.ConnectError):
        await client.get("status")

    assert (await client.until_back("operation")).status_code == 401
    await client.until_up()


async def test_an_install_is_answered_before_the_gateway_goes(
    start: Start, connect: Connect
) -> None:
    gateway = await start("1.49", update="staged", check_seconds=0.02, away_seconds=2.0)
    client, bystander = connect(gateway), connect(gateway)
    await client.enter()
    await bystander.get("status")
    await client.get("system/update", params={"force": "true"})
    while (await client.get("system/update/status")).json()["state"] != "/update_staged":
        await asyncio.sleep(0.01)

    assert (await client.post("system/update")).status_code == 202

    with pytest.raises((httpx.ConnectError, httpx.ReadError, httpx.RemoteProtocolError)):
        await bystander.get("status")
    with pytest.raises(httpx.ConnectError):
        await bystander.get("status")
    assert (await bystander.until_back("status")).json()["version"] == "1.50.1 c58c2df3"


async def test_a_port_is_free_again_after_the_stop(start: Start) -> None:
    first = await start("1.49")
    port = first.port
    await first.stop()

    second = SimulatedGateway()
    await second.start(port)

    assert second.port == port
    await second.stop()


async def test_a_taken_port_is_an_error_of_the_system(start: Start) -> None:
    taken = await start("1.49")

    with pytest.raises(OSError, match="in use"):
        await SimulatedGateway().start(taken.port)


async def test_it_stops_while_clients_hang_on(start: Start, connect: Connect, dial: Dial) -> None:
    gateway = await start("1.49")
    client = connect(gateway)
    await client.get("status")
    await dial(gateway)
    await dial(gateway, tls=False)
    gateway.faults.slow = 30.0
    waiting = await client.begin("status")

    await asyncio.wait_for(gateway.stop(), 20)

    with pytest.raises(httpx.TransportError):
        await waiting


async def test_its_repr_holds_no_secret(start: Start) -> None:
    gateway = await start("1.49")

    assert repr(gateway) == f"<SimulatedGateway 1.49 {gateway.url}>"

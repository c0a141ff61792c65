"""Whom the client talks to: the paired certificate, compared before anything is sent."""

import asyncio
import socket
from datetime import UTC, datetime
from pathlib import Path

import pytest

from scheduler.errors import GatewayIdentityError, GatewayUnreachableError, SettingsError
from scheduler.gateway.base import Spend
from scheduler.gateway.local import pin
from scheduler.setting import Mode, Setting
from scheduler.simulated import certificate

from .conftest import Arrived, Connect, Start, Told


async def test_certificate_is_fetched_without_a_request(start: Start, arrived: Arrived) -> None:
    simulation = await start("1.49")

    found = await pin.fetch_certificate(simulation.url)

    assert found.fingerprint == simulation.fingerprint
    assert found.pem.split() == simulation.certificate_pem.split()
    assert "powerwall" in found.names
    assert found.not_before < datetime(2026, 1, 1, tzinfo=UTC) < found.not_after
    assert arrived(simulation) == []


@pytest.mark.parametrize("profile", ["1.49", "24.36"])
async def test_pinned_certificate_is_trusted_whoever_issued_it(
    start: Start, connect: Connect, told: Told, profile: str
) -> None:
    """Newer gateways show a certificate of a per-device CA that nobody has."""
    simulation = await start(profile)
    client = connect(simulation, fingerprint=pin.with_colons(simulation.fingerprint))

    assert (await client.identify(told)).version


@pytest.mark.parametrize(
    "before", ["", "subject=/CN=gateway\nissuer=/CN=gateway\n"], ids=["alone", "after its subject"]
)
async def test_certificate_file_is_as_good_as_its_fingerprint(
    start: Start, connect: Connect, told: Told, tmp_path: Path, *, before: str
) -> None:
    simulation = await start("24.36")
    file = tmp_path / "gateway.pem"
    file.write_text(before + simulation.certificate_pem)
    client = connect(simulation, fingerprint=None, certificate=file)

    assert (await client.identify(told)).version == "24.36.2"


async def test_stranger_gets_no_byte_of_a_request(
    start: Start, connect: Connect, told: Told, arrived: Arrived
) -> None:
    stranger = await start("1.49")
    client = connect(stranger, fingerprint="0f" * 32)

    for ask in (client.identify, client.update, client.make_safe):
        with pytest.raises(GatewayIdentityError, match="tou gateway trust") as caught:
            await ask(told)

    assert arrived(stranger) == []
    assert pin.with_colons(stranger.fingerprint) in str(caught.value)
    assert pin.with_colons("0f" * 32) in str(caught.value)
    assert client.unsafe is None


async def test_certificate_that_changes_is_a_stranger_even_to_a_live_session(
    start: Start, connect: Connect, told: Told, arrived: Arrived
) -> None:
    simulation = await start("1.49")
    paired = simulation.fingerprint
    client = connect(simulation)
    await client.write(Setting(Mode.BACKUP, 100), None, told)
    await client.close()
    before = arrived(simulation)
    simulation.change_certificate()

    with pytest.raises(GatewayIdentityError):
        await connect(simulation, fingerprint=paired).read(told, spend=Spend.DUE)

    assert arrived(simulation) == before


@pytest.mark.parametrize(
    "content",
    [None, "", "no certificate", "-----BEGIN CERTIFICATE-----\n?\n-----END CERTIFICATE-----\n"],
    ids=["missing", "empty", "text", "not base64"],
)
def test_certificate_file_that_holds_none_names_its_variable(
    tmp_path: Path, content: str | None
) -> None:
    file = tmp_path / "gateway.pem"
    if content is not None:
        file.write_text(content)

    with pytest.raises(SettingsError, match="TOU_GATEWAY_CERTIFICATE"):
        pin.trusted_fingerprint(None, file)


async def test_certificate_and_fingerprint_that_disagree_are_refused(
    start: Start, tmp_path: Path
) -> None:
    simulation = await start("1.49")
    file = tmp_path / "gateway.pem"
    file.write_text(simulation.certificate_pem)

    with pytest.raises(SettingsError, match="different"):
        pin.trusted_fingerprint("0f" * 32, file)


async def test_nobody_at_the_address_is_told_with_what_to_check(
    connect: Connect, told: Told, start: Start
) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        url = f"https://127.0.0.1:{bound.getsockname()[1]}"
        client = connect(await start("1.49"), url=url)

        with pytest.raises(GatewayUnreachableError, match="refuses the connection"):
            await client.identify(told)
        with pytest.raises(GatewayUnreachableError, match="TOU_GATEWAY_URL"):
            await pin.fetch_certificate(url)


async def test_name_that_is_not_known_is_told_as_such(
    connect: Connect, told: Told, start: Start
) -> None:
    client = connect(await start("1.49"), url="https://gateway.invalid")

    with pytest.raises(GatewayUnreachableError, match="name that cannot be found"):
        await client.identify(told)


async def test_handshake_asks_for_the_name_that_every_gateway_knows(
    connect: Connect, told: Told, start: Start
) -> None:
    """A name it does not know makes a gateway drop the handshake; an address is in no
    certificate of theirs."""
    shown = certificate.make_certificate(site_ca=False)
    names = []
    context = certificate.server_context(shown)
    context.sni_callback = lambda _object, name, _context: names.append(name)

    def hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with await asyncio.start_server(hang_up, "127.0.0.1", 0, ssl=context) as server:
        url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        found = await pin.fetch_certificate(url)
        client = connect(await start("1.49"), url=url, fingerprint=shown.fingerprint)
        with pytest.raises(GatewayUnreachableError, match="drops the connection"):
            await client.identify(told)

    assert found.fingerprint == shown.fingerprint
    assert names == ["powerwall", "powerwall"]


async def test_neighbour_that_speaks_no_tls_is_told_as_such(
    connect: Connect, told: Told, start: Start
) -> None:
    async def speak(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(speak, "127.0.0.1", 0) as server:
        url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        client = connect(await start("1.49"), url=url)
        with pytest.raises(GatewayUnreachableError, match="TLS handshake"):
            await client.identify(told)

"""Whoever asks for what cannot be, or never ends asking, harms nobody else."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

import pytest
import uvicorn
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient
from uvicorn.server import ServerState

from scheduler.cli.web import own_settings, source
from scheduler.outlets.web import serve
from scheduler.outlets.web.app import make

DIGITS = "9" * 5000


@pytest.mark.parametrize("path", ["/run/{}", "/run/{}.json", "/year/{}", "/year/{}.json"])
def test_a_number_of_thousands_of_digits_is_no_defect(page: TestClient, path: str) -> None:
    assert page.get(path.format(DIGITS)).status_code == 404


@pytest.mark.parametrize(("path", "kind"), [("/", "text/html"), ("/now.json", "application/json")])
def test_a_defect_is_called_one_and_the_way_out_is_told(path: str, kind: str) -> None:
    def broken(_: datetime) -> dict[str, object]:
        raise RuntimeError("a secret of the defect")

    told = replace(source(own_settings()), state=broken)
    with TestClient(make(told), base_url="http://127.0.0.1", raise_server_exceptions=False) as page:
        answer = page.get(path)

    assert (answer.status_code, kind in answer.headers["content-type"]) == (500, True)
    assert "defect of the page" in answer.text
    assert "secret" not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_the_year_nought_is_not_taken_for_this_one(page: TestClient) -> None:
    assert page.get("/year/0").status_code == 400


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHost: 127."])
async def test_who_does_not_end_asking_is_not_waited_for(
    sent: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serve, "PATIENCE", 0.05)
    config = uvicorn.Config(PlainTextResponse("well"), log_config=None)
    state = ServerState()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: serve.Impatient(config=config, server_state=state, app_state={}), "127.0.0.1", 0
    )
    async with server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.write(sent)

        with suppress(ConnectionResetError):
            assert await asyncio.wait_for(reader.read(), 30) == b""

        writer.close()

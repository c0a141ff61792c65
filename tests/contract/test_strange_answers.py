"""Whatever stands where a gateway should: the answer is one error of ours or a reading of what is
known, and nothing that it says gets out as it came."""

import gzip
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from scheduler.errors import GatewayError
from scheduler.gateway.base import Gateway, Part, Reading, Receipt, Spend
from scheduler.httpserver import Request, Response
from scheduler.setting import Export, GridCharging, Mode, Setting

from .conftest import Told
from .stands import STANDS, Stand

BENT = ("fleet", "proxy", "v1r")
WHOLE = Setting(Mode.BACKUP, 100, GridCharging.ALLOW, Export.SOLAR)
OBEYED = "\x1b[2J\u202e"
Bend = Callable[[Response, str], Response]
SIGNING_IN = ("token", "Basic", "din")


def body_of(response: Response) -> bytes:
    assert isinstance(response.body, bytes)
    return response.body


def leaves(change: Callable[[Any, str], Any]) -> Bend:
    """An answer with each single value of its JSON changed."""

    def walk(data: Any, secret: str) -> Any:
        if isinstance(data, dict):
            return {key: walk(value, secret) for key, value in data.items()}
        if isinstance(data, list):
            return [walk(each, secret) for each in data]
        return change(data, secret)

    def bend(response: Response, secret: str) -> Response:
        try:
            data = json.loads(body_of(response))
        except ValueError:
            return response
        return replace(response, body=json.dumps(walk(data, secret)).encode())

    return bend


def is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def refusal(status: int) -> Bend:
    def bend(_response: Response, secret: str) -> Response:
        words = f"{OBEYED} no to {secret}"
        told = {"error": words, "error_description": words, "message": words}
        return Response(status, json.dumps(told).encode())

    return bend


def whole(body: bytes, content_type: str = "application/json", *more: tuple[str, str]) -> Bend:
    return lambda _response, secret: Response(
        200, body.replace(b"SECRET", secret.encode()), more, content_type
    )


ANSWERS: dict[str, Bend] = {
    "every value null": leaves(lambda _value, _secret: None),
    "every value true": leaves(lambda _value, _secret: True),
    "every value an object": leaves(lambda _value, _secret: {}),
    "numbers as text": leaves(lambda value, _: str(value) if is_number(value) else value),
    "numbers that cannot be": leaves(lambda value, _: 1e30 if is_number(value) else value),
    "texts that a terminal obeys": leaves(
        lambda value, secret: OBEYED + secret if isinstance(value, str) else value
    ),
    "texts without an end": leaves(
        lambda value, _: "x " * 20_000 if isinstance(value, str) else value
    ),
    "a null": whole(b"null"),
    "an empty object": whole(b"{}"),
    "nothing": whole(b""),
    "half of it": lambda response, _: replace(
        response, body=body_of(response)[: len(body_of(response)) // 2]
    ),
    "a page": whole(b"<html>Sign in, SECRET</html>", "text/html"),
    "lists in lists": whole(b'{"x":' + b"[" * 900 + b"]" * 900 + b"}"),
    "an error in it": whole(b'{"error":"SECRET","response":{"code":500,"message":"SECRET"}}'),
    "cookies": lambda response, secret: replace(
        response, headers=(*response.headers, ("Set-Cookie", f"AuthCookie={secret}"))
    ),
    "packed": lambda response, _: replace(
        response,
        body=gzip.compress(body_of(response)),
        headers=(*response.headers, ("Content-Encoding", "gzip")),
    ),
    "sent elsewhere": lambda _response, secret: Response(
        307, b"", (("Location", f"http://127.0.0.1:9/{secret}"),)
    ),
    **{f"a {status}": refusal(status) for status in (204, 403, 429, 502)},
}


@pytest.fixture(params=BENT)
async def stand(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Stand]:
    async with STANDS[request.param](tmp_path) as made:
        yield made


def bend(stand: Stand, name: str, *, after: int) -> None:
    """From now on each answer is bent, but those of the sign-in and the first of the others."""
    seen: list[Request] = []

    def between(request: Request, response: Response) -> Response:
        if request.path.rpartition("/")[2] in SIGNING_IN:
            return response
        seen.append(request)
        return response if len(seen) <= after else ANSWERS[name](response, stand.secret)

    stand.server.between = between


def check(stand: Stand, told: Told, log: str, found: object) -> None:
    """What may be shown anywhere of what was found."""
    setting = getattr(found, "setting", None)
    words = (found, setting and setting.mode, getattr(found, "firmware", ""), told.steps, log)
    text = "\n".join(map(str, words))
    assert stand.secret not in text
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert len(text) < 20_000


@pytest.mark.parametrize("name", ANSWERS)
async def test_a_strange_answer_is_an_error_of_ours_or_what_is_known_and_shows_no_secret(
    stand: Stand, gateway: Gateway, told: Told, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    bend(stand, name, after=0)
    check(stand, told, caplog.text, await read(gateway, told))

    bend(stand, name, after=2 if stand.name == "v1r" else 0)
    found = await write(gateway, told)
    says_no = name == "sent elsewhere" or name.removeprefix("a ").isdecimal()
    if isinstance(found, GatewayError) and not (says_no or "left alone" in str(found)):
        assert found.delivered != "no"
    check(stand, told, caplog.text, found)


async def read(gateway: Gateway, told: Told) -> Reading | GatewayError:
    try:
        found = await gateway.read(told, spend=Spend.DUE, want=frozenset(Part))
    except GatewayError as error:
        return error
    assert found.charge is None or 0 <= found.charge <= 100
    return found


async def write(gateway: Gateway, told: Told) -> Receipt | GatewayError:
    try:
        return await gateway.write(WHOLE, None, told)
    except GatewayError as error:
        return error

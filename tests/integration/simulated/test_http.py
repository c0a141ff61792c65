"""HTTP/1.1 as small and odd clients speak it."""

import gzip
from collections.abc import AsyncIterator

from .conftest import Connect, Dial, Start

GET = "GET /api/{} HTTP/1.1\nHost: powerwall\n\n"


async def test_requests_in_a_row_are_answered_in_order(start: Start, dial: Dial) -> None:
    line = await dial(await start("1.49"))
    line.say(GET.format("status") + GET.format("nowhere") + GET.format("sitemaster"))

    assert [(await line.hear())[0] for _ in range(3)] == [200, 404, 200]


async def test_a_client_that_asks_for_the_end_gets_it(start: Start, dial: Dial) -> None:
    line = await dial(await start("1.49"))
    line.say("GET /api/status HTTP/1.1\nHost: powerwall\nConnection: close\n\n")
    status, headers, _ = await line.hear()

    assert (status, headers["connection"]) == (200, "close")
    assert await line.ended()


async def test_http_1_0_is_answered_and_ended(start: Start, dial: Dial) -> None:
    line = await dial(await start("1.49"))
    line.say("GET /api/status HTTP/1.0\n\n")

    assert (await line.hear())[0] == 200
    assert await line.ended()


async def test_a_large_answer_comes_in_chunks(start: Start, dial: Dial) -> None:
    gateway = await start("1.50.1")
    line = await dial(gateway)
    line.say(GET.format("powerwalls"))
    _, headers, _ = await line.hear()

    assert headers["transfer-encoding"] == "chunked"
    assert "content-length" not in headers


async def test_a_large_answer_to_http_1_0_comes_whole(start: Start, dial: Dial) -> None:
    line = await dial(await start("1.50.1"))
    line.say("GET /api/powerwalls HTTP/1.0\n\n")
    _, headers, _ = await line.hear()

    assert "transfer-encoding" not in headers
    assert (await line.reader.read()).endswith(b"}")


async def test_who_expects_100_continue_gets_it(start: Start, dial: Dial) -> None:
    line = await dial(await start("1.49"))
    body = '{"username":"installer","password":"wrong"}'
    line.say(
        "POST /api/login/Basic HTTP/1.1\nHost: powerwall\nExpect: 100-continue\n"
        f"Content-Length: {len(body)}\n\n"
    )
    assert (await line.hear())[0] == 100
    line.say(body)

    assert (await line.hear())[0] == 401


async def test_a_body_in_chunks_is_read(start: Start, connect: Connect) -> None:
    async def parts() -> AsyncIterator[bytes]:
        yield b'{"username":"customer",'
        yield b'"password":"correct-horse-battery"}'

    answer = await connect(await start("21.44")).post("login/Basic", content=parts())

    assert answer.status_code == 200


async def test_head_has_no_body_and_the_connection_lives_on(start: Start, dial: Dial) -> None:
    line = await dial(await start("1.49"))
    line.say("HEAD /api/status HTTP/1.1\nHost: powerwall\n\n")
    head = (await line.reader.readuntil(b"\r\n\r\n")).split()[1]
    line.say(GET.format("status"))

    assert (head, (await line.hear())[0]) == (b"405", 200)


async def test_what_is_not_http_is_a_bad_request(start: Start, dial: Dial) -> None:
    gateway = await start("1.15")
    line = await dial(gateway, tls=False)
    line.say("hello there\n\n")

    assert (await line.hear())[0] == 400
    assert await line.ended()


async def test_a_body_beyond_all_measure_is_refused(start: Start, dial: Dial) -> None:
    line = await dial(await start("1.49"))
    line.say(
        "POST /api/operation HTTP/1.1\nHost: powerwall\nContent-Length: 2000000\n\n" + "x" * 2000000
    )

    assert (await line.hear())[0] == 413


async def test_a_client_that_leaves_without_a_word_is_no_matter(
    start: Start, dial: Dial, connect: Connect
) -> None:
    gateway = await start("1.49")
    for tls in (True, False):
        line = await dial(gateway, tls=tls)
        line.writer.transport.abort()
    line = await dial(gateway)
    line.say("POST /api/operation HTTP/1.1\nHost: x\nContent-Length: 100\n\nhalf")
    line.writer.transport.abort()

    assert (await connect(gateway).get("status")).status_code == 200


async def test_a_compressed_body_is_not_understood(start: Start, connect: Connect) -> None:
    body = gzip.compress(b'{"username":"customer","password":"correct-horse-battery"}')
    answer = await connect(await start("21.44")).post("login/Basic", content=body)

    assert answer.status_code == 400

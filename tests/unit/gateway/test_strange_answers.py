"""What the client makes of answers that no simulated gateway gives."""

import gzip
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from scheduler.errors import (
    AuditUnwritableError,
    GatewayBusyError,
    GatewayError,
    GatewayProtocolError,
    GatewayRefusedError,
    GatewayUnreachableError,
)
from scheduler.gateway.base import Part, Spend, Step
from scheduler.setting import Mode, Setting

from .conftest import Answers, Body, Clock, Scripting, Told

CHARGED = Setting(Mode.BACKUP, 100)
BUSY = httpx.Response(503, json={"code": 503, "error": "busy", "message": "busy"})
DENIED = httpx.Response(
    403,
    json={
        "code": 403,
        "error": "Unable to POST to resource",
        "message": "User does not have adequate access rights",
    },
)


async def test_write_is_sent_as_mode_and_raw_reserve(
    scripted: Scripting, answers: Answers, told: Told
) -> None:
    gateway, script = scripted(answers())

    await gateway.write(Setting(Mode.SELF_CONSUMPTION, 20), None, told)

    sent = next(each for each in script.requests if each.url.path == "/api/operation")
    assert sent.content == b'{"real_mode":"self_consumption","backup_reserve_percent":24}'
    assert sent.headers["content-type"] == "application/json"
    assert sent.headers["authorization"].startswith("Bearer QQQ")


async def test_write_pauses_between_its_calls(
    scripted: Scripting, answers: Answers, told: Told, ticking: Clock
) -> None:
    gateway, _ = scripted(answers(), pause=7.0)
    await gateway.read(told, spend=Spend.DUE)
    before = ticking.seconds

    await gateway.write(CHARGED, None, told)

    assert ticking.seconds - before == 14.0


async def test_audit_is_on_disk_before_every_request_that_changes_something(
    scripted: Scripting, answers: Answers, told: Told
) -> None:
    """Login, its run, then write, commit and run; once more before the login's mark."""
    gateway, _ = scripted(answers(), pause=0)

    await gateway.write(CHARGED, None, told)

    changing = {"login", "run", "write", "commit"}
    assert told.settlings == 1 + sum(step.step in changing for step in told.steps)


@pytest.mark.parametrize("path", ["/api/config/completed", "/api/sitemaster/run"])
async def test_other_verb_is_tried_where_one_is_not_allowed(
    scripted: Scripting, answers: Answers, told: Told, path: str
) -> None:
    gateway, script = scripted(
        answers(
            **{
                f"GET {path}": httpx.Response(405, text="method not allowed"),
                f"POST {path}": httpx.Response(202),
            }
        )
    )

    await gateway.write(CHARGED, None, told)

    assert f"POST {path}" in script.paths()


@pytest.mark.parametrize(
    ("status", "headers", "wait"),
    [
        pytest.param(429, {}, 60, id="429"),
        pytest.param(503, {}, 2, id="503"),
        pytest.param(503, {"retry-after": "77"}, 77, id="seconds asked for"),
        pytest.param(503, {"retry-after": "Wed, 01 Jul 2026 12:02:00 GMT"}, 120, id="date"),
        pytest.param(503, {"retry-after": "soon"}, 2, id="nonsense asked for"),
        pytest.param(503, {"retry-after": "-5"}, 2, id="a negative number"),
        pytest.param(503, {"retry-after": "99999999"}, 900, id="years asked for"),
    ],
)
async def test_busy_endpoint_is_left_alone_for_its_time(
    scripted: Scripting,
    answers: Answers,
    told: Told,
    ticking: Clock,
    *,
    status: int,
    headers: dict[str, str],
    wait: int,
) -> None:
    noon = datetime(2026, 7, 1, 12, tzinfo=UTC)
    gateway, script = scripted(
        answers(**{"GET /api/operation": httpx.Response(status, headers=headers)}),
        now=lambda: noon,
    )
    with pytest.raises(GatewayBusyError) as first:
        await gateway.read(told, spend=Spend.DUE)
    asked = script.paths().count("GET /api/operation")

    ticking.seconds += wait - 1
    with pytest.raises(GatewayBusyError) as second:
        await gateway.read(told, spend=Spend.DUE)

    assert first.value.retry_after == wait
    assert second.value.retry_after == pytest.approx(1)
    assert script.paths().count("GET /api/operation") == asked


async def test_wait_doubles_up_to_five_minutes_and_ends_with_a_good_answer(
    scripted: Scripting, answers: Answers, told: Told, ticking: Clock
) -> None:
    fine = answers()["GET /api/operation"]
    gateway, _ = scripted(answers(**{"GET /api/operation": [BUSY] * 9 + [fine, BUSY]}))
    waits = []
    for _ in range(9):
        with pytest.raises(GatewayBusyError) as caught:
            await gateway.read(told, spend=Spend.DUE)
        waits.append(caught.value.retry_after)
        ticking.seconds += caught.value.retry_after

    await gateway.read(told, spend=Spend.DUE)
    with pytest.raises(GatewayBusyError) as after:
        await gateway.read(told, spend=Spend.DUE)

    assert waits == [2, 4, 8, 16, 32, 64, 128, 256, 300]
    assert after.value.retry_after == 2


async def test_busy_sitemaster_is_asked_again_while_the_battery_may_stand(
    scripted: Scripting, answers: Answers, told: Told
) -> None:
    """A login has stopped it; no wait is heeded until it is seen running."""
    gateway, _ = scripted(
        answers(
            **{
                "GET /api/sitemaster/run": [BUSY, BUSY, httpx.Response(202)],
                "GET /api/sitemaster": [
                    *[httpx.Response(200, json={"running": False})] * 20,
                    httpx.Response(200, json={"running": True}),
                ],
            }
        )
    )

    await gateway.read(told, spend=Spend.DUE)

    assert gateway.unsafe is None
    assert [step.status for step in told.steps if step.step == "run"] == [503, 503, 202]


async def test_sitemaster_that_stays_down_is_an_error_after_a_minute(
    scripted: Scripting, answers: Answers, told: Told, ticking: Clock
) -> None:
    gateway, _ = scripted(
        answers(**{"GET /api/sitemaster": httpx.Response(200, json={"running": False})})
    )
    before = ticking.seconds

    with pytest.raises(GatewayUnreachableError, match="standing still"):
        await gateway.read(told, spend=Spend.DUE)

    assert 55 < ticking.seconds - before < 65
    assert gateway.unsafe


async def test_stop_that_comes_late_after_a_login_is_mended(
    scripted: Scripting, answers: Answers, told: Told
) -> None:
    """Running at the first look, down at the second: the login's stop takes up to 2 s."""
    up, down = (httpx.Response(200, json={"running": flag}) for flag in (True, False))
    gateway, script = scripted(answers(**{"GET /api/sitemaster": [up, down, down, up]}))

    await gateway.read(told, spend=Spend.DUE)

    assert script.paths().count("GET /api/sitemaster/run") == 2
    assert gateway.unsafe is None


class Unwritable:
    """An audit whose disk is full from some step on."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.full = False

    async def ended(self, step: Step) -> None:
        self.full = self.full or step.step == self.name
        if self.full:
            raise AuditUnwritableError

    async def settled(self) -> None:
        if self.full:
            raise AuditUnwritableError


class KilledError(BaseException):
    """The process ends here."""


class Killing(Unwritable):
    """Steps of a process that is killed once a step of this name has ended."""

    async def ended(self, step: Step) -> None:
        if step.step == self.name:
            raise KilledError


async def test_restart_owed_since_a_moment_waits_for_a_stop_that_is_under_way(
    scripted: Scripting, answers: Answers, told: Told, ticking: Clock
) -> None:
    """Killed right after its login, started again within the second: the sitemaster still runs
    at the first look, and is down at the next."""
    up, down = (httpx.Response(200, json={"running": flag}) for flag in (True, False))
    gateway, script = scripted(answers(**{"GET /api/sitemaster": [up, down, up]}))
    with pytest.raises(KilledError):
        await gateway.read(Killing("login"), spend=Spend.DUE)
    before = ticking.seconds

    await gateway.make_safe(told)

    assert ticking.seconds - before == pytest.approx(3, abs=0.5)
    assert script.paths()[-4:] == [
        "GET /api/sitemaster",
        "GET /api/sitemaster",
        "GET /api/sitemaster/run",
        "GET /api/sitemaster",
    ]
    assert gateway.unsafe is None


async def test_lost_login_waits_for_a_stop_that_is_under_way(
    scripted: Scripting, answers: Answers, told: Told
) -> None:
    up, down = (httpx.Response(200, json={"running": flag}) for flag in (True, False))
    lost = httpx.ReadError("")
    gateway, script = scripted(
        answers(
            **{
                "POST /api/login/Basic": [lost, httpx.Response(200, json={"token": "t"})],
                "GET /api/sitemaster": [up, down, up],
                "GET /api/sitemaster/run": lambda request: httpx.Response(
                    202 if "authorization" in request.headers else 401
                ),
            }
        )
    )

    await gateway.read(told, spend=Spend.DUE)

    assert script.paths().count("POST /api/login/Basic") == 2
    assert gateway.unsafe is None


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"<html>router login</html>", id="a web page"),
        pytest.param(b"", id="nothing"),
        pytest.param(b'{"real_mode":"backup"', id="half a body"),
        pytest.param(b"null", id="null"),
        pytest.param(b"\xff\xfe\x00", id="no text"),
    ],
)
async def test_answer_that_is_no_operation_is_shown_by_its_head(
    scripted: Scripting, answers: Answers, told: Told, body: bytes
) -> None:
    gateway, _ = scripted(answers(**{"GET /api/operation": httpx.Response(200, content=body)}))

    with pytest.raises(GatewayProtocolError, match="/api/operation") as caught:
        await gateway.read(told, spend=Spend.DUE)

    if b"router" in body:
        assert "router login" in str(caught.value)


async def test_login_answer_that_is_not_understood_is_never_shown(
    scripted: Scripting, answers: Answers, told: Told
) -> None:
    gateway, script = scripted(
        answers(**{"POST /api/login/Basic": httpx.Response(200, text='{"token": 7, "x": "eve"}')})
    )

    with pytest.raises(GatewayUnreachableError) as caught:
        await gateway.read(told, spend=Spend.DUE)

    assert "eve" not in str(caught.value)
    assert script.paths().count("POST /api/login/Basic") == 1
    assert script.paths()[-1] == "GET /api/sitemaster"
    assert gateway.unsafe is None


async def test_login_without_a_token_in_its_body_is_taken_from_its_cookie(
    scripted: Scripting, answers: Answers, told: Told
) -> None:
    cookies = [("set-cookie", "AuthCookie=abc==; Path=/"), ("set-cookie", "UserRecord=u; Path=/")]
    gateway, script = scripted(
        answers(**{"POST /api/login/Basic": httpx.Response(200, headers=cookies)})
    )

    await gateway.read(told, spend=Spend.DUE)

    assert script.requests[-1].headers["authorization"] == "Bearer abc=="
    assert script.requests[-1].headers["cookie"] == "AuthCookie=abc==; UserRecord=u"


async def test_cookies_of_other_answers_are_not_taken(
    scripted: Scripting, answers: Answers, told: Told
) -> None:
    gateway, script = scripted(
        answers(**{"GET /api/status": httpx.Response(200, headers={"set-cookie": "evil=1"})})
    )
    with pytest.raises(GatewayProtocolError):
        await gateway.identify(told)

    with pytest.raises(GatewayProtocolError):
        await gateway.identify(told)

    assert "cookie" not in script.requests[-1].headers


async def test_login_is_not_sent_while_the_house_is_off_grid(
    scripted: Scripting, answers: Answers, told: Told
) -> None:
    gateway, script = scripted(
        answers(
            **{
                "GET /api/system_status/grid_status": httpx.Response(
                    200, json={"grid_status": "SystemIslandedActive"}
                )
            }
        )
    )

    with pytest.raises(GatewayBusyError, match="off grid") as caught:
        await gateway.write(CHARGED, None, told)

    assert caught.value.retry_after == 60
    assert "POST /api/login/Basic" not in script.paths()


@pytest.mark.parametrize("status", [401, 404, 502])
async def test_login_is_sent_where_the_grid_cannot_be_read(
    scripted: Scripting, answers: Answers, told: Told, status: int
) -> None:
    gateway, script = scripted(
        answers(**{"GET /api/system_status/grid_status": httpx.Response(status)})
    )

    await gateway.write(CHARGED, None, told)

    assert "POST /api/login/Basic" in script.paths()


async def test_unknown_firmware_is_logged_in_to_without_force(
    scripted: Scripting, answers: Answers, told: Told
) -> None:
    gateway, script = scripted(answers(**{"GET /api/status": httpx.Response(404)}))

    observed = await gateway.read(told, spend=Spend.DUE)

    login = next(each for each in script.requests if each.url.path == "/api/login/Basic")
    assert b'"force_sm_off":false' in login.content
    assert observed.setting.mode == "backup"
    assert not gateway.limits.can_write


async def test_role_that_may_not_write_is_remembered_until_the_gateway_restarts(
    scripted: Scripting, answers: Answers, told: Told
) -> None:
    up_for = {"version": "1.49.0", "up_time_seconds": "5h0m0s"}
    restarted = {"version": "1.49.0", "up_time_seconds": "3m0s"}
    gateway, script = scripted(
        answers(
            **{
                "GET /api/status": [
                    httpx.Response(200, json=up_for),
                    httpx.Response(200, json=restarted),
                ],
                "POST /api/operation": DENIED,
            }
        )
    )
    with pytest.raises(GatewayRefusedError, match=r"up to 1\.49"):
        await gateway.write(CHARGED, None, told)
    logins = script.paths().count("POST /api/login/Basic")
    before = gateway.limits
    with pytest.raises(GatewayRefusedError):
        await gateway.write(CHARGED, None, told)
    writes = script.paths().count("POST /api/operation")

    await gateway.identify(told)
    after = gateway.limits

    assert (logins, writes) == (1, 1)
    assert not before.can_write
    assert before.why_not
    assert after.can_write


async def test_sitemaster_runs_again_although_the_write_was_refused(
    scripted: Scripting, answers: Answers, told: Told
) -> None:
    gateway, script = scripted(answers(**{"POST /api/operation": httpx.Response(500)}))

    with pytest.raises(GatewayProtocolError):
        await gateway.write(CHARGED, None, told)

    after = script.paths()[script.paths().index("POST /api/operation") :]
    assert after == ["POST /api/operation", "GET /api/sitemaster/run", "GET /api/sitemaster"]


async def test_post_is_not_sent_again_when_its_delivery_is_unknown(
    scripted: Scripting, answers: Answers, told: Told
) -> None:
    gateway, script = scripted(answers(**{"POST /api/operation": httpx.ReadTimeout("no answer")}))

    with pytest.raises(GatewayUnreachableError):
        await gateway.write(CHARGED, None, told)

    assert script.paths().count("POST /api/operation") == 1
    assert script.paths()[-1] == "GET /api/sitemaster"


@pytest.mark.parametrize(
    ("failure", "kind", "words"),
    [
        (httpx.ConnectTimeout(""), GatewayUnreachableError, "within 5 s"),
        (httpx.ConnectError(""), GatewayUnreachableError, "connected to"),
        (httpx.ReadTimeout(""), GatewayUnreachableError, "in time"),
        (httpx.WriteTimeout(""), GatewayUnreachableError, "in time"),
        (httpx.PoolTimeout(""), GatewayUnreachableError, "connected to"),
        (httpx.ReadError(""), GatewayUnreachableError, "drops"),
        (httpx.RemoteProtocolError("Server disconnected"), GatewayUnreachableError, "drops"),
        (
            httpx.RemoteProtocolError("peer closed connection without sending complete"),
            GatewayUnreachableError,
            "breaks off",
        ),
        (httpx.RemoteProtocolError("illegal status line"), GatewayProtocolError, "not HTTP"),
        (httpx.DecodingError("gzip"), GatewayProtocolError, "not HTTP"),
        (OSError(5, "odd"), GatewayUnreachableError, "drops"),
    ],
)
async def test_failed_request_is_told_in_our_words_and_without_traces(
    scripted: Scripting,
    answers: Answers,
    told: Told,
    *,
    failure: Exception,
    kind: type[GatewayError],
    words: str,
) -> None:
    """An httpx error holds its request, and that the headers with the token."""
    gateway, _ = scripted(answers(**{"GET /api/status": failure}))

    with pytest.raises(kind, match=words) as caught:
        await gateway.identify(told)

    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    assert "https://powerwall" in str(caught.value)
    assert told.steps[-1].status is None
    assert told.steps[-1].error == str(caught.value)


async def test_answer_without_end_is_cut_off(
    scripted: Scripting, answers: Answers, told: Told
) -> None:
    gateway, _ = scripted(
        answers(**{"GET /api/status": httpx.Response(200, content=b"x" * 2_100_000)})
    )

    with pytest.raises(GatewayProtocolError):
        await gateway.identify(told)


async def test_no_login_is_sent_without_a_password(
    scripted: Scripting, answers: Answers, told: Told
) -> None:
    gateway, script = scripted(answers(), password="")

    with pytest.raises(GatewayRefusedError, match="TOU_GATEWAY_PASSWORD"):
        await gateway.read(told, spend=Spend.DUE)

    assert "POST /api/login/Basic" not in script.paths()


@pytest.mark.parametrize("step", ["login", "run", "look", "write", "commit"])
async def test_full_disk_does_not_keep_the_battery_from_running_again(
    scripted: Scripting, answers: Answers, step: str
) -> None:
    gateway, script = scripted(answers())

    with pytest.raises(AuditUnwritableError):
        await gateway.write(CHARGED, None, Unwritable(step))

    assert script.paths()[-1] == "GET /api/sitemaster"
    assert gateway.unsafe is None


async def test_no_login_goes_out_when_the_audit_is_already_full(
    scripted: Scripting, answers: Answers
) -> None:
    gateway, script = scripted(answers())

    with pytest.raises(AuditUnwritableError):
        await gateway.read(Unwritable("grid"), spend=Spend.DUE)

    assert "POST /api/login/Basic" not in script.paths()


async def test_same_password_is_not_sent_again_before_its_time(
    scripted: Scripting, answers: Answers, told: Told
) -> None:
    instant = [datetime(2026, 7, 1, 12, tzinfo=UTC)]
    refused = httpx.Response(
        401, json={"code": 401, "error": "bad credentials", "message": "Login Error"}
    )
    gateway, script = scripted(
        answers(**{"POST /api/login/Basic": refused}), now=lambda: instant[0]
    )
    sent = []
    for minutes in (0, 4, 2, 9, 2):
        instant[0] += timedelta(minutes=minutes)
        with pytest.raises(GatewayRefusedError):
            await gateway.read(told, spend=Spend.DUE)
        sent.append(script.paths().count("POST /api/login/Basic"))

    with pytest.raises(GatewayRefusedError, match="not sent again before 2026-07-01 12:37 UTC"):
        await gateway.read(told, spend=Spend.DUE)

    assert sent == [1, 1, 2, 2, 3]


async def test_session_that_is_refused_everything_is_not_replaced_in_a_loop(
    scripted: Scripting, answers: Answers, told: Told
) -> None:
    """Login 200, then every read 403 for hours: DMF #33 #49."""
    gateway, script = scripted(answers(**{"GET /api/operation": DENIED}))
    for _ in range(4):
        with pytest.raises(GatewayRefusedError) as caught:
            await gateway.read(told, spend=Spend.DUE)

    assert script.paths().count("POST /api/login/Basic") == 2
    assert 0 < caught.value.retry_after <= 300


@pytest.mark.parametrize("status", [401, 403])
async def test_session_that_dies_right_after_its_login_is_no_refusal(
    scripted: Scripting, answers: Answers, told: Told, status: int
) -> None:
    """The gateway restarted in between, and forgot its tokens."""
    usual = answers()["GET /api/operation"]
    gateway, script = scripted(
        answers(**{"GET /api/operation": [httpx.Response(status), usual]}),
    )

    observed = await gateway.read(told, spend=Spend.DUE)

    assert observed.setting.mode == "backup"
    assert script.paths().count("POST /api/login/Basic") == 2


async def test_write_denied_to_a_session_that_died_is_sent_again(
    scripted: Scripting, answers: Answers, told: Told
) -> None:
    operation = answers()["GET /api/operation"]
    gateway, script = scripted(
        answers(
            **{
                "POST /api/operation": [DENIED, httpx.Response(200)],
                "GET /api/operation": [DENIED, operation],
            }
        ),
    )

    await gateway.write(CHARGED, None, told)

    assert script.paths().count("POST /api/operation") == 2
    assert gateway.limits.can_write


async def test_run_denied_right_after_a_login_is_no_refusal(
    scripted: Scripting, answers: Answers, told: Told
) -> None:
    gateway, script = scripted(
        answers(**{"GET /api/sitemaster/run": [httpx.Response(401), httpx.Response(202)]})
    )

    await gateway.read(told, spend=Spend.DUE)

    assert script.paths().count("POST /api/login/Basic") == 2
    assert gateway.unsafe is None


async def test_role_that_may_not_write_is_asked_again_within_five_minutes(
    scripted: Scripting, answers: Answers, told: Told, ticking: Clock
) -> None:
    gateway, script = scripted(answers(**{"POST /api/operation": [DENIED, httpx.Response(200)]}))
    with pytest.raises(GatewayRefusedError) as caught:
        await gateway.write(CHARGED, None, told)

    ticking.seconds += caught.value.retry_after
    await gateway.write(CHARGED, None, told)

    assert caught.value.retry_after <= 300
    assert script.paths().count("POST /api/login/Basic") == 1


@pytest.mark.parametrize(
    "odd",
    [
        httpx.Response(200, content=b""),
        httpx.Response(200, content=b"null"),
        httpx.Response(200, json={"version": None}),
        httpx.Response(200, json={"version": 7}),
        httpx.Response(200, json={"version": "?"}),
        httpx.Response(200, content=b'{"version":"1.49.0","version":"25.10"}'),
        httpx.Response(200, content=b'{"version":NaN}'),
        httpx.Response(401),
        httpx.Response(403),
        httpx.Response(404),
    ],
    ids=["empty", "null", "no version", "number", "a word", "twice", "NaN", "401", "403", "404"],
)
async def test_one_odd_answer_about_the_firmware_is_no_verdict(
    scripted: Scripting, answers: Answers, told: Told, odd: httpx.Response
) -> None:
    usual = answers()["GET /api/status"]
    gateway, _ = scripted(answers(**{"GET /api/status": [odd, usual]}))

    await gateway.write(CHARGED, None, told)

    assert gateway.limits.can_write


@pytest.mark.parametrize("odd", [b"", b"null", b'{"version":7}'])
async def test_odd_answers_about_the_firmware_are_asked_again_soon(
    scripted: Scripting, answers: Answers, told: Told, odd: bytes
) -> None:
    gateway, script = scripted(answers(**{"GET /api/status": httpx.Response(200, content=odd)}))

    with pytest.raises(GatewayProtocolError):
        await gateway.write(CHARGED, None, told)
    script.answers["GET /api/status"] = answers()["GET /api/status"]
    await gateway.write(CHARGED, None, told)

    assert gateway.limits.can_write


async def test_firmware_that_is_not_told_is_asked_for_before_every_write(
    scripted: Scripting, answers: Answers, told: Told
) -> None:
    """A Powerwall 3 answers 404; so did gateways of 21.20.3 for an hour."""
    gateway, script = scripted(answers(**{"GET /api/status": httpx.Response(404)}))

    with pytest.raises(GatewayRefusedError, match="Powerwall 3"):
        await gateway.write(CHARGED, None, told)
    script.answers["GET /api/status"] = answers()["GET /api/status"]
    await gateway.write(CHARGED, None, told)

    assert gateway.limits.can_write


async def test_packed_body_is_not_unpacked(
    scripted: Scripting, answers: Answers, told: Told
) -> None:
    packed = gzip.compress(gzip.compress(b"x" * 1_000_000))
    gateway, script = scripted(
        answers(
            **{
                "GET /api/status": lambda _: httpx.Response(
                    200, headers={"content-encoding": "gzip, gzip"}, stream=Body(packed)
                )
            }
        )
    )

    with pytest.raises(GatewayProtocolError):
        await gateway.identify(told)

    assert script.requests[0].headers["accept-encoding"] == "identity"


async def test_sitemaster_that_stops_by_itself_is_noticed_and_run_again(
    scripted: Scripting, answers: Answers, told: Told
) -> None:
    gateway, script = scripted(answers())
    await gateway.write(CHARGED, None, told)
    up, down = (httpx.Response(200, json={"running": flag}) for flag in (True, False))
    script.answers["GET /api/sitemaster"] = [down, down, up]

    health = await gateway.read(told, spend=Spend.FREE, want=frozenset({Part.HEALTH}))
    unsafe = gateway.unsafe
    await gateway.make_safe(told)

    assert health.running is False
    assert "stands still" in unsafe
    assert gateway.unsafe is None
    assert script.paths().count("POST /api/login/Basic") == 1


async def test_battery_that_stands_still_is_held_up_by_no_refusal(
    scripted: Scripting, answers: Answers, told: Told
) -> None:
    """Logins that were accepted and refused their work; one more is what it takes to run it."""
    up, down = (httpx.Response(200, json={"running": flag}) for flag in (True, False))
    gateway, script = scripted(answers(**{"GET /api/operation": DENIED}))
    with pytest.raises(GatewayRefusedError):
        await gateway.read(told, spend=Spend.DUE)
    script.answers["GET /api/sitemaster"] = [down, up]
    script.answers["GET /api/sitemaster/run"] = [httpx.Response(401), httpx.Response(202)]

    await gateway.make_safe(told)

    assert gateway.unsafe is None


async def test_refusal_tells_whether_the_write_was_delivered(
    scripted: Scripting, answers: Answers, told: Told
) -> None:
    gateway, _ = scripted(answers(**{"GET /api/status": httpx.ConnectError("")}))
    with pytest.raises(GatewayUnreachableError) as before:
        await gateway.write(CHARGED, None, told)
    gateway, _ = scripted(answers(**{"GET /api/config/completed": httpx.ReadError("")}))
    with pytest.raises(GatewayUnreachableError) as after:
        await gateway.write(CHARGED, None, told)

    assert before.value.delivered == "no"
    assert after.value.delivered == "unknown"

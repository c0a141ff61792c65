"""Forms that were sent: small, plain, and only with the token of the session that showed them."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import Request

from scheduler.outlets.web.address import QuestionError
from scheduler.outlets.web.guests import Guest

TOKEN: Final = "token"  # noqa: S105 -- the name of a field
PATIENCE: Final = 10.0
"""Seconds in which a form has come, or somebody only wants to keep others out."""
_LONGEST: Final = 16_384
_FIELDS: Final = 32

Form = Mapping[str, str]


async def read(request: Request) -> Form:
    """The fields of a form. Raises QuestionError, or HTTPException where it is too long."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise QuestionError("This is no form of the page.")
    try:
        async with asyncio.timeout(PATIENCE):
            body = await _body(request)
    except TimeoutError:
        raise HTTPException(408, "The form did not come.") from None
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_FIELDS))
    except ValueError:
        raise QuestionError("This is no form of the page.") from None


async def _body(request: Request) -> bytes:
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > _LONGEST:
            raise HTTPException(413, "The form is too long.")
    return body


def check(form: Form, session: Guest) -> None:
    """Raises HTTPException unless the form was shown to this very session."""
    if not hmac.compare_digest(form.get(TOKEN, "").encode(), session.token.encode()):
        raise HTTPException(
            403,
            "Nothing was done: the form is of another session. Load it anew, and send it again.",
        )


def text(form: Form, name: str) -> str:
    """A field without the blanks around it."""
    return form.get(name, "").strip()

"""The requests of a first sign-in, one function a step; each checks what it has done.

Knows no terminal: what a person is asked and told is the command's.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from urllib.parse import parse_qs, urlencode, urlsplit

from scheduler.errors import (
    ConfigurationError,
    GatewayBusyError,
    GatewayError,
    GatewayProtocolError,
    GatewayRefusedError,
)
from scheduler.gateway.careful import Unkept
from scheduler.gateway.exchange import Call
from scheduler.gateway.fleet.access import TOKEN_PATH
from scheduler.gateway.fleet.answers import CloudReply, Token, failure
from scheduler.gateway.fleet.hosts import Hosts, is_here
from scheduler.gateway.fleet.readings import EnergySite, sites_of
from scheduler.gateway.fleet.tokens import TokenFile, Tokens, can_be_sent, claims
from scheduler.gateway.fleet.wire import CloudWire

KEY_PATH: Final = "/.well-known/appspecific/com.tesla.3p.public-key.pem"
SCOPES: Final = "openid offline_access energy_device_data energy_cmds"
_PARTNER_SCOPES: Final = "openid energy_device_data energy_cmds"
"""An app for energy alone is refused a token for vehicles."""
NEEDED: Final = {
    "energy_device_data": "Energy Product Information",
    "energy_cmds": "Energy Product Commands",
    "offline_access": "access while you are away",
}
_TAKEN: Final = "already been taken"


@dataclass(frozen=True, slots=True)
class Client:
    id: str
    secret: str = field(repr=False)


class SetUp:
    """One set-up against one region."""

    def __init__(self, wire: CloudWire, hosts: Hosts) -> None:
        self._wire, self._hosts = wire, hosts

    async def check_key(self, domain: str, public_pem: str) -> None:
        """See that the public key stands where the cloud will look for it. Raises
        ConfigurationError with what is wrong."""
        base = origin_of(domain)
        reply = await self._wire.send(Call("look", "GET", KEY_PATH, base=base), Unkept())
        if reply.status != 200:
            raise ConfigurationError(
                f"{base}{KEY_PATH} answers {reply.status}, and it must answer with the key. Put "
                "the key there (GitHub Pages needs an empty file .nojekyll), wait some minutes, "
                "and run this again."
            )
        if "".join(reply.body.decode("utf-8", "replace").split()) != "".join(public_pem.split()):
            raise ConfigurationError(
                f"{base}{KEY_PATH} holds another key than the one made here. Put this one there."
            )

    async def partner_token(self, client: Client) -> str:
        """A token of the app itself; shows that id and secret are right."""
        form = {
            "grant_type": "client_credentials",
            "client_id": client.id,
            "client_secret": client.secret,
            "scope": _PARTNER_SCOPES,
            "audience": self._hosts.api,
        }
        answer = await self._tokens(form, "The app's id or secret is not right.")
        return str(answer["access_token"])

    async def register(self, domain: str, partner_token: str) -> None:
        """Register the domain in this region, once; that it is registered already is as good."""
        call = Call("register", "POST", "/api/1/partner_accounts", {"domain": domain})
        reply = await self._wire.send(call, Unkept(), Token(partner_token))
        if reply.fine or (reply.status == 422 and _TAKEN in reply.complaint):
            return
        raise GatewayRefusedError(
            {
                412: f"https://{domain} is not among the allowed origins of the app. Add it there, "
                "in small letters and without a slash at its end.",
                424: f"Tesla cannot fetch the key from https://{domain}{KEY_PATH}. Wait some "
                "minutes, and run this again.",
            }.get(reply.status)
            or str(self._failure(call, reply)),
            delivered="no",
        )

    async def exchange(self, client: Client, code: str, redirect: str, now: datetime) -> Tokens:
        """The first pair of tokens. Raises GatewayRefusedError that names a box not ticked."""
        form = {
            "grant_type": "authorization_code",
            "client_id": client.id,
            "client_secret": client.secret,
            "code": code,
            "audience": self._hosts.api,
            "redirect_uri": redirect,
        }
        answer = await self._tokens(form, "The code is used up or too old; sign in once more.")
        tokens = first_tokens(client.id, answer, now)
        check_rights(tokens.access)
        return tokens

    async def region(self, token: str) -> tuple[str, str]:
        found = (await self._asked("/users/region", token)).object()
        return str(found.get("region", "")).lower(), str(found.get("fleet_api_base_url", ""))

    async def sites(self, token: str) -> tuple[EnergySite, ...]:
        return sites_of((await self._asked("/products", token)).response)

    async def _asked(self, path: str, token: str) -> CloudReply:
        call = Call("look", "GET", f"/api/1{path}")
        reply = await self._wire.send(call, Unkept(), Token(token))
        if not reply.fine:
            raise self._failure(call, reply)
        return reply

    async def _tokens(self, form: Mapping[str, str], refused: str) -> Mapping[str, object]:
        call = Call("login", "POST", TOKEN_PATH, form=form, base=self._hosts.tokens)
        reply = await self._wire.send(call, Unkept())
        if reply.status in (400, 401, 403) and not reply.foreign:
            said = self._wire.shown(reply.complaint)
            raise GatewayRefusedError(f"{refused} It says: {said}.", delivered="no")
        if not reply.fine:
            raise self._failure(call, reply)
        if not can_be_sent(reply.mapping().get("access_token")):
            raise GatewayProtocolError("The sign-in answered without a token.", delivered="no")
        return reply.mapping()

    def _failure(self, call: Call, reply: CloudReply) -> GatewayError:
        return failure(self._wire.where, call, reply, self._wire.shown(reply.complaint))


def sign_in_address(hosts: Hosts, client_id: str, redirect: str, state: str) -> str:
    """Where a person signs in and ticks the boxes."""
    query = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": redirect,
        "scope": SCOPES,
        "state": state,
        "nonce": secrets.token_urlsafe(16),
        "prompt_missing_scopes": "true",
    }
    return f"{hosts.sign_in}/oauth2/v3/authorize?{urlencode(query)}"


def first_tokens(client_id: str, answer: Mapping[str, object], now: datetime) -> Tokens:
    """The pair of a first answer. Raises GatewayProtocolError."""
    try:
        found = Tokens(client_id, "", "", now, now).renewed(answer, now)
    except ValueError:
        raise GatewayProtocolError(
            "The sign-in answered without a token that renews it. Sign in once more, and allow "
            "access while you are away.",
            delivered="no",
        ) from None
    return Tokens(client_id, found.access, found.refresh, found.expires_at, now)


def check_rights(access: str) -> None:
    """Raises GatewayRefusedError for a box that was not ticked; says nothing of an opaque token."""
    given = claims(access).get("scp")
    if not isinstance(given, list):
        return
    missing = [words for scope, words in NEEDED.items() if scope not in given]
    if missing:
        raise GatewayRefusedError(
            f"These boxes were not ticked: {', '.join(missing)}. Sign in once more and tick them.",
            delivered="no",
        )


def code_in(text: str, state: str) -> str:
    """The code in what a person pastes: the address the browser went to, or the code itself.
    Raises ValueError."""
    pasted = text.strip()
    if "?" not in pasted and "=" not in pasted:
        if not pasted.isascii() or len(pasted) < 8:
            raise ValueError("This is no address with a code in it.")
        return pasted
    query = parse_qs(urlsplit(pasted).query or pasted)
    if "error" in query:
        raise ValueError(f"The sign-in ended with: {query['error'][0][:80]}.")
    if query.get("state", [""])[0] != state:
        raise ValueError("This address is of another sign-in. Open the one shown above.")
    if not query.get("code", [""])[0]:
        raise ValueError("There is no code in this address.")
    return query["code"][0]


def origin_of(domain: str) -> str:
    """The address of a domain; plain HTTP for this machine alone."""
    host = domain.partition(":")[0]
    return f"http://{domain}" if is_here(host) else f"https://{domain}"


def store(file: TokenFile, tokens: Tokens) -> None:
    """Put a sign-in in its file, while no process renews the one before. Raises GatewayError."""
    try:
        with file.lock.held_for(60.0):
            file.keep(tokens)
    except OSError as error:
        raise GatewayBusyError(
            f"{file.path}: the sign-in cannot be stored: {error.strerror}.", delivered="no"
        ) from error

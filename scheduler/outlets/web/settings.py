"""What `tou web` has to be told; docs/page.md says what each means."""

from __future__ import annotations

import ipaddress
from typing import Annotated

from pydantic import AfterValidator, SecretStr, field_validator

from scheduler.environment import Flag, FromEnvironment, OptionalSecret, OptionalText
from scheduler.outlets.web import address, people
from scheduler.outlets.web.address import Listen
from scheduler.outside import said


def _listen(text: str) -> str:
    address.listen(text)
    return text


def _people(secret: SecretStr | None) -> SecretStr | None:
    people.parse(secret.get_secret_value() if secret else "")
    return secret


def _proxy(text: str | None) -> str | None:
    try:
        return str(ipaddress.ip_address(text)) if text else None
    except ValueError:
        shown = said(text, limit=40)
        raise ValueError(f'"{shown}" is no IP address. Write one such as 127.0.0.1.') from None


class WebSettings(FromEnvironment):
    """Where the page answers, who may come in, and whether it acts."""

    web_listen: Annotated[str, AfterValidator(_listen)] = address.DEFAULT
    web_act: Flag = False
    web_passwords: Annotated[OptionalSecret, AfterValidator(_people)] = None
    web_url: Annotated[OptionalText, AfterValidator(address.origin)] = None
    web_proxy: Annotated[OptionalText, AfterValidator(_proxy)] = None

    @property
    def listen(self) -> Listen:
        """Where the page answers."""
        return address.listen(self.web_listen)

    @field_validator("*", mode="before")
    @classmethod
    def _one_line(cls, value: object) -> object:
        """Passwords stand one a line in their credential; no other value has a blank in it."""
        return super()._one_line(" ".join(value.split()) if isinstance(value, str) else value)

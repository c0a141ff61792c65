"""What the cloud's answers about keys and addresses mean, in every spelling that was seen."""

from typing import Any

import pytest

from scheduler.gateway.v1r import registration
from scheduler.gateway.v1r.registration import Pairing

OURS = "MIICCgKCAgEA"


def listed(*clients: dict[str, Any], spelling: str = "Payload") -> dict[str, Any]:
    upper = spelling == "Payload"
    room, message = ("Authorization", "Message") if upper else ("authorization", "message")
    name = "ListAuthorizedClientsResponse" if upper else "list_authorized_clients_response"
    return {"message": {spelling: {room: {message: {name: {"clients": list(clients)}}}}}}


@pytest.mark.parametrize(
    ("state", "pairing"),
    [
        (1, Pairing.PENDING),
        (2, Pairing.TIMED_OUT),
        (3, Pairing.VERIFIED),
        (4, Pairing.REMOVED),
        ("AUTHORIZED_STATE_VERIFIED", Pairing.VERIFIED),
        ("PENDING_VERIFICATION", Pairing.PENDING),
        ("pending_verification_timeout", Pairing.TIMED_OUT),
        (9, Pairing.UNKNOWN),
        (None, Pairing.UNKNOWN),
        (True, Pairing.UNKNOWN),
    ],
)
@pytest.mark.parametrize("spelling", ["Payload", "payload"])
def test_the_state_of_our_key_is_found_in_both_spellings(
    state: bool | int | str | None, pairing: Pairing, spelling: str
) -> None:
    other = {"public_key": "another", "state": 3}
    answer = listed(other, {"public_key": OURS, "state": state}, spelling=spelling)

    assert registration.state_in(answer, OURS) is pairing


@pytest.mark.parametrize("answer", [None, {}, [], "no", listed(), {"clients": None}])
def test_a_key_that_is_not_told_of_is_not_known(
    answer: str | dict[str, Any] | list[Any] | None,
) -> None:
    assert registration.state_in(answer, OURS) is Pairing.UNKNOWN


def test_a_provider_that_lists_them_plainly_is_understood() -> None:
    answer = {"clients": [{"public_key": OURS, "state": 3}]}

    assert registration.state_in(answer, OURS) is Pairing.VERIFIED


def network(**links: Any) -> dict[str, Any]:
    return {"message": {"Payload": {"Common": {"GetNetworkingStatusResponse": links}}}}


@pytest.mark.parametrize(
    ("links", "address"),
    [
        ({"eth": {"ipv4_config": {"address": 3232235786}}}, "192.168.1.10"),
        ({"eth": {"ipv4_config": {"address": "192.168.1.10"}}}, "192.168.1.10"),
        (
            {"wifi": {"active_route": True, "ipv4_config": {"address": "10.0.0.7"}}, "eth": {}},
            "10.0.0.7",
        ),
        ({"wifi": {"ipv4_config": {"address": "10.0.0.7"}}}, None),
        ({"eth": {"ipv4_config": {"address": 0}}}, None),
        ({"eth": {"ipv4_config": {"address": "8.8.8.8"}}}, None),
        ({"eth": None, "gsm": {"ipv4_config": {"address": "10.0.0.9"}}}, None),
    ],
    ids=["number", "text", "wifi in use", "wifi idle", "nought", "public", "mobile"],
)
def test_the_address_is_that_of_the_home(links: dict[str, Any], address: str | None) -> None:
    assert registration.address_in(network(**links)) == address

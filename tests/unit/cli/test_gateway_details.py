"""What is shown of a gateway's own data, and what is hidden of it."""

from typing import Any

import pytest

from scheduler.cli.gateway_details import PRIVATE, lines, shown


@pytest.mark.parametrize(
    "value",
    [
        {"vin": "1232100-00-E--T0000000000000"},
        {"PackageSerialNumber": "T0000000000000"},
        {"email": "owner@example.net"},
        {"site_name": "Our house"},
        {"network_name": "our-wifi"},
        {"text": "ask owner@example.net"},
        {"din": "x"},
        {"a": [{"ip_address": "192.168.1.7"}]},
        {"info": "192.168.1.7 and 00:11:22:33:44:55"},
    ],
)
def test_private_data_is_hidden_by_its_key_or_its_look(value: dict[str, Any]) -> None:
    hidden = str(shown(value, private=False))

    assert PRIVATE in hidden
    assert not any(
        each in hidden for each in ("T000", "example.net", "house", "wifi", "192.", "00:11", "'x'")
    )


def test_private_data_is_shown_to_who_asks_for_it() -> None:
    assert shown({"email": "owner@example.net"}, private=True) == {"email": "owner@example.net"}


def test_what_is_not_private_is_shown_as_it_is_told() -> None:
    value = {"version": "1.49.0", "running": True, "percentage": 69.2, "solars": [], "name": ""}

    assert shown(value, private=False) == value


def test_a_terminal_is_told_nothing_that_it_would_obey() -> None:
    assert shown({"a\x1b[2J": "b\x1b[2J"}, private=True) == {"a\\x1b[2J": "b\\x1b[2J"}


def test_depth_without_end_is_cut_off() -> None:
    deep: object = 1
    for _ in range(500):
        deep = [deep]

    assert "..." in str(shown(deep, private=False))


def test_each_value_has_a_line_under_the_path_it_was_read_from() -> None:
    found = {"sitemaster": {"running": True}, "config": "needs a session", "faults": []}

    text = [" ".join(line.split()) for line in lines(found)]

    assert text == [
        "",
        "sitemaster",
        "running yes",
        "",
        "config",
        "needs a session",
        "",
        "faults",
        "-",
    ]

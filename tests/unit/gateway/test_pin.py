"""Which certificate is trusted, and which addresses name a gateway."""

from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from scheduler.errors import SettingsError
from scheduler.gateway.local import pin

HEX = "0f" * 32


@pytest.mark.parametrize(
    "spelling",
    [
        pytest.param(HEX, id="lower case"),
        pytest.param(HEX.upper(), id="upper case"),
        pytest.param(":".join(["0F"] * 32), id="as openssl prints it"),
        pytest.param(f"  {HEX}\n", id="with white space"),
        pytest.param(" ".join(["0f"] * 32), id="in pairs"),
        pytest.param("SHA256=" + ":".join(["0F"] * 32), id="with its name"),
    ],
)
def test_fingerprint_is_accepted_in_any_usual_spelling(spelling: str) -> None:
    assert pin.normalise(spelling) == HEX


@pytest.mark.parametrize("text", ["", "0f", HEX + "0", "zz" * 32, "password"])
def test_fingerprint_of_another_length_names_its_variable(text: str) -> None:
    with pytest.raises(SettingsError, match="TOU_GATEWAY_FINGERPRINT"):
        pin.normalise(text)


def test_fingerprint_is_shown_as_openssl_shows_it() -> None:
    assert pin.with_colons(HEX) == ":".join(["0F"] * 32)


def test_nothing_is_trusted_without_pairing() -> None:
    with pytest.raises(SettingsError, match="tou gateway trust"):
        pin.trusted_fingerprint(None, None)


@pytest.mark.parametrize(
    ("url", "address", "shown"),
    [
        ("https://powerwall", ("powerwall", 443), "https://powerwall"),
        ("https://PowerWall/", ("powerwall", 443), "https://powerwall"),
        (" https://192.168.1.10:8443 ", ("192.168.1.10", 8443), "https://192.168.1.10:8443"),
        ("https://[fe80::1]:443", ("fe80::1", 443), "https://[fe80::1]"),
    ],
)
def test_address_has_one_spelling(url: str, address: tuple[str, int], shown: str) -> None:
    assert pin.address_of(url) == address
    assert pin.shown_address(url) == shown


@pytest.mark.parametrize(
    "url",
    [
        "http://powerwall",
        "powerwall",
        "192.168.1.10",
        "",
        "https://",
        "https://powerwall:port",
        "https://powerwall:99999",
        "ftp://powerwall",
        "https://powerwall/api",
        "https://powerwall?x=1",
        "https://[::1",
    ],
)
def test_address_that_is_no_gateways_names_its_variable(url: str) -> None:
    with pytest.raises(SettingsError, match="TOU_GATEWAY_URL"):
        pin.address_of(url)


def test_address_with_a_password_in_it_is_refused_without_showing_it() -> None:
    with pytest.raises(SettingsError) as caught:
        pin.address_of("https://installer:hunter2@powerwall")

    assert "hunter2" not in str(caught.value)
    assert "TOU_GATEWAY_PASSWORD" in str(caught.value)


def test_certificate_that_cannot_be_parsed_still_has_its_fingerprint() -> None:
    found = pin.describe(b"not a certificate")

    assert found.fingerprint == pin.fingerprint_of(b"not a certificate")
    assert (found.subject, found.names, found.not_after) == ("", (), None)


def test_subject_of_a_certificate_is_fit_to_be_shown() -> None:
    """Anybody can write what they like into one, and it is shown before it is trusted."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a\x1b[2Jb")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2027, 1, 1, tzinfo=UTC))
        .sign(key, hashes.SHA256())
    )

    shown = pin.describe(made.public_bytes(serialization.Encoding.DER))

    assert "\x1b" not in shown.subject
    assert "a" in shown.subject

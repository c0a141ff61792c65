"""What tells one firmware from another, as frozen values; no state and no sockets.

Each profile is the one before it with the differences of its time, so a line here is a change
that somebody saw in the field. What nobody has seen is marked U and is our choice.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal

Stops = Literal["always", "installer", "never"]

# Open in every firmware: the login itself, and what a portal shows before it.
_OPEN: Final = frozenset(
    {
        "status",
        "login/Basic",
        "logout",
        "auth/toggle/supported",
        "auth/toggle/start",
        "auth/toggle/login",
        "customer/registration",  # 20.49+: two sources disagree; open here
    }
)


@dataclass(frozen=True, slots=True)
class Profile:
    name: str
    version: str
    """As /api/status prints it, with its odd newline or hash."""
    git_hash: str
    released: int
    """Place in time, for asking which of two is newer."""
    plain_http: bool = True
    any_user: bool = True
    """The login name is ignored, and S plus the serial is a password."""
    needs_force: bool = False
    """A login that would stop a running sitemaster is refused without force_sm_off."""
    bad_credentials: str = "Invalid Credentials"
    customer: bool = False
    installer_needs_switch: bool = False
    login_stops: Stops = "always"
    login_time: bool = False
    login_limit: int | None = None
    """Logins within ten minutes before 429; the real figure is unknown (U)."""
    dead_token: int = 401
    """403 since 20.49; before it an expired bearer gets 401, even on open endpoints."""
    reads_need_session: bool = False
    says_json: bool = False
    """Reads and errors say application/json. Both types occur: captures of 2019 and 2024 have
    text/plain on writes and logins, but pypowerwall takes reads, and tesla-powerwall the texts of
    errors (quoted in home-assistant/core #129440), from application/json only."""
    guarded: frozenset[str] = frozenset({"operation"})
    """What needs a session while reads are open."""
    mode_key: str = "mode"
    freq_shift: tuple[float, float] | None = None
    autonomous: bool = False
    commit_has_body: bool = False
    commit_counts: bool = False
    commit_lags: bool = False
    stop_is_post: bool = False
    sitemaster: Literal["uptime", "status", "can_reboot"] = "uptime"
    status: Literal["2018", "2020", "2021", "2023"] = "2018"
    meters: Literal["2018", "2020", "2021"] = "2018"
    powerwalls: Literal["2018", "2021"] = "2018"
    grid_code_nested: bool = False
    grid_services: bool = False
    system_status: bool = False
    islanding: Literal["absent", "open", "forbidden"] = "absent"
    vitals: bool = False
    update_rest: tuple[str, str] = ("/update_failed", "nonactionable")
    update_details: bool = False
    device_type: str = "hec"
    site_ca: bool = False
    """The certificate names a per-device authority as its issuer."""

    @property
    def number(self) -> str:
        """The version without white space and hash, such as 1.15.0 or 21.44."""
        return self.version.split()[0]

    def needs_session(self, path: str) -> bool:
        """Whether a request to this path (without /api/) must carry a live session."""
        if path in _OPEN:
            return False
        return self.reads_need_session or path in self.guarded


_V1_15 = Profile(
    name="1.15",
    version="1.15.0\n",
    git_hash="dc337851c6cad15a7e9c7223d60fff719eb8da4d\n",
    released=0,
)
_V1_18 = replace(
    _V1_15,
    name="1.18",
    version="1.18.0",
    git_hash="5a1be0c9d3f7244e8b60a1c2d3e4f5061728394a",
    released=1,
    needs_force=True,
)
_V1_40 = replace(
    _V1_18,
    name="1.40",
    version="1.40.2",
    git_hash="14f7c1769ec307bba2ea62355a09d01c8e58988c+",
    released=2,
    plain_http=False,
    any_user=False,
    bad_credentials="bad credentials",
    customer=True,
    login_stops="installer",
    login_time=True,  # absent in the capture of 1.15, there in 2021; between them U
    guarded=frozenset(
        {
            "operation",
            "config/completed",
            "sitemaster/run",
            "sitemaster/run_for_commissioning",
            "sitemaster/stop",
            "system/update",
            "system/update/status",
            "system/update/urgency",
        }
    ),
    mode_key="real_mode",
    autonomous=True,
    meters="2020",
    grid_services=True,
    system_status=True,
)
_V1_43_3 = replace(
    _V1_40,
    name="1.43.3",
    version="1.43.3",
    # The captured 172 byte body adds up only with a two-character escape in one field.
    git_hash="7aa2baba3c1f09d2e4b5a6978089706f5e4d3c2b\n",
    released=3,
    commit_has_body=True,
    commit_lags=True,
)
_V1_49 = replace(
    _V1_43_3,
    name="1.49",
    version="1.49.0",
    git_hash="4b8f2d61a07c93e5d1f0b2a4c6e8091a3b5d7f92",
    released=4,
    commit_lags=False,
    sitemaster="status",
)
_V1_50_1 = replace(
    _V1_49,
    name="1.50.1",
    version="1.50.1 c58c2df3",
    git_hash="c58c2df39634961cca04a616d2d4dae80b9f61aa",
    released=5,
    installer_needs_switch=True,
    login_stops="never",
    freq_shift=(0, 0),
    grid_code_nested=True,
    status="2020",
    powerwalls="2021",
)
_V20_49 = replace(
    _V1_50_1,
    name="20.49",
    version="20.49.0 8a1d3c57",
    git_hash="8a1d3c57f20b9e64d8c1a3b5e7092f4c6d8eb0a1",
    released=6,
    reads_need_session=True,
    says_json=True,
    dead_token=403,
    commit_counts=True,
    stop_is_post=True,
    sitemaster="can_reboot",
    meters="2021",
    islanding="open",
    vitals=True,
    update_details=True,
    update_rest=("/update_unknown", "nonactionable"),
    device_type="teg",
)
_V21_44 = replace(
    _V20_49,
    name="21.44",
    version="21.44 223a56cd",
    git_hash="223a56cd575b7b19bad7e12a4ebad0eb52d1f50a",
    released=7,
    freq_shift=(75, -0.32),
    status="2021",
    login_limit=20,
    update_rest=("/update_succeeded", "nonactionable"),
)
_V23_28 = replace(
    _V21_44,
    name="23.28",
    version="23.28.2 27626f98",
    git_hash="27626f98a66cad5c665bbe1d4d788cdb3e94fd33",
    released=8,
    freq_shift=(65, -0.32),
    status="2023",
    site_ca=True,
)
_V24_36 = replace(
    _V23_28,
    name="24.36",
    version="24.36.2 46990655",
    git_hash="46990655c1d2e3f405162738495a6b7c8d9eafb0",
    released=9,
    vitals=False,  # 404 since 23.44
)
_V25_10 = replace(
    _V24_36,
    name="25.10",
    version="25.10.0 92c1b5d4",
    git_hash="92c1b5d4e0f1a2b3c4d5e6f708192a3b4c5d6e7f",
    released=10,
    islanding="forbidden",
)

PROFILES: Final = {
    profile.name: profile
    for profile in (
        _V1_15,
        _V1_18,
        _V1_40,
        _V1_43_3,
        _V1_49,
        _V1_50_1,
        _V20_49,
        _V21_44,
        _V23_28,
        _V24_36,
        _V25_10,
    )
}
"""Oldest first."""


def profile_named(name: str) -> Profile:
    """The profile of a firmware. Raises ValueError that lists the known ones."""
    if name not in PROFILES:
        known = ", ".join(PROFILES)
        raise ValueError(f'No simulated gateway has firmware "{name}". Choose one of {known}.')
    return PROFILES[name]


def upgraded(profile: Profile, version: str | None) -> Profile:
    """What a firmware becomes when it installs `version`: the profile of that name, the same
    manners under another number, or by default the next newer profile."""
    if version in PROFILES:
        return PROFILES[version]
    if version is not None:
        return replace(profile, version=version)
    later = [each for each in PROFILES.values() if each.released > profile.released]
    return later[0] if later else replace(profile, version=_bumped(profile.version))


def _bumped(version: str) -> str:
    year, _, rest = version.partition(".")
    return f"{int(year) + 1}.{rest}"

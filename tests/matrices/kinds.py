"""What the matrices try, for the tests and for the page that counts them."""

from __future__ import annotations

CRASHES = {
    "switch": 25,
    "login": 40,
    "expired session": 40,
    "second crash": 40,
    "firmware check": 15,
    "migration": 10,
    "switch of proxy": 10,
    "switch of v1r": 10,
}
"""Every act that is killed at each of its points, and the fewest points it has."""

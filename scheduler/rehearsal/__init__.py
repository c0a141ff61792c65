"""A year in a minute: the real site on a fast clock, before a battery that lives in memory.

Knows no file but the one of its faults, no network and no process; nothing real is touched.
"""

from scheduler.rehearsal.play import Rehearsal, rehearse
from scheduler.rehearsal.report import Report
from scheduler.rehearsal.strike_file import read_strikes
from scheduler.rehearsal.strikes import KINDS, LEASES, Strike, drawn

__all__ = ["KINDS", "LEASES", "Rehearsal", "Report", "Strike", "drawn", "read_strikes", "rehearse"]

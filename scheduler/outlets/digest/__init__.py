"""The digest of a week: five lines that a tired person reads, then a table. Pure."""

from scheduler.outlets.digest.text import digest
from scheduler.outlets.digest.week import Week

__all__ = ["Week", "digest"]

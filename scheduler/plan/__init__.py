"""What should be true at an instant, and when that changes next.

Pure: no clock, no files, no network. Every answer is a function of the schedule and the instants
given; nothing is remembered but offsets of time zones.
"""

from scheduler.plan.entry import Desired, Plan, PlanEntry, checksum
from scheduler.plan.job_times import jobs, next_job, time_of
from scheduler.plan.leases import Lease, LeaseKind, lease_from_json, pause_at
from scheduler.plan.listing import plan
from scheduler.plan.switches import (
    OVERRIDE_RULE,
    began_at,
    boundaries,
    desired_at,
    next_boundary,
    stretch_of,
)

__all__ = [
    "OVERRIDE_RULE",
    "Desired",
    "Lease",
    "LeaseKind",
    "Plan",
    "PlanEntry",
    "began_at",
    "boundaries",
    "checksum",
    "desired_at",
    "jobs",
    "lease_from_json",
    "next_boundary",
    "next_job",
    "pause_at",
    "plan",
    "stretch_of",
    "time_of",
]

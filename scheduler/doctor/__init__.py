"""What works with the configured gateways and what does not, and what to do: `tou doctor`.

Looks only: never a write, never a login that stops a battery. One more check is one function in
`checks.py` and its name in the table there.
"""

from scheduler.doctor.examine import examine, examine_all
from scheduler.doctor.sign import Sign, Signs, exit_code

__all__ = ["Sign", "Signs", "examine", "examine_all", "exit_code"]

"""What `tou gateway pair` tells a person."""

from __future__ import annotations

from typing import Final

MADE: Final = """\
Step 1 of 3: the key.
  Made {path} (RSA, 4096 bits, readable by its owner alone).
  Whoever has this file can part the house from the grid and lock every other program out:
  keep it on this machine, and in no backup that others read."""

TAKEN: Final = """\
Step 1 of 3: the key.
  Using {path} (key {short})."""

NO_CLOUD: Final = """\
Step 2 of 3: the Powerwall is told of the key, once, by way of the cloud. No sign-in was found here.
  Either   tou gateway login, then tou gateway pair again (your own app, or a token of Teslemetry);
  or       let pypowerwall do it, free and with your Tesla sign-in:
             pip install pypowerwall, then python -m pypowerwall register
           and take over the key it made:
             tou gateway pair --key PATH-TO/tedapi_rsa_private.pem
  The public half, to be registered by any other way, is in {public}."""

TOLD: Final = "Step 2 of 3: the Powerwall was told of the key."
KNOWN: Final = "Step 2 of 3: the Powerwall knows of the key already."

SWITCH: Final = """\
Step 3 of 3: somebody at the Powerwall.
  Go there now; some systems wait ten minutes, others only two.
  Switch ONE unit off, count to fifteen, and switch it on again. A short flick is not seen.
    Powerwall 2: the switch on its right side.  Powerwall 3: on its left, under the red flap.
  With the unit off there is no backup for these seconds."""

WAITING: Final = "  Waiting for at most {wait}; Ctrl-C is harmless, run this again to go on."

TIMED_OUT: Final = """\
The time to move the switch is over. Run `tou gateway pair` again when somebody stands next to the
Powerwall: the same key is then registered anew."""

NOT_YET: Final = """\
Not verified yet. Run `tou gateway pair` again to go on; the key stays the same."""

REMOVED: Final = """\
The key was removed from the Powerwall, by the app or another paired program. It is registered
anew."""

DONE: Final = "The Powerwall takes the key."

WIRED: Final = """\
  TOU_V1R_HOST: the gateway's address on its wired port where a cable is there, such as
  10.42.1.40; else its address in the home network, which some answer on."""
LABEL: Final = """\
  TOU_V1R_PASSWORD: the whole password on the gateway's label; systemd's credential v1r_password
  keeps it out of the file."""
EXTRA: Final = "pip install 'tou-scheduler[v1r]'"

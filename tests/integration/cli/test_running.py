"""The service as the command that stays."""

import os
import subprocess
import sys

ASKED = """\
import sys
from scheduler.cli import main
sys.argv = ["tou", "run"]
try:
    main()
except SystemExit as ended:
    print(ended.code, "click" in sys.modules)
"""


def test_the_service_holds_nothing_of_what_reads_the_words_of_the_commands() -> None:
    env = {**os.environ, "TOU_PULSE": "never"}

    done = subprocess.run(
        [sys.executable, "-c", ASKED], capture_output=True, text=True, env=env, check=True
    )

    assert done.stdout == "78 False\n"
    assert "TOU_PULSE" in done.stderr

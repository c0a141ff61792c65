"""What a transport says of itself before it is opened."""

import subprocess
import sys


def test_no_transport_needs_a_client_to_tell_its_limits() -> None:
    """Every command reads the settings; httpx alone is a tenth of the time of `tou check`."""
    asked = (
        "import sys\n"
        "from scheduler.gateway.registry import TRANSPORTS, settings_of, transport\n"
        "for name in TRANSPORTS: settings_of(name), transport(name)\n"
        "print([each for each in ('httpx', 'h11', 'cryptography') if each in sys.modules])"
    )

    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"

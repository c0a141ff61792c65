#!/bin/sh
# Sets the service up under /opt and /etc; run by `make install` as root. Files that a person may
# have edited are never overwritten. DESTDIR puts everything below another folder, for packaging.
set -eu

here=$(cd "$(dirname "$0")/.." && pwd)
root=${DESTDIR:-}
opt=$root/opt/tou-scheduler
etc=$root/etc/tou-scheduler
units=$root/etc/systemd/system
bin=$root/usr/local/bin
python=${PYTHON:-python3}

if [ -z "$root" ] && [ "$(id -u)" -ne 0 ]; then
  echo "make install writes to /opt and /etc: run it as root (sudo make install)." >&2
  exit 1
fi

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
mkdir -p "$opt" "$etc/schedules" "$units" "$bin"
[ -x "$opt/venv/bin/python" ] || "$python" -m venv "$opt/venv"
"$opt/venv/bin/pip" install --quiet --disable-pip-version-check --upgrade \
  --constraint "$here/constraints.txt" "$here"
cp "$here/README.md" "$here/CHANGELOG.md" "$opt/"

keep() { # keep SOURCE TARGET MODE: copies only where there is nothing yet
  [ -e "$2" ] || install -m "$3" "$1" "$2"
}

keep "$here/schedules/sce-tou-d-4-9pm.yaml" "$etc/schedules/home.yaml" 0644
install -m 0644 "$here/schedules/schedule.schema.json" "$here/schedules/tariff.schema.json" \
  "$etc/schedules/"
keep "$here/systemd/settings.env" "$etc/settings.env" 0644
[ -e "$etc/gateway_password" ] || (umask 077 && : >"$etc/gateway_password")
# The audit's folder, so that pairing can be recorded before the first start. systemd moves it to
# where DynamicUser wants it, and gives it to the service.
[ -e "$root/var/lib/tou-scheduler" ] || install -d -m 0700 "$root/var/lib/tou-scheduler"
install -m 0644 "$here/systemd/tou-scheduler.service" "$units/tou-scheduler.service"
install -m 0755 "$here/systemd/tou" "$bin/tou"

if [ -z "$root" ] && [ -d /run/systemd/system ]; then
  systemctl daemon-reload
fi

cat <<TEXT

tou-scheduler is installed. Next:

  1. Write your schedule:       $etc/schedules/home.yaml
     and check it:              sudo tou check
  2. Put the gateway's login password, alone, into
                                $etc/gateway_password
     and its address into       $etc/settings.env   (TOU_GATEWAY_URL)
  3. Pair its certificate:      sudo tou gateway trust --write $etc/settings.env
  4. Start it:                  sudo systemctl enable --now tou-scheduler
  5. Look at it:                sudo tou status; sudo tou audit; journalctl -u tou-scheduler
TEXT

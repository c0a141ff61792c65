#!/bin/sh
# Sets the service up under /opt and /etc; run by `make install` as root. Files that a person may
# have edited are never overwritten. DESTDIR puts everything below another folder, for packaging.
set -eu
# The modes below are meant; whoever runs this must not change them by a umask.
umask 022

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
# The unit sees no home folder, and a person's Python goes when the person tidies up.
case $root$("$python" -c 'import os, sys; print(os.path.realpath(sys.executable))') in
  /home/* | /root/*)
    echo "$python lives in a home folder, where the service cannot reach it." >&2
    echo "Set PYTHON to the system's: make install PYTHON=/usr/bin/python3" >&2
    exit 1
    ;;
esac

build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT
pip() { # pip VENV WORDS: nothing is installed that is not in a lock file with its hash
  venv=$1
  shift
  "$venv/bin/pip" "$@" --quiet --disable-pip-version-check
}

install -d -m 0755 "$opt" "$etc" "$etc/schedules" "$units" "$bin"
"$python" -m venv "$build/venv"
pip "$build/venv" install --require-hashes --requirement "$here/packaging/build-requirements.txt"
pip "$build/venv" wheel --no-deps --no-build-isolation --wheel-dir "$build/wheel" "$here"
[ -x "$opt/venv/bin/python" ] || "$python" -m venv "$opt/venv"
pip "$opt/venv" install --no-compile --require-hashes \
  --requirement "$here/packaging/requirements.txt"
pip "$opt/venv" install --no-compile --no-deps --force-reinstall \
  --no-index --find-links "$build/wheel" tou-scheduler
if [ -n "$root" ]; then
  # What is packaged runs from /opt, and knows nothing of the folder it was put together in.
  grep -rlIF "$root/opt" "$opt/venv/bin" "$opt/venv/pyvenv.cfg" | while read -r file; do
    sed -i "s|$root/opt|/opt|g" "$file"
  done
fi
"$opt/venv/bin/python" -m compileall -q -f -s "$root" -p / "$opt/venv/lib" || true
install -m 0644 "$here/README.md" "$here/CHANGELOG.md" "$here/LICENSE" "$opt/"
install -d -m 0755 "$opt/docs"
install -m 0644 "$here"/docs/*.md "$opt/docs/"
install -d -m 0755 "$opt/packaging/prometheus" "$opt/packaging/grafana"
install -m 0644 "$here"/packaging/prometheus/*.yaml "$opt/packaging/prometheus/"
install -m 0644 "$here"/packaging/grafana/*.json "$opt/packaging/grafana/"

keep() { # keep SOURCE TARGET MODE: copies only where there is nothing yet
  [ -e "$2" ] || install -m "$3" "$1" "$2"
}

keep "$here/schedules/sce-tou-d-4-9pm.yaml" "$etc/schedules/home.yaml" 0644
install -m 0644 "$here/schedules/schedule.schema.json" "$here/schedules/tariff.schema.json" \
  "$etc/schedules/"
keep "$here/systemd/settings.env" "$etc/settings.env" 0644
keep /dev/null "$etc/gateway_password" 0600
keep /dev/null "$etc/notify_targets" 0600
keep /dev/null "$etc/ping_url" 0600
# The audit's folder, so that pairing can be recorded before the first start. systemd moves it to
# where DynamicUser wants it, and gives it to the service.
[ -e "$root/var/lib/tou-scheduler" ] ||
  { install -d -m 0755 "$root/var/lib" && install -d -m 0700 "$root/var/lib/tou-scheduler"; }
install -m 0644 "$here/systemd/tou-scheduler.service" "$here/systemd/tou-notify.service" "$units/"
install -d -m 0755 "$root/usr/lib/sysusers.d"
install -m 0644 "$here/systemd/tou-readers.conf" "$root/usr/lib/sysusers.d/tou-readers.conf"
install -m 0755 "$here/systemd/tou" "$bin/tou"

if [ -z "$root" ] && [ -d /run/systemd/system ]; then
  systemd-sysusers tou-readers.conf
  systemctl daemon-reload
fi

cat <<TEXT

tou-scheduler is installed${root:+ below $root}. Next:

  1. Write your schedule:       /etc/tou-scheduler/schedules/home.yaml
     and check it:              sudo tou check
  2. Put the gateway's login password, alone, into
                                /etc/tou-scheduler/gateway_password
     and its address into       /etc/tou-scheduler/settings.env   (TOU_GATEWAY_URL)
  3. Pair its certificate:      sudo tou gateway trust --write /etc/tou-scheduler/settings.env
  4. Start it:                  sudo systemctl enable --now tou-scheduler
  5. Look at it:                sudo tou status; sudo tou audit; journalctl -u tou-scheduler
TEXT

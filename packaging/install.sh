#!/bin/sh
# Puts the program under /opt and sets the service up; run by `make install` as root. Files that a
# person may have edited are never overwritten. DESTDIR puts everything below another folder, for
# packaging; PACKAGED=1 lays it down as a package of the system does.
# EXTRAS=none leaves out what the page, the notices, MQTT and the LAN transport v1r need.
set -eu
# The modes below are meant; whoever runs this must not change them by a umask.
umask 022

here=$(cd "$(dirname "$0")/.." && pwd)
root=${DESTDIR:-}
opt=$root/opt/tou-scheduler
python=${PYTHON:-python3}
case ${EXTRAS:-all} in
  all) locked=everything.txt ;;
  none) locked=requirements.txt ;;
  *)
    echo "EXTRAS is $EXTRAS: write all or none." >&2
    exit 1
    ;;
esac

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
"$python" -m venv "$build/venv"
# Nothing is installed that is not in a lock file with its hash.
pip() { "$build/venv/bin/pip" --quiet --disable-pip-version-check "$@"; }

pip install --require-hashes --requirement "$here/packaging/build-requirements.txt"
pip wheel --no-deps --no-build-isolation --wheel-dir "$build/wheel" "$here"
# The new program is whole before it takes the old one's place.
new=$opt/venv.new
rm -rf "$new" "$opt/venv.old"
install -d -m 0755 "$opt"
"$python" -m venv --without-pip "$new"
pip --python "$new/bin/python" install --no-compile --require-hashes \
  --requirement "$here/packaging/$locked"
pip --python "$new/bin/python" install --no-compile --no-deps --no-index \
  --find-links "$build/wheel" tou-scheduler
# It runs from /opt, and knows nothing of the folder it was put together in.
rm -f "$new"/bin/[Aa]ctivate*
grep -rlIF "$new" "$new/bin" "$new/pyvenv.cfg" | while read -r file; do
  sed -i "s|$new|/opt/tou-scheduler/venv|g" "$file"
done
# Nor do the lists of files keep the digests that the commands had there.
find "$new/lib" -name RECORD -exec sed -i '/^\.\.\/\.\.\/\.\.\/bin\//d' {} +
"$new/bin/python" -m compileall -q -f ${PACKAGED:+--invalidation-mode unchecked-hash} -s "$new" -p /opt/tou-scheduler/venv "$new/lib" || true
[ ! -e "$opt/venv" ] || mv "$opt/venv" "$opt/venv.old"
mv "$new" "$opt/venv"
rm -rf "$opt/venv.old"
"$opt/venv/bin/python" -P -m scheduler service install --program-is-there \
  ${root:+--into "$root"} ${PACKAGED:+--packaged}

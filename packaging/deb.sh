#!/bin/sh
# Makes a package for this very release of Debian in the folder that is named: its venv needs the
# Python it was made with. Run by `make deb`; needs dpkg-deb, python3-venv and no root.
set -eu
umask 022

here=$(cd "$(dirname "$0")/.." && pwd)
into=${1:-$here/dist}
python=${PYTHON:-/usr/bin/python3}
field() { "$python" -c "import sys, tomllib; print(tomllib.load(open(sys.argv[1], 'rb'))['project']['$1'])" "$here/pyproject.toml"; }
minor() { "$python" -c "import sys; print('3.%d' % (sys.version_info[1] + $1))"; }
release=$(. /etc/os-release && echo "${ID:-debian}${VERSION_ID:-0}" | sed 's/^debian/deb/')
version=${DEB_VERSION:-$(field version)+$release}
# The newest line of the list of changes is as old as the package says it is.
: "${SOURCE_DATE_EPOCH:=$(git -C "$here" log -1 --format=%ct 2>/dev/null || stat -c %Y "$here/CHANGELOG.md")}"
export SOURCE_DATE_EPOCH

maintainer="The authors of tou-scheduler <tou-scheduler@localhost>"
build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT
stage=$build/stage
DESTDIR=$stage PACKAGED=1 PYTHON=$python sh "$here/packaging/install.sh" >/dev/null

# What a person goes on writing is no part of the package. No settings fit most houses, so that as
# conffiles they would all be edited, and an upgrade without a person would stop at its question:
# postinst writes them once (Debian policy 10.7.3), and what was taken away stays away.
find "$stage/etc/tou-scheduler" -type f ! -name '*.schema.json' -delete
rm -rf "$stage/var" "$stage/opt/tou-scheduler/laid"
doc=$stage/usr/share/doc/tou-scheduler
install -d "$doc" "$stage/DEBIAN"
cp "$here/LICENSE" "$doc/copyright"
gzip -9n >"$doc/changelog.gz" <<TEXT
tou-scheduler ($version) unstable; urgency=medium

  * /opt/tou-scheduler/CHANGELOG.md tells what is new.

 -- $maintainer  $(date -uRd "@$SOURCE_DATE_EPOCH")
TEXT
gzip -9n "$stage"/usr/share/man/man1/*.1
for script in preinst postinst prerm postrm; do
  install -m 0755 "$here/packaging/debian/$script" "$stage/DEBIAN/$script"
done
(cd "$stage" && find etc -type f -name '*.schema.json' -printf '/%p\n' | sort) >"$stage/DEBIAN/conffiles"
cat >"$stage/DEBIAN/control" <<TEXT
Package: tou-scheduler
Version: $version
Architecture: $(dpkg --print-architecture)
Maintainer: $maintainer
Section: utils
Priority: optional
Installed-Size: $(du -sk "$stage" | cut -f1)
Depends: libc6, python3 (>= $(minor 0)), python3 (<< $(minor 1)), systemd
Description: $(field description | sed 's/[,.].*//')
 Keeps a home battery (Tesla Powerwall) at the setting that a time-of-use
 tariff calls for, reads every setting back before it says "confirmed", and
 records every act and its outcome in an SQLite file.
TEXT
mkdir -p "$into"
dpkg-deb --root-owner-group -Z"${DEB_COMPRESSION:-xz}" --build "$stage" "$into" >/dev/null
echo "$into/tou-scheduler_${version}_$(dpkg --print-architecture).deb"

#!/bin/sh
# Puts the app of Home Assistant together in the folder that is named: its files, and what the image
# is made from. Run by `make homeassistant`.
set -eu
umask 022

here=$(cd "$(dirname "$0")/.." && pwd)
into=${1:-$here/dist/homeassistant}/tou_scheduler
rm -rf "$into"
mkdir -p "$into"
cd "$here"
cp -R CHANGELOG.md LICENSE README.md pyproject.toml docs migrations packaging schedules scheduler \
  systemd "$into"
cp -R packaging/homeassistant/. "$into"
cp packaging/Containerfile "$into/Dockerfile"
cp .dockerignore "$into/.dockerignore"
find "$into" -name __pycache__ -prune -exec rm -rf {} +
echo "$into"

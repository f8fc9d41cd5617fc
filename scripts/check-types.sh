#!/bin/sh
# Checks the types of the files that differ from the last commit: seconds, where all of them take half a minute.
# `make test` checks all, since a change can break a file that it does not touch.
set -eu
cd "$(dirname "$0")/.."

if ! git rev-parse --verify --quiet HEAD >/dev/null 2>&1; then
    exec .venv/bin/basedpyright
fi
set --
for file in $(git diff --name-only --diff-filter=d HEAD -- '*.py') $(git ls-files --others --exclude-standard -- '*.py'); do
    set -- "$@" "$file" # no file of ours has a space in its name; a test sees to that
done
[ $# = 0 ] || exec .venv/bin/basedpyright "$@"

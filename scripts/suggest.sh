#!/bin/sh
# Prints the one command that installs what is missing on this system: suggest.sh python|chromium.
set -eu

has() { command -v "$1" >/dev/null 2>&1; }
in_apt() { apt-cache show "$1" >/dev/null 2>&1; }

as_root=
[ "$(id -u)" = 0 ] || as_root='sudo '

python() {
    if has brew; then
        echo 'brew install python@3.13'
        return
    fi
    if has apt-get; then
        for version in 3.13 3.12 3.14; do
            if in_apt "python$version-venv"; then
                echo "${as_root}apt-get install -y python$version python$version-venv"
                return
            fi
        done
    fi
    if has dnf; then
        echo "${as_root}dnf install -y python3.13"
    elif has zypper; then
        echo "${as_root}zypper install -y python313"
    elif has pacman; then
        echo "${as_root}pacman -S --needed python"
    else
        echo 'curl -LsSf https://astral.sh/uv/install.sh | sh'
    fi
}

chromium() {
    if has brew; then
        echo 'brew install --cask chromium'
    elif has apt-get; then
        echo "${as_root}apt-get install -y chromium-headless-shell fonts-dejavu-core fonts-noto-color-emoji"
    elif has dnf; then
        echo "${as_root}dnf install -y chromium-headless"
    elif has zypper; then
        echo "${as_root}zypper install -y chromium"
    elif has pacman; then
        echo "${as_root}pacman -S --needed chromium"
    else
        echo 'install Chromium and set CHROMIUM=/path/to/it'
    fi
}

case ${1:-} in
python | chromium) "$1" ;;
*)
    echo "usage: suggest.sh python|chromium" >&2
    exit 2
    ;;
esac

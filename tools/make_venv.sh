#!/bin/sh
# Make a virtual environment with the newest Python >= 3.11 of this machine: sh tools/make_venv.sh .venv
set -eu
venv=$1

python=
for candidate in python3 python3.14 python3.13 python3.12 python3.11; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        python=$candidate
        break
    fi
done
if [ -z "$python" ]; then
    echo "Steelyard needs Python 3.11 or newer, found $(python3 --version 2>&1 || true)." \
        "Install one, for example with: sudo apt-get install python3.11 python3.11-venv" >&2
    exit 1
fi

# Debian and Ubuntu ship Python without the module that puts pip into a new environment.
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    package=$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
    if [ "$(id -u)" = 0 ]; then
        sudo=
    elif sudo -n true 2>/dev/null; then
        sudo="sudo -n"
    else
        echo "Python's venv module is missing. Install it with: sudo apt-get install $package" >&2
        exit 1
    fi
    echo "Installing $package ..."
    export DEBIAN_FRONTEND=noninteractive
    $sudo apt-get install -qq -y "$package" >/dev/null 2>&1 || {
        $sudo apt-get update -qq
        $sudo apt-get install -qq -y "$package" >/dev/null
    }
fi

rm -rf "$venv"
"$python" -m venv "$venv"

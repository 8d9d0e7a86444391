#!/usr/bin/env bash
# Makes sure of what tests need beyond cargo, installing Debian's packages where this user may.
#
#   test-tools.sh python    Python 3 with venv
#   test-tools.sh node      Node with npm
#   test-tools.sh browser   that, the Node packages of tests/browser, and Chromium, whose path is printed
#
# Ends with 0; or says what is missing and why, and ends with 3.
set -euo pipefail
cd "$(dirname "$0")/.."

NODE_MAJOR_MIN=20

wanted=$1

missing() {
    echo "not tested: what needs $wanted: $1" >&2
    exit 3
}

debian_install() {
    command -v apt-get >/dev/null || return 1
    local sudo=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null && sudo -n true 2>/dev/null || return 1
        sudo=(sudo -n)
    fi
    "${sudo[@]}" apt-get install -y --no-install-recommends "$@" >&2 ||
        { "${sudo[@]}" apt-get update >&2 && "${sudo[@]}" apt-get install -y --no-install-recommends "$@" >&2; }
}

cannot_install="is not installed, and this user cannot install Debian's package"

python() {
    python3 -c 'import ensurepip, venv' 2>/dev/null || debian_install python3 python3-venv ||
        missing "Python with venv $cannot_install python3-venv"
}

node() {
    command -v npm >/dev/null && command node --version >/dev/null 2>&1 || debian_install nodejs npm ||
        missing "Node $cannot_install nodejs"
    local major
    major=$(command node --version | sed -E 's/^v([0-9]+).*/\1/')
    [ "$major" -ge "$NODE_MAJOR_MIN" ] || missing "Node $major is too old, $NODE_MAJOR_MIN is needed"
}

browser() {
    node
    local chromium
    chromium=$(command -v chromium || command -v chromium-browser || true)
    if [ -z "$chromium" ]; then
        debian_install chromium || missing "Chromium $cannot_install chromium"
        chromium=$(command -v chromium) || missing "Debian's package chromium brought no command of that name"
    fi
    (cd tests/browser && PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --no-audit --no-fund --silent >&2) ||
        missing "the Node packages of tests/browser cannot be fetched"
    echo "$chromium"
}

case $wanted in
python | node | browser) "$wanted" ;;
*) echo "no such tools: $wanted" >&2 && exit 2 ;;
esac

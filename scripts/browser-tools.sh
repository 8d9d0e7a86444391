#!/usr/bin/env bash
# Makes sure of what the browser tests need beyond cargo: Node with npm, Debian's Chromium, the Node packages.
# Prints the path of Chromium and ends with 0; or says what is missing and why, and ends with 3.
set -euo pipefail
cd "$(dirname "$0")/.."

NODE_MAJOR_MIN=20

missing() {
    echo "browser tests skipped: $1" >&2
    exit 3
}

# Debian's packages, where this user may install them.
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

command -v node >/dev/null && command -v npm >/dev/null || debian_install nodejs npm ||
    missing "Node is not installed, and this user cannot install Debian's package nodejs"
node_major=$(node --version | sed -E 's/^v([0-9]+).*/\1/')
[ "$node_major" -ge "$NODE_MAJOR_MIN" ] || missing "Node $node_major is too old, $NODE_MAJOR_MIN is needed"

chromium=$(command -v chromium || command -v chromium-browser || true)
if [ -z "$chromium" ]; then
    debian_install chromium || missing "Chromium is not installed, and this user cannot install Debian's package chromium"
    chromium=$(command -v chromium || true)
    [ -n "$chromium" ] || missing "Debian's package chromium brought no command of that name"
fi

export PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1
(cd tests/browser && npm ci --no-audit --no-fund --silent >&2) ||
    missing "the Node packages of tests/browser cannot be fetched"

echo "$chromium"

#!/usr/bin/env bash
# The one test command: installs what the tests need beside a Rust toolchain, then runs them all.
# Arguments go to cargo, e.g. `tests/run.sh --test terminal`. With `--all-servers` first, the tests
# that use a server run on each of those that tests/servers.sh fetches, and on no other.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf 'tests/run.sh: %s\n' "$*" >&2; }

# Runs a command as root: directly, or by sudo where that asks for nothing or can ask somebody.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif sudo -n true 2>/dev/null || { command -v sudo >/dev/null && [ -t 0 ]; }; then
        sudo "$@"
    else
        return 1
    fi
}

# A fresh Debian has no package lists, and old lists name packages that are gone.
install_with_apt() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@" && return
    as_root apt-get update &&
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"
}

# redis-server and redis-cli, by the system's own package manager.
install_redis() {
    if command -v apt-get >/dev/null; then
        install_with_apt redis-server redis-tools
    elif command -v dnf >/dev/null; then
        # Newer releases ship Valkey, with a package that adds the names of Redis.
        as_root dnf install -y redis || as_root dnf install -y valkey-compat-redis
    elif command -v apk >/dev/null; then
        as_root apk add redis
    elif command -v pacman >/dev/null; then
        as_root pacman -Sy --noconfirm redis
    elif command -v brew >/dev/null; then
        brew install redis
    else
        return 1
    fi
}

have_redis() { command -v redis-server >/dev/null && command -v redis-cli >/dev/null; }

if ! command -v cargo >/dev/null; then
    say 'cargo is missing: install a Rust toolchain, see https://rustup.rs'
    exit 1
fi
if ! have_redis; then
    say 'redis-server or redis-cli is missing, installing it'
    # The package manager talks on stderr, so that stdout ends with the tests' own summary.
    install_redis >&2 || true
    if ! have_redis; then
        say 'cannot install them here. Install redis-server and redis-cli 7 or newer, for example'
        say "with 'apt-get install redis-server redis-tools', 'dnf install redis', 'apk add redis',"
        say "'pacman -S redis' or 'brew install redis', and run this again."
        exit 1
    fi
fi

if [ "${1-}" = --all-servers ]; then
    exec bash tests/matrix.sh "${@:2}"
fi
exec cargo test --locked "$@"

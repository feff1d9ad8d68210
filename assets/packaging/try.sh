#!/usr/bin/env bash
# Tries what archive.sh and deb.sh have built for this machine's architecture, as root: unpacks the
# archive to a folder with nothing else and runs the program with that as its root directory, then
# installs and removes the Debian package.
#
#     assets/packaging/try.sh [TARGET]
set -euo pipefail
cd "$(dirname "$0")/../.."

target=${1:-$(rustc -vV | sed -n 's/^host: //p')}
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -1)
name=subscope-$version-$target
bare=$(mktemp -d)
trap 'rm -rf "$bare"' EXIT

(cd target/dist && sha256sum --check --quiet "$name.tar.gz.sha256")
tar -xzf "target/dist/$name.tar.gz" -C "$bare"
# A binary with an interpreter is not static; give it the system's libraries.
if readelf -l "$bare/$name/subscope" | grep -q INTERP; then
    for library in $(ldd "$bare/$name/subscope" | grep -o '/[^ ]*'); do
        install -D "$library" "$bare/$name$library"
    done
fi
chroot "$bare/$name" /subscope --version | grep -F "$version"
chroot "$bare/$name" /subscope help queries >/dev/null

package=$(ls target/dist/subscope_"$version"*_"$(dpkg --print-architecture)".deb)
dpkg -i "$package"
subscope --version | grep -F "$version"
man -w subscope subscope-tail subscope-queries
dpkg -r subscope
if command -v subscope >/dev/null; then
    printf 'try.sh: the package has left %s\n' "$(command -v subscope)" >&2
    exit 1
fi

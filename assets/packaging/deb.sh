#!/usr/bin/env bash
# Packs what archive.sh has built for a target as a Debian package: target/dist/subscope_VERSION_ARCH.deb.
#
#     assets/packaging/deb.sh [TARGET]
set -euo pipefail
cd "$(dirname "$0")/../.."

target=${1:-$(rustc -vV | sed -n 's/^host: //p')}
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -1)
# Cargo.toml names the package's files in this folder.
rm -rf target/dist/deb
cp -r "target/dist/subscope-$version-$target" target/dist/deb
cargo deb --locked --no-build --no-strip --target "$target" --output target/dist/

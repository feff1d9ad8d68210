#!/usr/bin/env bash
# Fills the recipes of package managers for a release and writes them to target/dist/recipes.
#
#     assets/packaging/fill.sh REPOSITORY       such as https://github.com/OWNER/subscope
#
# The archives of the release must be in target/dist: the recipes name their checksums.
set -euo pipefail
cd "$(dirname "$0")/../.."

repository=$1
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -1)
out=target/dist/recipes
mkdir -p "$out"

# Prints the checksum of the archive for a target.
checksum() {
    local file=target/dist/subscope-$version-$1.tar.gz.sha256
    if [ ! -f "$file" ]; then
        printf 'fill.sh: %s is missing\n' "$file" >&2
        return 1
    fi
    cut -d' ' -f1 "$file"
}

linux_x86=$(checksum x86_64-unknown-linux-musl)
linux_arm=$(checksum aarch64-unknown-linux-musl)
mac_x86=$(checksum x86_64-apple-darwin)
mac_arm=$(checksum aarch64-apple-darwin)
for recipe in assets/packaging/recipes/*; do
    sed -e "s|@REPOSITORY@|$repository|g" -e "s|@VERSION@|$version|g" \
        -e "s|@LINUX_X86@|$linux_x86|g" -e "s|@LINUX_ARM@|$linux_arm|g" \
        -e "s|@MAC_X86@|$mac_x86|g" -e "s|@MAC_ARM@|$mac_arm|g" \
        "$recipe" >"$out/$(basename "$recipe")"
done
printf '%s\n' "$out"

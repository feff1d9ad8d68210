#!/usr/bin/env bash
# Builds the program for a target and packs it with its man pages, completions and licences:
# target/dist/subscope-VERSION-TARGET.tar.gz (.zip for Windows) with a .sha256 beside it.
#
#     assets/packaging/archive.sh [TARGET]      the host's target by default
#
# The pages and completions come from the program itself. If it cannot run here, RUNNER names a
# build of the same commit that can. THIRD-PARTY.html and sbom.cdx.json are packed if they are in
# target/dist (notices.sh writes them).
set -euo pipefail
cd "$(dirname "$0")/../.."

target=${1:-$(rustc -vV | sed -n 's/^host: //p')}
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -1)
name=subscope-$version-$target
build=${CARGO_TARGET_DIR:-target}
out=target/dist
folder=$out/$name

cargo build --locked --profile dist --target "$target"

suffix=
case $target in *windows*) suffix=.exe ;; esac
program=$build/$target/dist/subscope$suffix
runner=${RUNNER:-$program}

rm -rf "$folder"
mkdir -p "$folder/man" "$folder/completions"
cp "$program" README.md LICENSE "$folder"
for notice in THIRD-PARTY.html sbom.cdx.json; do
    if [ -f "$out/$notice" ]; then cp "$out/$notice" "$folder"; fi
done
"$runner" man --write "$folder/man"
"$runner" completions bash >"$folder/completions/subscope.bash"
"$runner" completions zsh >"$folder/completions/_subscope"
"$runner" completions fish >"$folder/completions/subscope.fish"
"$runner" completions powershell >"$folder/completions/_subscope.ps1"

cd "$out"
case $target in
*windows*)
    archive=$name.zip
    rm -f "$archive"
    7z a -bd "$archive" "$name" >/dev/null
    ;;
*)
    archive=$name.tar.gz
    # The same files give the same archive.
    tar --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$(git log -1 --format=%ct)" \
        -c "$name" | gzip -9n >"$archive"
    ;;
esac
sha256sum "$archive" >"$archive.sha256"
printf '%s\n' "$out/$archive"

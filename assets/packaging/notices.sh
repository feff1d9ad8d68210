#!/usr/bin/env bash
# Writes what a release says about its dependencies to target/dist: the licences of all crates
# (THIRD-PARTY.html, by cargo-about) and the software bill of materials (sbom.cdx.json, CycloneDX).
set -euo pipefail
cd "$(dirname "$0")/../.."

mkdir -p target/dist
cargo about generate --locked --fail --config assets/packaging/about.toml \
    --output-file target/dist/THIRD-PARTY.html assets/packaging/about.hbs
cargo cyclonedx --format json --override-filename sbom.cdx
# It names the folder of the build.
sed "s|file://$PWD|file:///subscope|g" sbom.cdx.json >target/dist/sbom.cdx.json
rm sbom.cdx.json

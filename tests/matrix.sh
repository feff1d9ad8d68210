#!/usr/bin/env bash
# Runs the tests that start a server once for each server in tests/servers.sh, and prints a table at
# the end. Arguments are passed to cargo instead of the default tests, e.g. `--test server`. Run by
# `tests/run.sh --all-servers`, which makes sure that redis-cli is installed.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -r "$work"' EXIT

# The parts of the test programs that start a server, as `PROGRAM PART`: through support/redis.rs or
# another helper that uses it.
parts_with_a_server() {
    local modules
    modules=$(grep -lE '\bredis::' tests/support/*.rs tests/program/servers/*.rs | sed -E 's|.*/(.*)\.rs|\1|' | paste -s -d '|')
    grep -rlE "\b(support|servers)::(redis|$modules)\b" tests --include='*.rs' |
        sed -E 's|^tests/([^/]+)/([^/.]+).*|\1 \2|' | grep -vE '^(support|bench) |^program servers$' | sort -u
}

# The number of tests that `passed` or `failed`, from cargo's output.
count() { grep -oE "^test result: .*" "$work/output" | grep -oE "[0-9]+ $1" | awk '{n += $1} END {print n + 0}'; }

# Adds a line to the table.
row() { printf '%-11s %-15s %s\n' "$@" >>"$work/table"; }

if [ $# -eq 0 ]; then
    programs=() parts=()
    while read -r program part; do
        programs+=(--test "$program")
        parts+=("$part::")
    done < <(parts_with_a_server)
    set -- "${programs[@]}" -- "${parts[@]}"
fi
cargo test --locked --no-run --tests

row server version result
failed=0
for name in $(bash tests/servers.sh); do
    found=$(bash tests/servers.sh "$name" 2>"$work/said") || found=''
    cat "$work/said" >&2
    if [ -z "$found" ]; then
        row "$name" - "FAILED: $(sed -n '$s/^[^:]*: //p' "$work/said")"
        failed=1
        continue
    fi
    server=${found% *} version=${found##* }
    printf '\ntests/matrix.sh: the tests on %s (%s)\n' "$version" "$server"
    : >"$work/not-applicable"
    result=ok
    SUBSCOPE_TEST_SERVER=$server SUBSCOPE_TEST_NOT_APPLICABLE=$work/not-applicable \
        cargo test --locked --no-fail-fast "$@" 2>&1 | tee "$work/output" || result=FAILED failed=1
    left_out=$(wc -l <"$work/not-applicable")
    row "$name" "${version#*-}" "$result: $(($(count passed) - left_out)) passed, $(count failed) failed, $left_out not applicable"
    sed 's/^/            not applicable: /' "$work/not-applicable" >>"$work/table"
done
echo
cat "$work/table"
exit "$failed"

#!/usr/bin/env bash
# Line coverage of core by the tests of the workspace, file by file where it is below the whole; fails below LEAST percent.
#
# What reads LLVM's counters has to be of the compiler's own LLVM: `rustup component add llvm-tools`, or Debian's llvm-NN.
# Files that hold tests alone are not counted.
set -euo pipefail
cd "$(dirname "$0")/.."
LEAST=${STROWGER_COVERAGE:-95}

version=$(rustc -vV | sed -n 's/^LLVM version: \([0-9]*\).*/\1/p')
own=$(rustc --print target-libdir)/../bin
if [ -x "$own/llvm-profdata" ]; then
    tools=$own
elif command -v "llvm-profdata-$version" > /dev/null; then
    tools=/usr/lib/llvm-$version/bin
else
    echo "coverage: neither rustup's llvm-tools nor llvm-profdata-$version is there" >&2
    exit 1
fi

export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-target}/coverage
export RUSTFLAGS="-C instrument-coverage"
counters=$(realpath -m "$CARGO_TARGET_DIR/counters")
rm -rf "$counters"
# Enough of everything random to come everywhere.
export STROWGER_PAIRS=2000 STROWGER_DATAGRAMS=3000 STROWGER_DOUBLES=2000
# One file for all runs of a program, up to four at a time.
export LLVM_PROFILE_FILE="$counters/%4m.profraw"
mkdir -p "$counters"
programs=$(cargo test -p strowger -p strowger-ffi -p strowger-tests --tests --locked --no-run --quiet --message-format=json-render-diagnostics \
    | sed -n 's/.*"executable":"\([^"]*\)".*/\1/p' | sort -u)
objects=()
for program in $programs; do
    some=()
    case ${program##*/} in
    # It builds whole programs.
    agreement-*) continue ;;
    # All of it would take an hour with its counters.
    prove-*) some=(the_budget_is_kept_and_said_to_be_spent) ;;
    esac
    objects+=(-object "$program")
    (cd tests && "$program" --quiet "${some[@]}") > "$counters/tests.log" 2>&1 || { tail -n 40 "$counters/tests.log" >&2; exit 1; }
    [ ${#some[@]} -eq 0 ] || grep -q " 1 passed" "$counters/tests.log" || { echo "coverage: there is no ${some[*]}" >&2; exit 1; }
done
"$tools/llvm-profdata" merge -sparse "$counters"/*.profraw -o "$counters/all.profdata"
"$tools/llvm-cov" export -format=lcov -instr-profile "$counters/all.profdata" "${objects[@]}" \
    -ignore-filename-regex '(^|[/_])(tests|walk)\.rs$' -sources "$PWD/core/src" > "$counters/lines.lcov"
python3 - "$counters/lines.lcov" "$LEAST" <<'PY'
import sys

# Of each file: lines, and of them those that were run. What stands behind #[cfg(test)] is at its end, and not counted.
files, name, end = {}, "", 0
for record in open(sys.argv[1]):
    kind, _, rest = record.strip().partition(":")
    if kind == "SF":
        name = rest
        text = open(name).read().split("\n")
        end = next((n for n, line in enumerate(text, 1) if line.startswith("#[cfg(test)]")), len(text) + 1)
        files[name] = [0, 0]
    elif kind == "DA":
        line, count = rest.split(",")[:2]
        if int(line) < end:
            files[name][0] += 1
            files[name][1] += int(count) > 0
lines, run = (sum(file[n] for file in files.values()) for n in (0, 1))
least, percent = float(sys.argv[2]), 100 * run / lines
for name, (here, ran) in sorted(files.items(), key=lambda file: file[1][1] / max(file[1][0], 1)):
    if here and 100 * ran / here < percent:
        print(f"  {100 * ran / here:6.2f} %  {here - ran:4} of {here:4} lines not run  {name.split('/core/src/')[-1]}")
print(f"== core: {percent:.2f} % of {lines} lines run by tests (at least {least:g} %)")
sys.exit(percent < least)
PY

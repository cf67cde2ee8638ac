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
programs=$(cargo test -p strowger -p strowger-ffi -p strowger-tests --tests --locked --no-run --quiet --message-format=json \
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
done
"$tools/llvm-profdata" merge -sparse "$counters"/*.profraw -o "$counters/all.profdata"
"$tools/llvm-cov" export -summary-only -instr-profile "$counters/all.profdata" "${objects[@]}" \
    -ignore-filename-regex '(^|[/_])(tests|walk)\.rs$' -sources "$PWD/core/src" > "$counters/summary.json"
python3 - "$counters/summary.json" "$LEAST" <<'PY'
import json, sys
data = json.load(open(sys.argv[1]))["data"][0]
least, whole = float(sys.argv[2]), data["totals"]["lines"]
for file in sorted(data["files"], key=lambda file: file["summary"]["lines"]["percent"]):
    lines = file["summary"]["lines"]
    if lines["percent"] < whole["percent"]:
        name = file["filename"].split("/core/src/")[-1]
        print(f"  {lines['percent']:6.2f} %  {lines['count'] - lines['covered']:4} of {lines['count']:4} lines not run  {name}")
print(f"== core: {whole['percent']:.2f} % of {whole['count']} lines run by tests (at least {least:g} %)")
sys.exit(whole["percent"] < least)
PY

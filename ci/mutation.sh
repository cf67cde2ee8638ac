#!/usr/bin/env bash
# Mutation testing of core by cargo-mutants: each mutant is the engine with one operator, guard or result changed, and the tests have to notice.
#
#   ci/mutation.sh policy [K/N]   all of `policy` and `call/join`, or part K of N of them
#   ci/mutation.sh rest [K/N]     400 of everything else in core, drawn with SEED
#
# Killed are mutants that a test finds or that never end; those that do not compile do not count. Fails below LEAST percent, and for a mutant that
# lives and is not in docs/mutation.md with its reason. A mutant takes half a minute: hours in all, so only `./ci.sh long` runs it.
set -euo pipefail
cd "$(dirname "$0")/.."
LEAST=${STROWGER_MUTATION:-90} SEED=1 SAMPLE=400

which=${1:?policy or rest} part=${2:-0/1}
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target}
tool=$CARGO_TARGET_DIR/ci-tools/bin/cargo-mutants
[ -x "$tool" ] || cargo install --quiet --locked --root "$CARGO_TARGET_DIR/ci-tools" cargo-mutants --version 27.1.0
export PATH="${tool%/*}:$PATH"

# Random enough to come everywhere, and no more of it: every mutant runs it.
export STROWGER_PAIRS=1000 STROWGER_DIFFS=200 STROWGER_DATAGRAMS=2000 STROWGER_ATTEMPTS=1000
own=(--file 'core/src/policy/**' --file core/src/call/join.rs)
case $which in
policy)
    tests=(attacks behalf calls camp changes conference decisions dialing emergency forwarding forwards hold hot_desk hunt_signals hunting images intercept
        outside park pickup redial restriction room room_signals speed taking transfer_signals transferring transfers walks)
    chosen=("${own[@]}")
    ;;
rest)
    # What is slow finds what is found elsewhere; prove's programs and the other parser are not for this.
    mapfile -t tests < <(sed -n 's/^name = "\(.*\)"$/\1/p' tests/Cargo.toml | grep -vxE 'strowger-tests|prove|parsers|agreement|faults')
    chosen=(--re "$(cargo mutants --list --json --package strowger | python3 -c '
import json, random, re, sys
rest = [m["name"] for m in json.load(sys.stdin)
        if not (m["file"].startswith("core/src/policy/") or m["file"] == "core/src/call/join.rs")]
print("^(" + "|".join(re.escape(n) for n in sorted(random.Random(int(sys.argv[1])).sample(rest, int(sys.argv[2])))) + ")$")' "$SEED" "$SAMPLE")")
    ;;
*) echo "mutation: policy or rest, not $which" >&2; exit 2 ;;
esac
out=$CARGO_TARGET_DIR/mutation/$which-${part/\//-of-}
rm -rf "$out"
mkdir -p "$out"
programs=(--lib "${tests[@]/#/--test=}") except=(-- --skip every_broken_oracle_is_caught)
# Nothing is found in the engine as it is: otherwise every mutant would be killed.
cargo test --quiet --locked --package strowger --package strowger-tests "${programs[@]}" "${except[@]}" > "$out/whole.log" 2>&1 || { tail -n 40 "$out/whole.log" >&2; exit 1; }
status=0
# The copy that it changes stands alone: what is shared is not beside it.
env -u CARGO_TARGET_DIR -u CI cargo mutants --package strowger --test-package strowger --test-package strowger-tests "${chosen[@]}" \
    --baseline skip --shard "$part" --sharding round-robin --timeout 300 --no-shuffle --colors never --caught --unviable --output "$out" \
    "${programs[@]/#/--cargo-arg=}" -- "${except[@]}" || status=$?
# 0: all killed; 2: some live; 3: some never end.
case $status in 0 | 2 | 3) ;; *) exit $status ;; esac
python3 - "$out/mutants.out" docs/mutation.md "$LEAST" "$which" <<'PY'
import pathlib, re, sys

out, reasons, least, which = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]).read_text().replace("\\|", "|"), float(sys.argv[3]), sys.argv[4]
lines = {kind: (out / f"{kind}.txt").read_text().splitlines() for kind in ("caught", "missed", "timeout", "unviable")}
killed = len(lines["caught"]) + len(lines["timeout"])
viable = killed + len(lines["missed"])
percent = 100 * killed / max(viable, 1)
# Where it stands changes with every line above it: a mutant is known by its file and what is done there.
unknown = [line for line in lines["missed"] if re.sub(r":\d+:\d+:", ":", line) not in reasons]
for line in unknown:
    print(f"mutation: lives, and has no reason in docs/mutation.md: {line}")
print(f"== mutation, {which}: {killed} of {viable} viable mutants killed, {percent:.1f} % (at least {least:g} %), {len(lines['unviable'])} not viable")
sys.exit(percent < least or bool(unknown))
PY

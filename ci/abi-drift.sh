#!/bin/bash
# abi-drift.sh [--write]: the C ABI of include/strowger.h against the one that was last committed (include/strowger.abi): sizes and places of
# fields and parameters by abidiff, and numbers. --write takes what was added into the committed one, and refuses what was changed or removed.
# Needs gcc, python3 and abigail-tools.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly out=${CARGO_TARGET_DIR:-target}/c committed=include/strowger.abi include=$PWD/include
mkdir -p "$out"
# A library with every function of the header, empty, and a variable of every type, since a type that nobody uses is not looked at.
python3 - include/strowger.h > "$out/shim.c" <<'PY'
import re, sys
header = open(sys.argv[1]).read()
print('#include "strowger.h"')
for name in re.findall(r"^} (stw_\w+);", header, re.M):
    print(f"extern {name} abi_{name};\n{name} abi_{name};")
functions = re.findall(r"^([a-z][a-z_0-9 ]*[ *]+stw_[a-z_]+\([^;{}]*\));", header, re.M)
for prototype in functions:
    print(prototype, "{ __builtin_trap(); }")
declared = set(re.findall(r"^[a-z][a-z_0-9 ]*[ *]+(stw_[a-z_]+)\(", header, re.M))
assert len(functions) == len(declared) > 50, (len(functions), len(declared))
PY
(cd "$out" && gcc -std=c99 -g -fno-eliminate-unused-debug-types -Wno-unused-parameter -fPIC -shared -I"$include" shim.c -o shim.so)
abidw --no-corpus-path --no-comp-dir-path --no-show-locs "$out/shim.so" > "$out/strowger.abi"
if [[ ${1:-} == --write && ! -e $committed ]]; then
    cp "$out/strowger.abi" "$committed"
fi
status=0
abidiff --no-show-locs "$committed" "$out/strowger.abi" > "$out/abi.txt" 2>&1 || status=$?
# Enumerators that are added are no change to abidiff.
numbers() { grep -o "<enumerator name='[^']*' value='[^']*'" "$1" | sort; }
gone=$(comm -23 <(numbers "$committed") <(numbers "$out/strowger.abi"))
added=$(comm -13 <(numbers "$committed") <(numbers "$out/strowger.abi"))
[[ -z $gone ]] || echo "these numbers are gone or others: $gone" >> "$out/abi.txt"
[[ -z $added ]] || echo "these numbers are new: $added" >> "$out/abi.txt"
if ((status & 3)); then
    cat "$out/abi.txt" >&2
    exit 1
elif [[ ${1:-} == --write ]]; then
    if ((status & 8)) || [[ -n $gone ]] || grep -qE '[1-9][0-9]* (Removed|Changed)' "$out/abi.txt"; then
        cat "$out/abi.txt" >&2
        echo "abi-drift.sh: a program that was built before may not work: add instead of changing. Is it a reserved field that came into use, or" >&2
        echo "    is the upper half of STW_ABI_VERSION raised, then remove $committed and write it again" >&2
        exit 1
    fi
    cp "$out/strowger.abi" "$committed"
    echo "== $committed written"
elif ((status != 0)) || [[ -n $gone$added ]]; then
    cat "$out/abi.txt" >&2
    echo "abi-drift.sh: the ABI is not that of $committed: ci/abi-drift.sh --write, after a look at what is above" >&2
    exit 1
else
    echo "== the ABI is that of $committed"
fi

#!/bin/bash
# sizes.sh [--write]: what the engine takes on a Cortex-M4F, against the ceilings of docs/sizes.md; --write puts the figures there.
# Flash is that of linked images, memory is what the engine itself says, and instructions and stack (painted) are those of an emulator that
# counts. Needs what ci/firmware.sh needs, and qemu-system-arm.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly out=${CARGO_TARGET_DIR:-$PWD/target}/firmware
readonly cpu=(-mcpu=cortex-m4 -mthumb -mfloat-abi=hard -mfpu=fpv4-sp-d16)
readonly strict=(-std=c99 -Os "${cpu[@]}" -Wall -Wextra -Wpedantic -Werror -ffunction-sections -fdata-sections -Iinclude)
ci/firmware.sh > /dev/null 2>&1 || ci/firmware.sh > /dev/null
readonly archive=$out/engine.a

flash() { # NAME SOURCE [FLAG...]: the whole image but for the C program's own
    arm-none-eabi-gcc "${strict[@]}" "${@:3}" -ffreestanding -c "$2" -o "$out/flash-$1.o"
    arm-none-eabi-gcc "${cpu[@]}" -nostartfiles -nostdlib -T examples/firmware-link/image.ld -Wl,--gc-sections -Wl,-z,noexecstack "$out/flash-$1.o" \
        "$archive" -o "$out/flash-$1.elf"
    echo "flash $1 $(($(arm-none-eabi-size "$out/flash-$1.elf" | awk 'NR == 2 { print $1 }') - $(arm-none-eabi-size "$out/flash-$1.o" | awk 'NR == 2 { print $1 }')))"
}
measured() {
    flash policy benches/firmware/flash.c
    flash signals benches/firmware/flash.c -DSIGNALS
    flash phone examples/firmware-link/main.c -DPHONE_ONLY
    flash everything examples/firmware-link/main.c
    arm-none-eabi-gcc "${strict[@]}" -Iexamples/firmware benches/firmware/measure.c examples/firmware/board.c "$archive" -nostartfiles \
        --specs=nano.specs -Wl,--defsym=stack_size=0x10000 -T examples/firmware/image.ld -Wl,--gc-sections -Wl,-z,noexecstack -o "$out/measure.elf"
    "$(ci/programs.sh)/strowger" compile examples/c/policy.toml -o "$out/measure.stw" --keys "$out/measure.keys" --for 201 \
        2> "$out/findings" || { cat "$out/findings" >&2; exit 1; }
    printf 'policy %s\nkeyring %s\n' "$(stat -c %s "$out/measure.stw")" "$(stat -c %s "$out/measure.keys")" > "$out/measure.settings"
    timeout 60 qemu-system-arm -M mps2-an386 -display none -monitor none -serial stdio -semihosting-config enable=on,target=native \
        -icount shift=10,sleep=off -kernel "$out/measure.elf" -nic none \
        -device "loader,file=$out/measure.settings,addr=0x00200000,force-raw=on" \
        -device "loader,file=$out/measure.stw,addr=0x00210000,force-raw=on" \
        -device "loader,file=$out/measure.keys,addr=0x00300000,force-raw=on" < /dev/null
}
measured > "$out/measured"
python3 - "$out/measured" docs/sizes.md "${1:-}" <<'PY'
import re, sys
figures = {}
for line in open(sys.argv[1]):
    kind, what, *numbers = line.split()
    if kind == "work":
        figures[what + " instructions"], figures[what + " stack"] = map(int, numbers)
    elif kind in ("flash", "size"):
        figures[(kind + " " if kind == "flash" else "") + what] = int(numbers[0])
    else:
        sys.exit("sizes.sh: " + line)
text = open(sys.argv[2]).read()
failed, seen = False, set()
def row(match):
    global failed
    name, ceiling = match[1].strip(), int(match[3].replace(",", ""))
    seen.add(name)
    now = figures.get(name)
    verdict = "" if now is not None and now <= ceiling else "  <-- over" if now is not None else "  <-- not measured"
    failed |= bool(verdict)
    print(f"{name:45} {now if now is not None else '-':>9} {ceiling:>9}{verdict}")
    return f"| {name} | {now:,} | {match[3].strip()} |" if now is not None else match[0]
text = re.sub(r"^\| ([a-z0-9 -]+) \| ([\d,]+) \| ([\d,]+) \|$", row, text, flags=re.M)
for name in figures.keys() - seen:
    print(f"{name:45} {figures[name]:>9}  <-- without a ceiling in docs/sizes.md")
    failed = True
if sys.argv[3] == "--write":
    open(sys.argv[2], "w").write(text)
sys.exit(failed)
PY
# Nowhere does it reckon with floating point: neither by the processor's unit nor by the compiler's helpers.
floating=$({ arm-none-eabi-objdump -d "$out/flash-everything.elf" | grep -E '\.f(16|32|64)'
    arm-none-eabi-nm "$out/flash-everything.elf" | grep -E '__aeabi_[fd](add|sub|mul|div|cmp|2)'; } || true)
[[ -z $floating ]] || { echo "sizes.sh: floating point: $floating" >&2; exit 1; }
echo "== sizes: all is well, and no floating point"

#!/usr/bin/env bash
# soak.sh GATEWAY FLOOD [SECONDS]: two minutes, or as long as is said, of mixed traffic with reloads, floods and a kill: every call is accounted for, and
# nothing grows.
set -euo pipefail
gateway=$(realpath "$1") flood=$(realpath "$2") seconds=${3:-120}
here=$(cd "$(dirname "$0")" && pwd)
[ "$seconds" -ge 120 ] || { echo "soak: two minutes at least: the tables are warm after one" >&2; exit 2; }
work=$(mktemp -d)
port=25760
trap 'pkill -KILL -f -- "--data $work/" 2> /dev/null || true; rm -rf "$work"' EXIT
bash "$here/policy.sh" 1000 | sed "s/127.0.0.1:25099/127.0.0.1:$((port + 9))/" > "$work/policy.toml"
# So many phones that the tables hold 200 calls a second. The carrier is called more often than anybody may call at once.
printf '[limits]\npublic_calls_per_minute = 1000\npublic_calls_at_once = 100\n' >> "$work/policy.toml"
device='[[device]]\ndn = "1234"\nkind = "sip"\npassword = "Newcomer-in-the-hall-5"\ncos = 1\ncor = 1\ndigest = ["md5"]\n'
{ sed '/^\[\[device\]\]/,$d' "$work/policy.toml"; printf "$device"; sed -n '/^\[\[device\]\]/,$p' "$work/policy.toml"; } > "$work/other.toml"
said=$(timeout $((seconds + 300)) python3 "$here/soak.py" "$gateway" "$work" $port "$seconds" "$flood" 2>&1) || {
    echo "soak: FAILED: $said" >&2
    tail -n 20 "$work/soak.log" >&2 || true
    exit 1
}
! grep -q panicked "$work/soak.log" || { echo "soak: FAILED: the gateway panicked" >&2; exit 1; }
echo "soak: $said"

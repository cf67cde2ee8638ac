#!/usr/bin/env bash
# dissect.sh [CAPTURE [PORT]]: Wireshark reads the set protocol as docs/set-protocol.md has it, with packaging/wireshark/strowger-set.lua.
#
# Without CAPTURE the frames are of frames.py, which is written from the document as well: every kind and every named value comes out exactly,
# every malformed frame is flagged, and no secret is in the info column. With CAPTURE, a pcap of a real connection on PORT (6800), there must be
# what every connection has, and nothing malformed.
set -euo pipefail
export LC_ALL=C.UTF-8
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
finish() { rm -rf "$work"; }
trap finish EXIT
fail() { echo "dissect: FAILED: $*" >&2; exit 1; }
command -v tshark > /dev/null || fail "there is no tshark"

cp "$here/../../packaging/wireshark/strowger-set.lua" "$work/set.lua"
as=()
shark() { # ARGUMENT...: tshark with the dissector, without what this user has set; what it says besides goes to a file
    # Given away, not opened: a capture has secrets.
    [ ${#as[@]} = 0 ] || chown -R 65534:65534 "$work"
    ${as[@]+"${as[@]}"} env HOME="$work" XDG_CONFIG_HOME="$work" tshark "$@" -n -X "lua_script:$work/set.lua" 2>> "$work/said"
}
loads() { shark -G fields > "$work/fields" && grep -q "	strowgerset.kind	" "$work/fields"; }
# The superuser gets no scripts from some versions of tshark, and should not dissect what others sent. Where nobody cannot read the temporary
# directory it is tried all the same.
if [ "$(id -u)" = 0 ]; then as=(setpriv --reuid=65534 --regid=65534 --clear-groups); fi
loads || { as=() && loads; } || fail "tshark does not load the script: $(tail -n 5 "$work/said")"

told() { # NAME ARGUMENT...: all that tshark says of the frames in a capture, to NAME.tree; a dissector that breaks off is never right
    local name=$1
    shift
    : > "$work/said"
    shark -V "$@" > "$work/$name.tree" || fail "$name: tshark: $(tail -n 5 "$work/said")"
    ! grep -i -m 3 -e "lua.*error" -e "dissector bug" -e "malformed packet" "$work/$name.tree" "$work/said" >&2 || fail "$name: the dissector breaks off"
}
frames() { # NAME: our frames of NAME.tree, one a line; some versions of tshark say a MAC twice
    awk '/^[^ ]/ { if (ours) print ""; ours = /^Strowger set protocol/ }
        /^ +MAC: / { sub(/ \(.*\)$/, "") }
        ours && NF { printf "%s\001", $0 } END { if (ours) print "" }' "$work/$1.tree"
}

connection() { # CAPTURE PORT: what must be in a capture of a real connection
    local count kind
    cp "$1" "$work/capture" || fail "there is no capture $1"
    # What came out of order on its way is no fault of the protocol.
    told capture -r "$work/capture" -d "tcp.port==$2,strowgerset" -Y strowgerset -o tcp.reassemble_out_of_order:TRUE
    # What stands in a snapshot is further in.
    sed -n 's/^    Kind: \(.*\) (0x..)$/\1/p' "$work/capture.tree" | sort | uniq -c | sort -rn > "$work/counts"
    [ -s "$work/counts" ] || fail "there is no frame on port $2"
    while read -r count kind; do echo "dissect: $count $kind"; done < "$work/counts"
    ! grep -q "Cut by the capture" "$work/capture.tree" || fail "the capture has not the whole of its packets"
    ! grep -a "^ *\[Malformed: " "$work/capture.tree" > "$work/malformed" || fail "malformed: $(sort "$work/malformed" | uniq -c | head -n 10)"
    for kind in Hello Welcome Registered Snapshot Key Display; do
        grep -q " $kind\$" "$work/counts" || fail "there is no $kind"
    done
    echo "dissect: a real connection has what it must have, and nothing malformed"
}
if [ $# -gt 0 ]; then
    connection "$1" "${2:-6800}"
    exit 0
fi

no_tls=$(python3 "$here/frames.py" "$work")
awk '/^[^ ]/ && NR > 1 { print "" } { printf "%s\001", $0 } END { print "" }' "$work/good.txt" > "$work/good"
differs() { # FRAMES WHY: fails, and shows where they are not the well-formed ones
    diff <(tr '\001' '\n' < "$work/good") <(tr '\001' '\n' < "$1") | head -n 20 >&2 || true
    fail "$2"
}
same() { # NAME WHAT: all frames of NAME are the well-formed ones
    frames "$1" > "$work/$1"
    cmp -s "$work/good" "$work/$1" || differs "$work/$1" "$2: not the frames that were sent"
    echo "dissect: $2: the same $(wc -l < "$work/$1") frames"
}

# The well-formed ones are the first connection.
told all -r "$work/frames.pcap" -Y strowgerset
frames all > "$work/all"
head -n "$(wc -l < "$work/good")" "$work/all" > "$work/first"
mapfile -t wanted < "$work/good"
mapfile -t got < "$work/first"
declare -A right=()
for at in "${!wanted[@]}"; do
    kind=${wanted[at]#*    Kind: } kind=${kind%%$'\001'*}
    [ "${wanted[at]}" = "${got[at]:-}" ] || differs "$work/first" "$kind: not as the document has it"
    right[$kind]=$((${right[$kind]:-0} + 1))
done
# Of each that the document has.
for kind in "Hello (0x01)" "Register (0x02)" "Hook (0x03)" "Key (0x04)" "Opened (0x05)" "Alive (0x06)" "Bye (0x07)" "Welcome (0x81)" \
    "Registered (0x82)" "Refused (0x83)" "Snapshot (0x84)" "Display (0x85)" "Lamp (0x86)" "Tone (0x87)" "Ringer (0x88)" "Audio (0x89)" \
    "Open (0x8a)" "Close (0x8b)" "Send (0x8c)" "Stop (0x8d)" "Alive (0x8e)" "Bye (0x8f)" "Clock (0x90)"; do
    [ -n "${right[$kind]:-}" ] || fail "there is no example of $kind"
    echo "dissect: $kind: ${right[$kind]} as the document has them"
done

# The info column has each frame once, wherever segments end: two frames in one, one in two, three in three.
shark -r "$work/frames.pcap" -o 'gui.column.format:"Stream","%Cus:tcp.stream:0:R","Protocol","%p","Info","%i"' > "$work/columns"
sed -n 's/^ *0 STROWGER-SET //p' "$work/columns" > "$work/info"
diff <(sed -n 's/^Strowger set protocol, //p' "$work/good.txt") <(sed 's/; /\n/g' "$work/info" | sed 's/ *$//') > "$work/difference" ||
    fail "the info column: $(head -n 10 "$work/difference")"
[ "$(grep -c "; " "$work/info")" = 2 ] || fail "two packets have more than one frame"
echo "dissect: the info column tells each frame once, wherever segments end"

# Each of the malformed, and nothing besides: stream, which, text.
classes="long kind zero direction body sequence acknowledged"
shark -r "$work/frames.pcap" -Y strowgerset.malformed -T fields -e tcp.stream -e strowgerset.malformed -e _ws.expert.message \
    $(printf -- '-e strowgerset.malformed.%s ' $classes) |
    awk -F '\t' -v classes="$classes" '{ split(classes, name, " "); which = ""
        for (at = 4; at <= NF; at++) if ($at != "") which = which name[at - 3]
        sub(/the body ends within .*/, "the body ends within *", $2); sub(/the body ends within .*/, "the body ends within *", $3)
        print $1 "\t" which "\t" ($2 == $3 ? $2 : $2 " but " $3) }' > "$work/flagged"
diff "$work/bad.txt" "$work/flagged" > "$work/difference" || fail "malformed frames: $(head -n 20 "$work/difference")"
for class in $classes; do
    count=$(cut -f 2 "$work/bad.txt" | grep -cx "$class") || fail "there is no example of $class"
    echo "dissect: $class: $count malformed frames flagged, each with its reason"
done

# Of the malformed ones as well; and what a frame, an actuation and an expert info is called is shown wherever the info column is.
{ cat "$work/columns" "$work/flagged"; grep -a -h -e "^[^ ]" -e "Actuation: " -e "Expert Info" "$work/all.tree"; } > "$work/shown"
! grep -a -n -i -F -f "$work/secrets" "$work/shown" >&2 || fail "a secret is shown"
while read -r secret; do
    case $secret in *:*) continue ;; esac
    grep -q -F "$secret" "$work/all.tree" || fail "a secret is not in the tree"
done < "$work/secrets"
for field in pin.secret code.secret token.secret keys.ours.secret keys.theirs.secret unread.secret; do
    grep -q "	strowgerset.$field	" "$work/fields" || fail "there is no field $field"
done
# No other field has one of them: what is left when they are taken out.
shark -r "$work/frames.pcap" -Y strowgerset -T pdml | grep -a 'name="strowgerset\.' | grep -a -v 'name="strowgerset\.[^"]*\.secret"' > "$work/others"
sed 's/ value="[^"]*"//; s/ unmaskedvalue="[^"]*"//' "$work/others" | grep -a -n -i -F -f "$work/secrets" >&2 && fail "a secret has a name without .secret"
echo "dissect: PIN, code, token and keys are in the tree alone, under names that end in .secret"

told other -r "$work/other.pcap" -d tcp.port==7000,strowgerset
same other "another port"
told twice -2 -r "$work/frames.pcap" -Y strowgerset
frames twice | cmp -s - "$work/all" || fail "a second way through the capture tells other things"
echo "dissect: a second way through the capture tells the same, malformed frames included"
if [ -z "$no_tls" ]; then
    told tls -r "$work/tls.pcap" -o "tls.keylog_file:$work/tls.keys"
    same tls "TLS on port 6801"
else
    echo "dissect: NOT CHECKED: TLS ($no_tls)"
fi
told cut -r "$work/cut.pcap"
! grep -m 3 "\[Malformed: " "$work/cut.tree" >&2 || fail "what a capture has cut is called malformed"
grep -q "Cut by the capture" "$work/cut.tree" || fail "what a capture has cut is not told"
echo "dissect: what a capture has cut is told, and not called malformed"

(connection "$work/other.pcap" 7000) > "$work/real" || fail "a capture without faults is not taken"
! (connection "$work/frames.pcap" 6800) > "$work/real" 2>&1 || fail "a capture with malformed frames is taken"
grep -q "malformed: " "$work/real" || fail "malformed frames of a capture are not told"
! (connection "$work/other.pcap" 6800) > "$work/real" 2>&1 || fail "a capture without our frames is taken"
echo "dissect: a capture of a connection is taken without faults, and refused with them"

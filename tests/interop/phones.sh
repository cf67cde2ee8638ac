# phones.sh, sourced by baresip.sh and linphones.sh with GATEWAY as $1: a network namespace, in it a gateway and the phones 201
# and 202 with a tone to speak. The script says how its phones start, and in `end_all` how the processes $pids are ended.
gateway=$(realpath "$1")
me=$(basename "$0" .sh)
all=$(mktemp -d)
work=$all
space=strowger-$$
pids=()
passwords=([201]=Hedge-and-gate-1931 [202]=Orchard-wall-1847 [203]=Ladder-and-lamp-1866)

signal() { for pid in "${pids[@]}"; do kill "-$1" "$pid" 2>/dev/null || true; done; }
until_gone() { # TENTHS of a second
    for _ in $(seq "$1"); do kill -0 "${pids[@]}" 2>/dev/null || break; sleep 0.1; done
}
stop() {
    # Who is killed in the end is not worth a word.
    [ ${#pids[@]} -gt 0 ] || return 0
    disown "${pids[@]}" 2>/dev/null || true
    end_all
    pids=()
}
finish() {
    stop
    ip netns del "$space" 2>/dev/null || true
    rm -rf "$all"
}
trap finish EXIT
# What a script has to show of a failure, besides the logs.
show_more() { :; }
fail() {
    echo "$me: FAILED: $*" >&2
    tail -n 30 "$work"/*.log >&2 2>/dev/null || true
    show_more
    exit 1
}
# A minute's patience: the first start of a phone on a new machine may take half of it.
until_seen() { # FILE TEXT
    for _ in $(seq 600); do grep -q -- "$2" "$1" 2>/dev/null && return 0; sleep 0.1; done
    return 1
}
inside() { ip netns exec "$space" "$@"; }
# What runs there, as NAME(PROCESS)...
running() {
    for pid in $(ip netns pids "$space" 2>/dev/null); do echo "$(cat "/proc/$pid/comm" 2>/dev/null)($pid)"; done | tr '\n' ' '
}

ip netns add "$space"
inside ip link set lo up
inside ip addr add 10.99.0.1/32 dev lo

# A minute of a 400 Hz square wave, 8,000 samples a second, 16 bits, one channel. It has few different octets in G.711, a
# cipher nearly all.
python3 - "$all/tone.wav" <<'PY'
import sys, wave
with wave.open(sys.argv[1], "wb") as tone:
    tone.setnchannels(1)
    tone.setsampwidth(2)
    tone.setframerate(8000)
    tone.writeframes((b"\x00\x20" * 10 + b"\x00\xe0" * 10) * 24000)
PY

# Ends what ran before; then a gateway with this policy, for 201 with the line $line_201 if there is one, and its data in a new $work.
serve() { # NAME SRTP-201 SRTP-202 [LINE-OF-202 [MORE-POLICY [OPTION...]]]
    stop
    work=$all/$1
    mkdir "$work"
    {
        printf '[system]\nname = "Two phones"\nrealm = "phones.test"\n[smdr]\ninternal = true\n'
        printf '[[cos]]\nid = 1\nname = "Staff"\nfeatures = ["transfer", "smdr-internal"]\n'
        printf '[[template]]\nname = "phone"\ndigest = ["md5"]\ncos = 1\ncor = 1\n'
        printf '[[device]]\ndn = "%s"\nkind = "sip"\ntemplate = "phone"\npassword = "%s"\nsrtp = "%s"\n%s\n' \
            201 "${passwords[201]}" "$2" "${line_201:-}" 202 "${passwords[202]}" "$3" ""
        printf '%s\n' "${@:4:2}"
    } > "$work/policy.toml"
    ip netns exec "$space" "$gateway" run "$work/policy.toml" --sip-udp 10.99.0.1:5060 --data "$work/data" --no-canary "${@:6}" 2> "$work/gateway.log" &
    pids+=($!)
    until_seen "$work/gateway.log" "in force" || fail "the gateway did not start"
}

# The settings of a baresip, but for its account: a tone to speak, and encryption if the account asks for it.
baresip_config() { # NAME ADDRESS:PORT FIRST-RTP-PORT HEARD [LINE]
    cat > "$work/$1/config" <<CONF
poll_method epoll
sip_listen $2
call_local_timeout 60
${5:-}
audio_player aufile,$4
audio_source aufile,$all/tone.wav
audio_alert aufile,/dev/null
ausrc_srate 8000
auplay_srate 8000
ausrc_channels 1
auplay_channels 1
rtp_ports $3-$(($3 + 20))
net_interface lo
module_path /usr/lib/baresip/modules
module stdio.so
module g711.so
module srtp.so
module aufile.so
module_tmp uuid.so
module_tmp account.so
module_app menu.so
CONF
}

# A phone and its keyboard, a fifo that is held open both ways, so that nobody waits for the other end.
launch() { # DN COMMAND...
    mkfifo "$work/$1/keys"
    ip netns exec "$space" "${@:2}" <> "$work/$1/keys" > "$work/$1.log" 2>&1 &
    pids+=($!)
}
key() { # DN COMMAND
    echo "$2" 1<> "$work/$1/keys"
    # linphonec takes what it reads at once for one command.
    sleep 0.3
}
registered() { # DN
    until_seen "$work/gateway.log" "$1 is registered" || fail "$1 did not register"
}
# The call from 201 to 202 is over, and written down.
recorded() { until_seen "$work/data/smdr.csv" ",201,.*,202,I,202," || fail "no SMDR of the call"; }

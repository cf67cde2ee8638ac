#!/usr/bin/env bash
# service.sh PACKAGE: the Debian package is installed, the gateway started as its unit says, calls are made through it, it is reloaded, stopped,
# and the package taken off again. Without a systemd that runs, the unit is read by systemd's own check and started by this script: as its user, with its
# notifications and its watchdog.
set -euo pipefail
package=$(realpath "$1")
set -- /usr/bin/strowger-gateway
[ "$(id -u)" -eq 0 ] || { echo "service: FAILED: only root can install a package" >&2; exit 1; }
for path in /etc/strowger /var/lib/strowger; do
    [ ! -e "$path" ] || { echo "service: FAILED: there is a $path already: this machine has a gateway of its own" >&2; exit 1; }
done
. "$(dirname "$0")/scenarios.sh"
taken_off() {
    finish
    dpkg --purge strowger-gateway > /dev/null 2>&1 || true
    userdel strowger 2> /dev/null || true
    rm -rf /var/lib/strowger /etc/strowger
}
trap taken_off EXIT
dpkg --install "$package" > /dev/null
port=25660 http=127.0.0.1:25661
unit=/usr/lib/systemd/system/strowger-gateway.service
bash "$here/policy.sh" 20 > /etc/strowger/policy.toml
chown root:strowger /etc/strowger/policy.toml
chmod 640 /etc/strowger/policy.toml
echo "OPTIONS=\"--sip-udp 127.0.0.1:$port --http $http --no-canary\"" > /etc/default/strowger-gateway
systemd-analyze verify "$unit" > "$work/unit.err" 2>&1 || fail "the unit is not right"
[ ! -s "$work/unit.err" ] || fail "systemd does not like the unit"

cat > "$work/manager.py" <<'PY'
"""Starts the unit as a service manager does, until it is told to end: prints what it is notified of."""
import os, re, shlex, signal, socket, subprocess, sys, time
unit = dict(re.findall(r"^(\w+)=(.*)$", open(sys.argv[1]).read(), re.M))
environment = dict(line.split("=", 1) for line in open(unit["EnvironmentFile"].lstrip("-")) if "=" in line and not line.startswith("#"))
options = shlex.split(environment["OPTIONS"].strip().strip('"'))
command = [word for part in unit["ExecStart"].split() for word in (options if part == "$OPTIONS" else [part])]
path = f"{sys.argv[2]}/notify"
told = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
told.bind(path)
os.chmod(path, 0o777)
service = subprocess.Popen(["setpriv", "--reuid", unit["User"], "--regid", unit["Group"], "--clear-groups", "--no-new-privs"] + command,
                           env={"NOTIFY_SOCKET": path, "PATH": "/usr/bin:/bin"}, cwd="/")
open(f"{sys.argv[2]}/pid", "w").write(str(service.pid))
signal.signal(signal.SIGTERM, lambda *_: service.terminate())
told.settimeout(0.1)
fed = time.monotonic()
while service.poll() is None:
    try:
        print(told.recv(4096).decode(), flush=True)
        fed = time.monotonic()
    except TimeoutError:
        if time.monotonic() > fed + float(unit["WatchdogSec"]):
            sys.exit("the watchdog was not fed")
sys.exit(service.returncode)
PY
if [ -d /run/systemd/system ]; then
    systemctl start strowger-gateway || fail "systemd could not start it"
    reload() { systemctl reload strowger-gateway; }
    stop() { systemctl stop strowger-gateway; }
else
    echo "service: no systemd runs here: the unit is started by its lines; what it may not do is not tried"
    chmod 711 "$work"
    python3 "$work/manager.py" "$unit" "$work" > "$work/notified" 2> "$work/gateway.log" &
    manager=$!
    for _ in $(seq 100); do grep -q "READY=1" "$work/notified" && break; sleep 0.1; done
    grep -q "READY=1" "$work/notified" || fail "it did not say that it serves"
    for _ in $(seq 50); do grep -q "WATCHDOG=1" "$work/notified" && break; sleep 0.1; done
    grep -q "WATCHDOG=1" "$work/notified" || fail "it does not say that it lives"
    # As ExecReload says.
    reload() { kill -HUP "$(cat "$work/pid")"; }
    stop() { kill "$manager"; wait "$manager"; }
fi
[ "$(stat -c %U /var/lib/strowger/http-token)" = strowger ] || fail "it does not run as its user"
tell() { strowger-gateway "$@" --http "$http" --data /var/lib/strowger; }
numbers 20 25670 25680
run register-callers register 25670 20 50 30 -inf "$work/callers.csv" || fail "callers did not register"
run register-callees register 25680 20 50 30 -inf "$work/callees.csv" || fail "callees did not register"
play called called 25680 60 100 60
called=$playing
sleep 0.3
run caller caller 25670 60 50 60 -inf "$work/pairs.csv" -d 100 || fail "calls failed"
wait "$called" || fail "called phones saw failures"
reload
for _ in $(seq 50); do grep -q '"op":"reload"' /var/lib/strowger/audit.jsonl && break; sleep 0.1; done
grep -q '"op":"reload"' /var/lib/strowger/audit.jsonl || fail "it was not reloaded"
tell status | grep -q '"registered":40' || fail "phones are not registered"
stop || fail "it did not stop cleanly"
[ "$(grep -c ',I,' /var/lib/strowger/smdr.csv)" -eq 60 ] || fail "60 calls have other records"
strowger audit verify /var/lib/strowger > "$work/verify.out" || fail "the audit trail is not whole"
dpkg --purge strowger-gateway > /dev/null 2>&1
[ ! -e /usr/bin/strowger-gateway ] || fail "something of the package is left"
[ -s /var/lib/strowger/smdr.csv ] || fail "records went with the package"
echo "service: installed, started as the unit says, 60 calls, reloaded, stopped, taken off; the records stay"

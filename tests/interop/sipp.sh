#!/usr/bin/env bash
# sipp.sh GATEWAY: sipp against the running gateway on loopback. Every part is bounded in count and time.
set -euo pipefail
. "$(dirname "$0")/scenarios.sh"
users=200
port=25060

bash "$here/policy.sh" "$users" > "$work/policy.toml"
printf '[[hunt_group]]\ndn = "6900"\nkind = "linear"\nmembers = ["6198", "6199"]\n' >> "$work/policy.toml"
serve

numbers $users 25070 25080
{ echo SEQUENTIAL; for ((n = 3000; n < 3020; n++)); do echo "$n;25071;[authentication username=$n password=not-the-password]"; done; } > "$work/wrong.csv"
{ echo SEQUENTIAL; for ((n = 3000; n < 3000 + users; n++)); do echo "$n;90114420794600;$(field $n)"; done; } > "$work/barred.csv"

run register-callers register 25070 "$users" 100 30 -inf "$work/callers.csv" || fail "callers did not register"
run register-callees register 25080 "$users" 100 30 -inf "$work/callees.csv" || fail "callees did not register"
echo "sipp: $((users * 2)) phones registered with digest"

# From another address than the phones': whoever guesses over users is shut out by address (R75), and there the right ones fail too.
run wrong wrong-password 25071 20 20 30 -inf "$work/wrong.csv" -i 127.0.0.2 || fail "a wrong password was not challenged again"
grep -q 'alarm: .*127\.0\.0\.2' "$work/gateway.log" || fail "an address that guesses over users raised no alarm"
run shut-out wrong-password 25071 20 20 30 -inf "$work/callers.csv" -i 127.0.0.2 || fail "a right password from where was guessed was taken"
echo "sipp: 20 wrong passwords refused, and behind them 20 right ones from the same address"

play called called 25080 500 500 120
called=$playing
sleep 0.3
run caller caller 25070 500 50 90 -inf "$work/pairs.csv" -d 100 || fail "calls failed"
wait "$called" || fail "called phones saw failures"
echo "sipp: 500 calls with authenticated INVITE set up and cleared"

play held held 25080 100 100 60
called=$playing
sleep 0.3
run holder holder 25070 100 25 60 -inf "$work/pairs.csv" || fail "a call could not be held and taken up again"
wait "$called" || fail "a held phone did not hear so"
echo "sipp: 100 calls held and taken up again, each side told so"

play early-called early-called 25080 50 50 60
called=$playing
sleep 0.3
run early early 25070 50 25 60 -inf "$work/pairs.csv" -d 100 || fail "an answer in a 183 was not told and acknowledged"
wait "$called" || fail "a called phone's 183 was not acknowledged"
echo "sipp: 50 calls answered by a 183 that both sides acknowledge by PRACK"

run barred barred 25070 50 50 30 -inf "$work/barred.csv" || fail "a barred number was not refused with 403 and its rule"
echo "sipp: 50 barred numbers refused with 403 and cor.route"

{ echo SEQUENTIAL; echo "2000;95550123;$(field 2000)"; } > "$work/coded.csv"
play busy busy 25099 5 5 60
busy=$playing
sleep 0.3
run prompt prompt 25072 5 1 30 -inf "$work/coded.csv" || fail "a caller who was asked for an account code could not enter it by INFO"
wait "$busy" || true
echo "sipp: 5 account codes asked for by 183 and entered by INFO"

# 3000 calls 6000, and transfers it to 6100, which is registered at a place of its own.
{ echo SEQUENTIAL; for ((n = 6100; n < 6200; n++)); do echo "$n;25081;$(field $n)"; done; } > "$work/targets.csv"
{ echo SEQUENTIAL; for ((n = 3000; n < 3100; n++)); do echo "$n;$((n + 3000));$(field $n);$((n + 3100))"; done; } > "$work/transfers.csv"
run register-targets register 25081 100 100 30 -inf "$work/targets.csv" || fail "who is to be transferred to did not register"
play transferee transferee 25080 100 100 60
transferee=$playing
play target target 25081 100 100 60
target=$playing
sleep 0.3
run transferor transferor 25070 100 25 60 -inf "$work/transfers.csv" || fail "a transfer was not carried out, or not told"
wait "$transferee" || fail "who was transferred did not get the other's description"
wait "$target" || fail "who was transferred to did not get an answer, or was not heard when it hung up"
echo "sipp: 100 blind transfers, each told by NOTIFY, both sides with the other's description"

# 3000 calls 6000, which rings; 3100 takes the call.
{ echo SEQUENTIAL; for ((n = 3100; n < 3200; n++)); do echo "$n;$((n + 2900));$(field $n)"; done; } > "$work/takers.csv"
play rings rings 25080 100 100 60
rings=$playing
sleep 0.3
play taken caller 25070 100 25 60 -inf "$work/pairs.csv" -d 500
taken=$playing
sleep 0.5
run taker taker 25082 100 25 60 -inf "$work/takers.csv" || fail "who takes a call was not put on hold, or did not get the caller's description"
wait "$taken" || fail "a caller whose call was taken failed"
wait "$rings" || fail "a phone that rang was not told that another has answered"
echo "sipp: 100 calls taken where they rang, each taker on hold first, then with the caller's description"

# 3000 calls 6000, and parks it at its own number; 3100 takes it back there.
{ echo SEQUENTIAL; for ((n = 3000; n < 3100; n++)); do echo "$n;$((n + 3000));$(field $n);*70"; done; } > "$work/parkers.csv"
{ echo SEQUENTIAL; for ((n = 3100; n < 3200; n++)); do echo "$n;$((n - 100));$(field $n)"; done; } > "$work/retrievers.csv"
play parked transferee 25080 100 100 60
parked=$playing
sleep 0.3
run parker parker 25070 100 25 60 -inf "$work/parkers.csv" || fail "a call was not parked, or its phone not told so"
run retriever retriever 25082 100 25 60 -inf "$work/retrievers.csv" || fail "who takes a parked call back did not get the other's description"
wait "$parked" || fail "who was parked did not get the description of who took it back"
echo "sipp: 100 calls parked by REFER and taken back from another phone"

# The first member of the group is busy each time, the second answers.
echo "SEQUENTIAL
6198;25083;$(field 6198)" > "$work/member.csv"
{ echo SEQUENTIAL; for ((n = 3000; n < 3010; n++)); do echo "$n;6900;$(field $n)"; done; } > "$work/hunts.csv"
run register-member register 25083 1 1 10 -inf "$work/member.csv" || fail "a member did not register"
play member busy 25083 10 10 60
member=$playing
play answers called 25081 10 10 60
answers=$playing
sleep 0.3
run hunts caller 25070 10 2 60 -inf "$work/hunts.csv" -d 100 || fail "a call to a hunt group was not answered by the next member"
wait "$member" || fail "the first member was not asked each time"
wait "$answers" || fail "the second member saw failures"
echo "sipp: 10 calls to a hunt group whose first member is busy, answered by the next"

# Both phones lose every twentieth datagram, coming and going. The called ones stay until the end: the gateway has calls to
# clear whose callers are gone, their BYE lost.
play called-lossy called 25080 100 100 150 -lost 5 -timeout 140
sleep 0.3
run caller-lossy caller 25070 100 20 120 -inf "$work/pairs.csv" -d 100 -lost 5 || fail "calls failed under 5 % loss"
echo "sipp: 100 calls under 5 % loss on both sides"

stop_serving
denied=$(grep -c '"rule":"cor.route"' "$work/data/denied.jsonl" || true)
[ "$records" -ge 950 ] || fail "SMDR has $records internal calls, 950 were made"
coded=$(grep -c ',B,T001,1,3,1,day,route,17,001,42' "$work/data/smdr.csv" || true)
[ "$coded" -eq 5 ] || fail "SMDR has $coded calls with the account code, 5 were made"
transferred=$(grep -c ',X,61' "$work/data/smdr.csv" || true)
[ "$transferred" -eq 100 ] || fail "SMDR has $transferred transfers, 100 were made"
retrieved=$(grep -c ',X,31' "$work/data/smdr.csv" || true)
[ "$retrieved" -eq 100 ] || fail "SMDR has $retrieved calls taken back, 100 were parked"
hunted=$(grep -c ',6900,I,6199,' "$work/data/smdr.csv" || true)
[ "$hunted" -eq 10 ] || fail "SMDR has $hunted calls to the hunt group, 10 were answered"
[ "$denied" -eq 50 ] || fail "denied.jsonl has $denied lines of cor.route, 50 were refused"
echo "sipp: SMDR has $records internal calls, denied.jsonl 50 denials"

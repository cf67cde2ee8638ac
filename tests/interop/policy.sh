#!/usr/bin/env bash
# policy.sh USERS: a policy for load and interop tests. Callers 3000.., callees 6000.., passwords that sipp can use (MD5).
set -euo pipefail
users=${1:-200}
cat <<'HEAD'
[system]
name = "Interop"
country = "CA"
area_code = "613"
realm = "interop.test"
[smdr]
external = true
internal = true
[features]
directed_pickup = "*9"
park = "*70"
park_retrieve = "*71"
[[cos]]
id = 1
name = "Staff"
features = ["transfer", "pickup", "park", "smdr-external", "smdr-internal"]
[[cos]]
id = 3
name = "Accountable"
features = ["smdr-external", "forced-non-verified-account-code"]
account_code_length = 2
[[cos]]
id = 50
name = "Trunks"
features = ["smdr-external"]
[[cor_group]]
id = 1
name = "Open to all"
members = ""
[[cor_group]]
id = 4
name = "No international"
members = "1-20"
[[trunk]]
name = "carrier"
kind = "sip"
host = "127.0.0.1:25099"
channels = 100
cos = "Trunks"
cor = 30
interconnect = 4
[[digit_modification]]
id = 1
absorb = 1
[[route]]
id = 1
trunk = "carrier"
digit_modification = 1
cor_group = 1
[[route]]
id = 2
trunk = "carrier"
digit_modification = 1
cor_group = 4
[[route]]
id = 9
trunk = "carrier"
emergency = true
[[ars]]
leading = "9"
digits = "NXXXXXX"
use = { route = 1 }
[[ars]]
leading = "9"
digits = "011"
follow = "unknown"
use = { route = 2 }
[[ars]]
digits = "911"
emergency = true
use = { route = 9 }
[[ars]]
digits = "9911"
emergency = true
outpulse = "911"
use = { route = 9 }
[[template]]
name = "phone"
digest = ["md5"]
cos = "Staff"
cor = 1
HEAD
printf '[[device]]\ndn = "2000"\ntemplate = "phone"\ncos = "Accountable"\npassword = "Plum-14000-orchard"\n'
for base in 3000 6000; do
    for ((n = base; n < base + users; n++)); do
        printf '[[device]]\ndn = "%d"\nkind = "sip"\ntemplate = "phone"\npassword = "Plum-%d-orchard"\n' "$n" "$((n * 7))"
    done
done

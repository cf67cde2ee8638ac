#!/usr/bin/env bash
# Builds a Debian package of the gateway and the policy tool, with a systemd unit, and prints its path.
#
#     packaging/debian.sh [DIRECTORY]         where the package goes; target/debian unless given
set -euo pipefail
cd "$(dirname "$0")/.."
built=${CARGO_TARGET_DIR:-target}
to=${1:-$built/debian}
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
architecture=$(dpkg --print-architecture)
# As the checks build them, so that nothing is built twice.
cargo build --quiet --release --locked --workspace --bin strowger-gateway --bin strowger
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
chmod 755 "$root"
doc=$root/usr/share/doc/strowger
install -d "$root/DEBIAN" "$root/usr/bin" "$root/usr/lib/systemd/system" "$root/etc/default" "$doc/examples"
install -d -m 750 "$root/etc/strowger"
install -m 755 "$built/release/strowger-gateway" "$built/release/strowger" "$root/usr/bin/"
strip --strip-unneeded "$root/usr/bin/strowger-gateway" "$root/usr/bin/strowger"
install -m 644 packaging/debian/strowger-gateway.service "$root/usr/lib/systemd/system/"
install -m 644 packaging/debian/default "$root/etc/default/strowger-gateway"
install -m 644 README.md CHANGELOG.md docs/guide.md docs/operating.md docs/security.md docs/findings.md "$doc/"
install -m 644 gateway/src/demo/policy.toml "$doc/examples/policy.toml"
{
    echo "Copyright the authors of Strowger. Licence: MIT OR Apache-2.0."
    for licence in LICENSE*; do echo; cat "$licence"; done
} > "$doc/copyright"
chmod 644 "$doc/copyright"
install -m 755 packaging/debian/{postinst,prerm,postrm} "$root/DEBIAN/"
echo /etc/default/strowger-gateway > "$root/DEBIAN/conffiles"
libc=$(objdump -T "$root/usr/bin/strowger-gateway" | sed -n 's/.*GLIBC_\([0-9.]*\).*/\1/p' | sort -uV | tail -n 1)
cat > "$root/DEBIAN/control" <<CONTROL
Package: strowger-gateway
Version: $version
Architecture: $architecture
Maintainer: The authors of Strowger <strowger@localhost>
Installed-Size: $(du -sk "$root" | cut -f 1)
Depends: libc6 (>= $libc), libgcc-s1, passwd
Recommends: rtpengine-daemon
Section: comm
Priority: optional
Description: Survivable branch gateway for SIP phones and trunks
 Call control under one policy: who is there, whom they may dial, who may be
 joined to whom and who pays. With the strowger command that checks, explains,
 compares and proves policies.
CONTROL
mkdir -p "$to"
package=$to/strowger-gateway_${version}_$architecture.deb
dpkg-deb --root-owner-group --build "$root" "$package" > /dev/null
echo "$package"

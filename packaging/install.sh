#!/bin/bash
# Builds the library for this machine and installs it for C and C++ programs: headers, both libraries, a pkg-config file and a CMake package.
#
#     packaging/install.sh [PREFIX]           PREFIX is /usr/local unless given; DESTDIR is put in front of it
set -euo pipefail
cd "$(dirname "$0")/.."

prefix=${1:-/usr/local}
[[ $prefix == /* ]] || { echo "install.sh: $prefix: give the prefix from the root on" >&2; exit 2; }
root=${DESTDIR:-}$prefix
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
abi=$(sed -n 's/^#define STW_ABI_VERSION \([0-9]*\).*/\1/p' include/strowger.h)
major=$((abi >> 16)) minor=$((abi & 65535))
archive=$(ci/library.sh)

fill() { sed -e "s|@PREFIX@|$prefix|g; s|@VERSION@|$version|g; s|@ABI_MAJOR@|$major|g; s|@ABI_MINOR@|$minor|g" "$1"; }
install -d "$root/include" "$root/lib/pkgconfig" "$root/lib/cmake/strowger" "$root/share/doc/strowger"
install -m 644 include/strowger.h include/strowger.hpp "$root/include/"
install -m 644 "$archive" "$root/lib/libstrowger.a"
# Programs ask for the ABI's name, which stays while functions are only added.
install -m 755 "${archive%.a}.so" "$root/lib/libstrowger.so.$major.$minor"
ln -sf "libstrowger.so.$major.$minor" "$root/lib/libstrowger.so.$major"
ln -sf "libstrowger.so.$major" "$root/lib/libstrowger.so"
fill packaging/strowger.pc.in > "$root/lib/pkgconfig/strowger.pc"
fill packaging/strowger-config.cmake.in > "$root/lib/cmake/strowger/strowger-config.cmake"
fill packaging/strowger-config-version.cmake.in > "$root/lib/cmake/strowger/strowger-config-version.cmake"
install -m 644 LICENSE-* "$root/share/doc/strowger/"
echo "strowger $version (ABI $major.$minor) is in $root"

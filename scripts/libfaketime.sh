#!/bin/sh
# Gets libfaketime for tests, clocks and torture, which set clocks with it, and keeps it in .tools/: out of Debian's
# package (apt checks the signature); nothing is installed. Where it cannot be had, clocks are left alone: such tests are
# skipped, and the torture's report says so.
set -eu
cd "$(dirname "$0")/.."

library=libfaketimeMT.so.1
kept=.tools/$(uname -s)-$(uname -m)/lib/$library

[ "$(uname -s)" = Linux ] || exit 0
[ -f "$kept" ] && exit 0
for installed in /usr/lib/*/faketime/"$library"; do
  [ -f "$installed" ] && exit 0
done
command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || exit 0

scratch=$(mktemp -d "${TMPDIR:-/tmp}/levqor-libfaketime.XXXXXX")
trap 'rm -rf "$scratch"' EXIT

download_package() (
  cd "$scratch" && apt-get -q -o APT::Sandbox::User=root download libfaketime
)

echo "levqor set-up: getting libfaketime from Debian's packages (once, for the tests) ..." >&2
{
  download_package || { [ "$(id -u)" = 0 ] && apt-get -q -o Acquire::http::Timeout=15 update && download_package; }
} >"$scratch/apt.log" 2>&1 || exit 0
dpkg-deb -x "$scratch"/libfaketime_*.deb "$scratch/package" || exit 0
mkdir -p "$(dirname "$kept")"
mv "$(find "$scratch/package" -type f -name "$library" | head -n 1)" "$kept"

#!/bin/sh
# Gets a nats-server for the tests, if none is on the PATH, and keeps it in .tools/: from Debian's
# packages, else from the official release. Changes nothing else on the machine. Where it cannot be had,
# the JetStream tests are skipped; with CI=true that is a failure.
set -eu
cd "$(dirname "$0")/.."

tools=.tools/$(uname -s)-$(uname -m)
binary=$tools/bin/nats-server
version=2.12.2

if command -v nats-server >/dev/null || [ -x "$binary" ]; then
  exit 0
fi

say() {
  echo "levqor set-up: $*" >&2
}

scratch=$(mktemp -d "${TMPDIR:-/tmp}/levqor-nats-server.XXXXXX")
trap 'rm -rf "$scratch"' EXIT

# The sha256 of the release's archive for this machine.
checksum() {
  case $1 in
    darwin-amd64) echo 5b52fb4968d72b3368c2d626107a86293daab30b7dd16179db7522f54ca0beb0 ;;
    darwin-arm64) echo d1e6d2cb36bf20e0ba8c2f50eeb4e6ea57f38353823fc77127dd676219591eea ;;
    linux-amd64) echo db587fd8b36ac732a8434e748b026ef77ed9cb714a4e57bd010b1de93c2f3801 ;;
    linux-arm64) echo 84d33b50a39bab605b0d5e0223fc15979ef97419b2184a5a5b7eb6a6d7561fc6 ;;
    *) return 1 ;;
  esac
}

sha256() {
  if command -v sha256sum >/dev/null; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d ' ' -f 1
}

keep() {
  "$1" --version >/dev/null 2>&1 || return 1
  mkdir -p "$tools/bin"
  mv "$1" "$binary"
}

# Takes the binary out of Debian's package (apt checks the signature) and installs nothing, since the
# installed package would start a service.
from_debian() {
  command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || return 1
  say "getting nats-server from Debian's packages (once, for the tests) ..."
  {
    download_package || { [ "$(id -u)" = 0 ] && apt-get -q -o Acquire::http::Timeout=15 update && download_package; }
  } >"$scratch/apt.log" 2>&1 || return 1
  dpkg-deb -x "$scratch"/nats-server_*.deb "$scratch/package" || return 1
  keep "$(find "$scratch/package" -type f -name nats-server -perm -100 | head -n 1)"
}

download_package() (
  cd "$scratch" && apt-get -q -o APT::Sandbox::User=root download nats-server
)

from_release() {
  case $(uname -sm) in
    "Darwin x86_64") platform=darwin-amd64 ;;
    "Darwin arm64") platform=darwin-arm64 ;;
    "Linux x86_64") platform=linux-amd64 ;;
    "Linux aarch64" | "Linux arm64") platform=linux-arm64 ;;
    *) return 1 ;;
  esac
  name=nats-server-v$version-$platform
  url=https://github.com/nats-io/nats-server/releases/download/v$version/$name.tar.gz
  command -v curl >/dev/null || command -v wget >/dev/null || return 1
  say "getting nats-server $version from $url (once, for the tests) ..."
  if command -v curl >/dev/null; then
    curl -fsSL --connect-timeout 10 --retry 2 -o "$scratch/release.tar.gz" "$url" || return 1
  else
    wget -q -T 30 -t 2 -O "$scratch/release.tar.gz" "$url" || return 1
  fi
  found=$(sha256 "$scratch/release.tar.gz")
  if [ "$found" != "$(checksum "$platform")" ]; then
    say "refusing the download: its sha256 is $found, expected $(checksum "$platform")"
    return 1
  fi
  tar -xzf "$scratch/release.tar.gz" -C "$scratch" || return 1
  keep "$scratch/$name/nats-server"
}

if from_debian || from_release; then
  exit 0
fi
say "found no nats-server: the JetStream tests will be skipped. To run them, install nats-server" \
  "(macOS: brew install nats-server; Debian: apt install nats-server; others: https://nats.io/download)."
if [ "${CI-}" = true ]; then
  say "CI must run them: failing."
  exit 1
fi

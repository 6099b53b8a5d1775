#!/bin/sh
# Gets what is missing: Bun, the dependencies frozen in bun.lock and, with --tests, nats-server, libfaketime and Chromium.
# Quick when nothing is missing: npm calls it before every `npm start` and `npm test`.
set -eu
cd "$(dirname "$0")/.."

usage="Usage: sh scripts/setup.sh [--tests]

Installs what the service needs, as far as it is missing: Bun and the dependencies.

  --tests    also what the tests need: nats-server, libfaketime and Chromium"

case "$*" in
'' | --tests) ;;
-h | --help)
  echo "$usage"
  exit
  ;;
*)
  printf "Unknown option '%s'\n\n%s\n" "$*" "$usage" >&2
  exit 2
  ;;
esac

bun_version=1.4.5
tools=.tools/$(uname -s)-$(uname -m)
stamp=node_modules/.setup

say() {
  echo "levqor set-up: $*" >&2
}

fail() {
  say "$*"
  exit 1
}

# The npm package `bun` brings the binary in a package per platform and moves it into place in a
# postinstall script. npm 12 blocks such scripts, so none is run: the binary is used where it lies.
install_bun() {
  command -v npm >/dev/null ||
    fail "found neither Bun 1.4 nor npm. Install Bun (https://bun.com) or Node.js with npm (https://nodejs.org)."
  say "getting Bun $bun_version from npm (once) ..."
  mkdir -p "$tools/bin"
  npm install --prefix "$tools" --global=false --no-save --no-package-lock --no-audit --no-fund \
    --ignore-scripts --include=optional --loglevel=error "bun@$bun_version" >&2 ||
    fail "npm could not install Bun. Check the network and the proxy (npm ping), then run this again;" \
      "or install Bun yourself: https://bun.com"
  # An npm that knows no libc field brings the builds for glibc and for musl: take the one that runs.
  for binary in "$tools"/node_modules/@oven/bun-*/bin/bun; do
    if [ "$("$binary" --version 2>/dev/null)" = "$bun_version" ]; then
      ln -sf "../${binary#"$tools"/}" "$tools/bin/bun"
      return
    fi
  done
  fail "Bun $bun_version from npm does not run on $(uname -sm). Install Bun yourself: https://bun.com"
}

# What node_modules was last set up for.
wanted() {
  uname -sm
  cat bun.lock patches/*
}

install_dependencies() {
  say "installing the dependencies in bun.lock ..."
  sh scripts/bun.sh install --frozen-lockfile >&2 ||
    fail "Bun could not install the dependencies. Check the network and the proxy, then run this again." \
      "If bun.lock does not match package.json, run 'sh scripts/bun.sh install' and commit bun.lock."
  wanted >"$stamp"
}

sh scripts/bun.sh --version >/dev/null 2>&1 || install_bun
wanted | cmp -s - "$stamp" || install_dependencies
if [ "${1-}" = --tests ]; then
  sh scripts/nats_server.sh
  sh scripts/libfaketime.sh
  sh scripts/chromium.sh
fi

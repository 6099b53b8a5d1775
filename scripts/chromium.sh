#!/bin/sh
# Gets a Chromium for the tests of the pages, if there is none, and keeps it in .tools/: from Debian's packages, with
# the libraries that this machine lacks. Changes nothing else on the machine, and needs no rights. Where it cannot be
# had, the tests in a browser are skipped; with CI=true that is a failure.
set -eu
cd "$(dirname "$0")/.."

tools=.tools/$(uname -s)-$(uname -m)
binary=$tools/bin/chromium

# The same places as in tests/support/chromium.ts.
if [ -n "${CHROMIUM-}" ] || [ -x "$binary" ] || [ -x "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" ]; then
  exit 0
fi
for name in chromium chromium-browser google-chrome google-chrome-stable; do
  if command -v "$name" >/dev/null; then exit 0; fi
done

say() {
  echo "levqor set-up: $*" >&2
}

scratch=$(mktemp -d "${TMPDIR:-/tmp}/levqor-chromium.XXXXXX")
trap 'rm -rf "$scratch"' EXIT

# apt checks the signatures, and finds out what is missing here. A font is there even where the machine has none.
download_packages() {
  apt-get -q -y -o APT::Sandbox::User=root -o Debug::NoLocking=true -o Dir::Cache::archives="$scratch/archives" \
    --no-install-recommends --download-only install chromium fonts-dejavu-core
}

from_debian() {
  command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || return 1
  say "getting Chromium from Debian's packages (once, for the tests of the pages) ..."
  mkdir -p "$scratch/archives/partial" "$scratch/root"
  {
    download_packages ||
      { [ "$(id -u)" = 0 ] && apt-get -q -o Acquire::http::Timeout=15 update && download_packages; }
  } >"$scratch/apt.log" 2>&1 || return 1
  for package in "$scratch"/archives/*.deb; do
    dpkg-deb -x "$package" "$scratch/root" || return 1
  done
  # Ubuntu's package of this name only asks for snap.
  [ -x "$scratch/root/usr/lib/chromium/chromium" ] || return 1
  mkdir -p "$tools/bin"
  rm -rf "$tools/chromium"
  mv "$scratch/root" "$tools/chromium"
  echo '<fontconfig><dir prefix="relative">usr/share/fonts</dir><dir>/usr/share/fonts</dir><cachedir prefix="xdg">fontconfig</cachedir></fontconfig>' \
    >"$tools/chromium/fonts.conf"
  launcher >"$binary.new"
  chmod +x "$binary.new"
  "$binary.new" --version >/dev/null 2>&1 || return 1
  mv "$binary.new" "$binary"
}

# Shows Chromium the libraries and fonts that came with it.
launcher() {
  cat <<'LAUNCHER'
#!/bin/sh
root=$(cd "$(dirname "$0")/../chromium" && pwd)
LD_LIBRARY_PATH=$(find "$root" -name '*.so*' -exec dirname {} + | sort -u | tr '\n' ':')${LD_LIBRARY_PATH-}
FONTCONFIG_FILE=$root/fonts.conf
export LD_LIBRARY_PATH FONTCONFIG_FILE
exec "$root/usr/lib/chromium/chromium" "$@"
LAUNCHER
}

if from_debian; then
  exit 0
fi
say "found no Chromium: the tests of the pages in a browser will be skipped. To run them, install Chromium or Chrome" \
  "(macOS: brew install --cask google-chrome; Debian: apt install chromium), or name its program in CHROMIUM."
if [ "${CI-}" = true ]; then
  say "CI must run them: failing."
  exit 1
fi

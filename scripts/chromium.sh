#!/bin/sh
# Gets a Chromium for the tests of the pages, if there is none, and keeps it in .tools/: from Debian's packages, with
# the libraries that this machine lacks. It is the one without windows: the tests then take a fifth less processor time.
# Changes nothing else on the machine, and needs no rights. Where it cannot be had, the tests in a browser are skipped;
# with CI=true that is a failure.
set -eu
cd "$(dirname "$0")/.."

tools=.tools/$(uname -s)-$(uname -m)
package=chromium-headless-shell
binary=$tools/bin/$package

# The same places as in tests/support/chromium.ts.
if [ -n "${CHROMIUM-}" ] || [ -x "$binary" ] || [ -x "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" ]; then
  exit 0
fi
for name in "$package" chromium chromium-browser google-chrome google-chrome-stable; do
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
    --no-install-recommends --download-only install "$package" fonts-dejavu-core
}

from_debian() {
  command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || return 1
  say "getting Chromium from Debian's packages (once, for the tests of the pages) ..."
  mkdir -p "$scratch/archives/partial" "$scratch/root"
  {
    download_packages ||
      { [ "$(id -u)" = 0 ] && apt-get -q -o Acquire::http::Timeout=15 update && download_packages; }
  } >"$scratch/apt.log" 2>&1 || return 1
  for archive in "$scratch"/archives/*.deb; do
    dpkg-deb -x "$archive" "$scratch/root" || return 1
  done
  mkdir -p "$tools/bin"
  rm -rf "${tools:?}/$package"
  mv "$scratch/root" "$tools/$package"
  echo '<fontconfig><dir prefix="relative">usr/share/fonts</dir><dir>/usr/share/fonts</dir><cachedir prefix="xdg">fontconfig</cachedir></fontconfig>' \
    >"$tools/$package/fonts.conf"
  launcher >"$binary.new"
  chmod +x "$binary.new"
  "$binary.new" --version >/dev/null 2>&1 || return 1
  mv "$binary.new" "$binary"
}

# Shows Chromium the libraries and fonts that came with it.
launcher() {
  cat <<'LAUNCHER'
#!/bin/sh
root=$(cd "$(dirname "$0")/../chromium-headless-shell" && pwd)
LD_LIBRARY_PATH=$(find "$root" -name '*.so*' -exec dirname {} + | sort -u | tr '\n' ':')${LD_LIBRARY_PATH-}
FONTCONFIG_FILE=$root/fonts.conf
export LD_LIBRARY_PATH FONTCONFIG_FILE
exec "$root/usr/lib/chromium/chromium-headless-shell" "$@"
LAUNCHER
}

if from_debian; then
  exit 0
fi
say "found no Chromium: the tests of the pages in a browser will be skipped. To run them, install Chromium or Chrome" \
  "(macOS: brew install --cask google-chrome; Debian: apt install chromium-headless-shell), or name its program in CHROMIUM."
if [ "${CI-}" = true ]; then
  say "CI must run them: failing."
  exit 1
fi

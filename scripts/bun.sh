#!/bin/sh
# Runs Bun with the given arguments: the one on the PATH if it is new enough, else the one that
# scripts/setup.sh keeps in .tools/. Exits with 127 if there is neither.
root=$(dirname "$0")/..

# Prints the path of a Bun that is new enough, and fails if there is none.
find_bun() {
  for bun in "$(command -v bun)" "$root/.tools/$(uname -s)-$(uname -m)/bin/bun"; do
    [ -n "$bun" ] || continue
    case $("$bun" --version 2>/dev/null) in
      1.[4-9]* | 1.[1-9][0-9]* | [2-9].* | [1-9][0-9]*.*) echo "$bun" && return ;;
    esac
  done
  return 1
}

if ! bun=$(find_bun); then
  echo "Cannot find Bun 1.4 or newer: run 'sh scripts/setup.sh', or install it from https://bun.com" >&2
  exit 127
fi
exec "$bun" "$@"

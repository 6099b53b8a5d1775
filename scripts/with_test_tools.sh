#!/bin/sh
# Runs a script of ours that uses the tests' tools, and gets those that are missing first; its help needs none.
set -eu
cd "$(dirname "$0")/.."
case " $* " in
*' --help '* | *' -h '*) sh scripts/setup.sh ;;
*) sh scripts/setup.sh --tests ;;
esac
exec sh scripts/bun.sh "$@"

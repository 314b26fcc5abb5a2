#!/usr/bin/env bash
# Orders certificates from Pebble, the test server of Let's Encrypt, on this machine. Not part of `make test`: it needs one more package.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/need.sh --install pebble
exec cargo test -p lamplight --test it -- --ignored acme::

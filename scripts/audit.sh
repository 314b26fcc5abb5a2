#!/usr/bin/env bash
# What others have found wrong with what we use: Rust crates (licences, advisories, sources; deny.toml) and the packages that the pages
# carry (npm: high and critical). Asks the network, so it is no part of `make test`: a test must not fail because of what somebody
# published this morning.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/need.sh node npm
if ! cargo deny --version >/dev/null 2>&1; then
  echo "Missing: cargo-deny" >&2
  echo "Install with:  cargo install cargo-deny --locked" >&2
  exit 1
fi
failed=()
cargo deny --workspace --all-features check || failed+=("Rust crates")
npm --prefix ui audit --omit=dev --audit-level=high || failed+=("packages of the pages (a registry without advisories says so above)")
if [ ${#failed[@]} -gt 0 ]; then
  printf 'FAILED: %s\n' "${failed[@]}" >&2
  exit 1
fi

#!/usr/bin/env bash
# Everything `make test` does, one step after the other, with the time each took.
set -euo pipefail
cd "$(dirname "$0")/.."

started=$SECONDS
step() {
  local name=$1 from=$SECONDS
  shift
  printf '\n== %s\n' "$name"
  "$@" || { printf '\n== FAILED: %s\n' "$name" >&2; exit 1; }
  printf '== %s: %d s\n' "$name" $((SECONDS - from))
}

format() {
  cargo fmt --all --check
  # Workspaces of their own.
  cargo fmt --manifest-path fuzz/Cargo.toml --check
  cargo fmt --manifest-path clients/rust/Cargo.toml --check
}

generated_is_fresh() {
  npm --prefix ui run --silent check:generated
}

# What could not be asked is said at the end and fails nothing; `make audit` alone fails by it.
audit() {
  local said code=0
  said=$(node --test scripts/audit/) || { printf '%s\n' "$said"; return 1; }
  scripts/audit.sh || code=$?
  [ $code -eq 0 ] || [ $code -eq 2 ]
}

step "what the tests need" make --no-print-directory test-deps
step "format" format
step "licences, sources and advisories of what is used" audit
step "web pages: types made from the API's description" generated_is_fresh
step "web pages: build" make --no-print-directory ui
step "web pages: lint and types" bash -c 'npm --prefix ui run --silent lint && npm --prefix ui run --silent typecheck && npm --prefix e2e run --silent lint'
step "web pages: unit tests" npm --prefix ui run --silent test
step "Rust: lints" cargo clippy --quiet --workspace --all-targets -- -D warnings
step "Rust: tests on SQLite and PostgreSQL" scripts/with-services.sh cargo test --workspace
step "browser tests" make --no-print-directory test-e2e
printf '\nAll passed in %d s.\n' $((SECONDS - started))
# In the last lines, where it is read.
cat "${CARGO_TARGET_DIR:-target}/audit/not-known"

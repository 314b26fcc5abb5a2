#!/usr/bin/env bash
# What others have found wrong with what we use: Rust crates (licences, bans, sources, advisories; deny.toml) and the packages that the
# pages carry (npm: high and critical). Asks the network, so it is no part of `make test`: a test must not fail because of what somebody
# published this morning. What could not be asked is said, and is a failure too: nobody has looked.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/need.sh node npm
if ! cargo deny --version >/dev/null 2>&1; then
  echo "Missing: cargo-deny" >&2
  echo "Install with:  cargo install cargo-deny --locked" >&2
  exit 1
fi
failed=()
unknown=()

# The clients of other languages and the fuzz targets are workspaces of their own, and are handed to nobody.
echo "== Rust crates: licences, bans, sources"
cargo deny --workspace --all-features check licenses bans sources || failed+=("Rust crates: licences, bans or sources")

echo "== Rust crates: advisories"
said=$(cargo deny --workspace --all-features check advisories 2>&1) && found=no || found=yes
printf '%s\n' "$said"
case $found:$said in
  no:*) ;;
  *"failed to fetch advisory database"*) unknown+=("advisories of the Rust crates: their database could not be fetched") ;;
  *) failed+=("Rust crates: advisories") ;;
esac

echo "== packages of the pages: advisories"
said=$(npm --prefix ui audit --omit=dev --audit-level=high 2>&1) && found=no || found=yes
printf '%s\n' "$said"
case $found:$said in
  no:*) ;;
  *"audit endpoint returned an error"* | *ENOTFOUND* | *EAI_AGAIN* | *ENOAUDIT*)
    unknown+=("advisories of the pages' packages: the registry has none or does not answer") ;;
  *) failed+=("packages of the pages: advisories") ;;
esac

[ ${#failed[@]} -eq 0 ] || printf 'FAILED: %s\n' "${failed[@]}" >&2
[ ${#unknown[@]} -eq 0 ] || printf 'NOT KNOWN: %s\n' "${unknown[@]}" >&2
[ $((${#failed[@]} + ${#unknown[@]})) -eq 0 ]

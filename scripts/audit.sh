#!/usr/bin/env bash
# What others have found wrong with what we use: Rust crates (licences, bans, sources, advisories, yanked versions; deny.toml) and the packages
# that the pages carry (npm: high and critical; ui/advisories-accepted.json). Licences, bans and sources are known here; the rest is
# asked of the network. Ends with 1 when something is wrong, with 2 when nothing is known to be wrong and something could not be asked, which
# it says and leaves in target/audit/not-known. `make test` goes on after a 2: what somebody's network keeps from it says nothing about
# the code, and it repeats in its last lines that nobody has looked.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/need.sh node npm cargo-deny
own=${CARGO_TARGET_DIR:-target}/audit
mkdir -p "$own"
own=$(cd "$own" && pwd)
failed=()
unknown=()
# Nobody waits longer than this for a list.
patiently() { timeout --kill-after=5 "${AUDIT_PATIENCE:-60}" "$@"; }
# The clients of other languages and the fuzz targets are workspaces of their own, and are handed to nobody.
deny() { cargo deny --locked --workspace --all-features "$@"; }

echo "== Rust crates: licences, bans, sources"
deny check licenses bans sources || failed+=("Rust crates: licences, bans or sources")

# cargo-deny reads from cargo's copy of the index which versions were taken back, and a build with a lock file does not renew it.
echo "== Rust crates: yanked versions and advisories"
patiently cargo update --dry-run --quiet >/dev/null 2>"$own/index" \
  || { cat "$own/index" >&2; unknown+=("which versions of the Rust crates were yanked lately: the index could not be fetched"); }

said=$(patiently cargo deny --locked --workspace --all-features check advisories 2>&1) && code=0 || code=$?
printf '%s\n' "$said"
case $code:$said in
  0:*) ;;
  124:* | 137:* | *"failed to fetch advisory database"*)
    unknown+=("advisories of the Rust crates: their database could not be fetched")
    # Without its database cargo-deny does not look for yanked versions either. So it is given one that knows nothing but a crate that
    # there is not, for these alone.
    rm -rf "$own/nothing" "$own/databases"
    mkdir -p "$own/nothing/crates/none"
    printf '```toml\n[advisory]\nid = "NONE-2000-0001"\npackage = "none"\ndate = "2000-01-01"\n[versions]\npatched = []\n```\n\n# None\n' \
      >"$own/nothing/crates/none/NONE-2000-0001.md"
    git -C "$own/nothing" init --quiet --initial-branch=main
    git -C "$own/nothing" add .
    git -C "$own/nothing" -c user.name=audit -c user.email=audit@localhost commit --quiet --message="Knows nothing"
    nowhere=https://advisories.invalid/nothing
    sed "/^\[advisories\]/a db-path = \"$own/databases\"\ndb-urls = [\"$nowhere\"]\ngit-fetch-with-cli = true" deny.toml >"$own/yanked.toml"
    if said=$(GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=url."file://$own/nothing".insteadOf GIT_CONFIG_VALUE_0=$nowhere \
      deny --config "$own/yanked.toml" check --allow advisory-not-detected advisories 2>&1); then
      echo "yanked versions: none"
    else
      printf '%s\n' "$said" >&2
      failed+=("Rust crates: yanked versions")
    fi
    ;;
  *) failed+=("Rust crates: yanked versions or advisories") ;;
esac

echo "== packages of the pages: advisories"
node scripts/audit/npm.mjs ui ui/advisories-accepted.json && code=0 || code=$?
case $code in
  0) ;;
  2) unknown+=("advisories of the pages' packages: the registry has none or does not answer") ;;
  *) failed+=("packages of the pages: advisories") ;;
esac

[ ${#failed[@]} -eq 0 ] || printf 'FAILED: %s\n' "${failed[@]}" >&2
: >"$own/not-known"
if [ ${#unknown[@]} -gt 0 ]; then
  printf 'NOT KNOWN: %s\n' "${unknown[@]}" | tee "$own/not-known" >&2
fi
[ ${#failed[@]} -eq 0 ] || exit 1
[ ${#unknown[@]} -eq 0 ] || exit 2

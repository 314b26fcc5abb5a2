#!/usr/bin/env bash
# Holds what is in packaging/ and docs/proxy against the repository, without a Docker engine: carries the Dockerfile out (see
# scripts/packaging/dockerfile.py; FULL=1 for the whole build, which takes minutes), has compose.yaml read, the configurations of the
# proxies, the unit, and the commands and drop-ins that are written down for it. LAMPLIGHT_BIN is the program that stands in for what is
# not built.
set -euo pipefail
cd "$(dirname "$0")/.."
export LAMPLIGHT_BIN=${LAMPLIGHT_BIN:-$(realpath "${CARGO_TARGET_DIR:-target}")/debug/lamplight}
python=/usr/bin/python3
[ -x $python ] || python=python3

work=$(mktemp -d "${TMPDIR:-/tmp}/lamplight-packaging.XXXXXX")
trap 'rm -rf "$work"' EXIT
fail() { echo "FAILED: $1" >&2; exit 1; }

haproxy=$(command -v haproxy || echo /usr/sbin/haproxy)
# The account that it gives itself comes with its package.
"$haproxy" -c -q -f docs/proxy/haproxy.cfg || fail "docs/proxy/haproxy.cfg"
LAMPLIGHT_SITE=localhost LAMPLIGHT_SERVERS="one:5000 two:5000 three:5000" \
  caddy adapt --config docs/proxy/Caddyfile --adapter caddyfile >"$work/caddy.json" 2>"$work/caddy.log" || { cat "$work/caddy.log" >&2; fail "docs/proxy/Caddyfile"; }
[ "$(grep -o '"dial":"[a-z]*:5000"' "$work/caddy.json" | sort -u | wc -l)" = 3 ] || fail "docs/proxy/Caddyfile does not take three servers"
[ "$(caddy fmt docs/proxy/Caddyfile)" = "$(cat docs/proxy/Caddyfile)" ] || fail "docs/proxy/Caddyfile: run caddy fmt --overwrite"
echo "proxies: HAProxy and Caddy take their configurations"

mkdir -p "$work/unit/lamplight.service.d"
"$python" scripts/packaging/service.py "$work/unit/lamplight.service.d"
if command -v systemd-analyze >/dev/null; then
  # Where there is no such program yet, any will do.
  sed 's|^ExecStart=lamplight|ExecStart=/bin/true|' packaging/lamplight.service >"$work/unit/lamplight.service"
  # It warns of a name that it does not know, and goes on.
  systemd-analyze verify "$work/unit/lamplight.service" 2>"$work/verify" || { cat "$work/verify" >&2; fail "packaging/lamplight.service"; }
  ! grep lamplight "$work/verify" || fail "packaging/lamplight.service, or a drop-in of docs/operations.md"
  echo "unit: verified, with the drop-ins of docs/operations.md"
fi

if docker compose version >/dev/null 2>&1; then compose=(docker compose); else compose=(docker-compose); fi
compose+=(--file packaging/docker/compose.yaml --project-directory packaging/docker --env-file "$work/env")
: >"$work/env"
env -u POSTGRES_PASSWORD -u JWT_SECRET -u LAMPLIGHT_SITE "${compose[@]}" config >/dev/null 2>&1 && fail "compose.yaml starts without passwords"
# The names are those of the example.
sed -E 's/^(LAMPLIGHT_SITE|POSTGRES_PASSWORD|JWT_SECRET)=$/\1=example/' packaging/docker/example.env >"$work/env"
"${compose[@]}" config >"$work/compose" || fail "packaging/docker/compose.yaml"
"$python" scripts/packaging/compose.py <"$work/compose"

"$python" scripts/packaging/dockerfile.py "$work"

#!/usr/bin/env bash
# Installs the Debian package that is given, runs what it has laid out, and purges it again. For a machine that may be thrown away, as
# root: it refuses where Lamplight is installed already.
set -euo pipefail
package=${1:?which package?}
[ "$(id -u)" -eq 0 ] || { echo "Only root can install a package." >&2; exit 1; }
if dpkg-query --show lamplight >/dev/null 2>&1 || [ -e /etc/lamplight ] || [ -e /var/lib/lamplight ]; then
  echo "Lamplight is here already." >&2
  exit 1
fi

here=$(mktemp -d)
server=
finish() {
  [ -z "$server" ] || kill "$server" 2>/dev/null || true
  dpkg --purge lamplight >/dev/null 2>&1 || true
  rm -rf "$here"
}
trap finish EXIT
fail() { echo "FAILED: $1" >&2; exit 1; }

dpkg --install "$package" >"$here/install" 2>&1 || { cat "$here/install" >&2; fail "it can't be installed"; }
echo "installed: $(lamplight --version)"
[ "$(command -v lamplight)" = /usr/bin/lamplight ] || fail "another lamplight is found first"
dpkg-query --show --showformat='${Conffiles}' lamplight | grep --quiet ' /etc/lamplight/lamplight.toml ' || fail "the settings are no conffile"
for file in copyright changelog.Debian.gz operations.md proxy/nginx.conf proxy/haproxy.cfg proxy/Caddyfile; do
  [ -s "/usr/share/doc/lamplight/$file" ] || fail "$file is missing"
done

unit=/usr/lib/systemd/system/lamplight.service
systemd-analyze verify "$unit" 2>"$here/verify" || { cat "$here/verify" >&2; fail "the unit is wrong"; }
grep "lamplight" "$here/verify" && fail "the unit is not clean"
echo "unit: verified"

# What the unit would start, with the settings that are laid out, but another folder and any port that is free.
command=$(sed -n 's/^ExecStart=//p' "$unit")
DATA_DIR=$here/data PORT=0 $command >"$here/out" 2>"$here/err" &
server=$!
for _ in $(seq 300); do
  url=$(grep --only-matching --max-count=1 'http://[0-9.:]*' "$here/out" || true)
  [ -n "$url" ] && break
  kill -0 "$server" 2>/dev/null || { cat "$here/err" >&2; fail "it does not start"; }
  sleep 0.1
done
case $url in http://127.0.0.1:*) ;; *) fail "it listens at $url" ;; esac
ask() {
  exec 3<>"/dev/tcp/127.0.0.1/${url##*:}"
  printf 'GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' "$1" >&3
  cat <&3
  exec 3>&-
}
[[ $(ask /readyz) == "HTTP/1.1 200 "* ]] || fail "it is not ready"
[[ $(ask /) == *"<!doctype html>"* ]] || fail "the pages are not in it"
kill -TERM "$server"
wait "$server" || fail "it did not end well"
server=
echo "served: /readyz and the pages, at $url"

dpkg --purge lamplight >"$here/purge" 2>&1 || { cat "$here/purge" >&2; fail "it can't be purged"; }
for left in /usr/bin/lamplight "$unit" /etc/lamplight /usr/share/doc/lamplight; do
  [ ! -e "$left" ] || fail "$left was left"
done
echo "purged"

#!/usr/bin/env bash
# Starts a private PostgreSQL and a private Redis on Unix sockets in a temporary folder, runs the command given, and ends
# both with it. Nothing outside that folder is touched, no port is taken.
set -euo pipefail

here=$(mktemp -d "${TMPDIR:-/tmp}/lamplight-services.XXXXXX")
chmod 755 "$here"
postgres_bin=$(dirname "$(ls -1 /usr/lib/postgresql/*/bin/initdb 2>/dev/null | sort -V | tail -n 1 || command -v initdb)")
redis_server=$(command -v redis-server || command -v valkey-server)

# PostgreSQL refuses to run as root.
as_owner() { if [ "$(id -u)" -eq 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; }
if [ "$(id -u)" -eq 0 ]; then install -d -o postgres "$here/postgres"; else mkdir "$here/postgres"; fi

stop() {
  as_owner "$postgres_bin/pg_ctl" -D "$here/postgres/data" -m immediate stop >/dev/null 2>&1 || true
  [ -f "$here/redis.pid" ] && kill "$(cat "$here/redis.pid")" 2>/dev/null || true
  rm -rf "$here"
}
trap stop EXIT

cd "$here"
as_owner "$postgres_bin/initdb" -D "$here/postgres/data" -U lamplight --auth=trust --no-sync -E UTF8 --no-locale >"$here/initdb.log" 2>&1 \
  || { cat "$here/initdb.log" >&2; exit 1; }
# No fsync: these data live as long as one test run. Tests of durability start their own server; what measures sets DURABLE=1.
careless="-c fsync=off -c full_page_writes=off"
[ -z "${DURABLE:-}" ] || careless=""
as_owner "$postgres_bin/pg_ctl" -D "$here/postgres/data" -w -l "$here/postgres/log" start \
  -o "-k $here/postgres -c listen_addresses='' -c max_connections=300 $careless" >/dev/null \
  || { cat "$here/postgres/log" >&2; exit 1; }
"$redis_server" --port 0 --unixsocket "$here/redis.sock" --save '' --appendonly no --daemonize yes \
  --pidfile "$here/redis.pid" --dir "$here" --logfile "$here/redis.log" >/dev/null
cd "$OLDPWD"

# For the tests of what happens without it, which run services of their own.
stop_postgres() { as_owner "$postgres_bin/pg_ctl" -D "$here/postgres/data" -w -m immediate stop; }
# With the options of before.
start_postgres() { as_owner "$postgres_bin/pg_ctl" -D "$here/postgres/data" -w -l "$here/postgres/log" start \
  -o "-k $here/postgres -c listen_addresses='' -c max_connections=300 $careless"; }
export -f as_owner stop_postgres start_postgres
export here postgres_bin careless

export LAMPLIGHT_TEST_POSTGRES="postgres:///postgres?host=$here/postgres&user=lamplight"
export LAMPLIGHT_TEST_REDIS="unix://$here/redis.sock"
"$@"

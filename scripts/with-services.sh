#!/usr/bin/env bash
# Starts a private PostgreSQL and a private Redis on Unix sockets in a temporary folder, runs the command given, and ends
# both with it. Nothing outside that folder is touched, no port is taken.
#
# DISK_MB=96 puts the data of PostgreSQL on a disk of their own of that size, for tests of what happens when it is full: a tmpfs that nobody
# else sees and that ends with this script. That needs root, or a kernel that lets users have namespaces of their own.
set -euo pipefail

if [ -n "${DISK_MB:-}" ] && [ -z "${OWN_MOUNTS:-}" ]; then
  as=(unshare --user --map-root-user --mount)
  [ "$(id -u)" -ne 0 ] || as=(unshare --mount)
  "${as[@]}" mount -t tmpfs -o size=1m none /tmp 2>/dev/null || {
    echo "A disk of a size of its own can't be had: that needs root with CAP_SYS_ADMIN, or namespaces for users (sysctl user.max_user_namespaces and," >&2
    echo "where they are there, kernel.unprivileged_userns_clone=1, kernel.apparmor_restrict_unprivileged_userns=0)." >&2
    exit 1
  }
  OWN_MOUNTS="$(id -u)" exec "${as[@]}" "$0" "$@"
fi

here=$(mktemp -d "${TMPDIR:-/tmp}/lamplight-services.XXXXXX")
chmod 755 "$here"
postgres_bin=$(dirname "$(ls -1 /usr/lib/postgresql/*/bin/initdb 2>/dev/null | sort -V | tail -n 1 || command -v initdb)")
redis_server=$(command -v redis-server || command -v valkey-server)

# PostgreSQL refuses to run as root, also as one whom only a namespace takes for root.
as_owner() {
  if [ "$(id -u)" -ne 0 ]; then "$@"
  elif [ "${OWN_MOUNTS:-0}" -eq 0 ]; then runuser -u postgres -- "$@"
  else unshare --user --map-user="$OWN_MOUNTS" -- "$@"
  fi
}
owner=()
[ "$(id -u)" -ne 0 ] || [ "${OWN_MOUNTS:-0}" -ne 0 ] || owner=(-o postgres)
install -d "${owner[@]}" "$here/postgres"
if [ -n "${DISK_MB:-}" ]; then
  mkdir "$here/postgres/data"
  mount -t tmpfs -o "size=${DISK_MB}m" none "$here/postgres/data"
  # A disk is not all one's own; and initdb wants a folder that is empty and its own.
  install -d -m 700 "${owner[@]}" "$here/postgres/data/main"
fi
data="$here/postgres/data${DISK_MB:+/main}"

stop() {
  as_owner "$postgres_bin/pg_ctl" -D "$data" -m immediate stop >/dev/null 2>&1 || true
  [ -z "${DISK_MB:-}" ] || umount "$here/postgres/data" 2>/dev/null || true
  [ -f "$here/redis.pid" ] && kill "$(cat "$here/redis.pid")" 2>/dev/null || true
  rm -rf "$here"
}
trap stop EXIT

cd "$here"
as_owner "$postgres_bin/initdb" -D "$data" -U lamplight --auth=trust --no-sync -E UTF8 --no-locale >"$here/initdb.log" 2>&1 \
  || { cat "$here/initdb.log" >&2; exit 1; }
# No fsync: these data live as long as one test run. Tests of durability start their own server; what measures sets DURABLE=1.
careless="-c fsync=off -c full_page_writes=off"
[ -z "${DURABLE:-}" ] || careless=""
as_owner "$postgres_bin/pg_ctl" -D "$data" -w -l "$here/postgres/log" start \
  -o "-k $here/postgres -c listen_addresses='' -c max_connections=300 $careless" >/dev/null \
  || { cat "$here/postgres/log" >&2; exit 1; }
"$redis_server" --port 0 --unixsocket "$here/redis.sock" --save '' --appendonly no --daemonize yes \
  --pidfile "$here/redis.pid" --dir "$here" --logfile "$here/redis.log" >/dev/null
cd "$OLDPWD"

# For the tests of what happens without it, which run services of their own.
stop_postgres() { as_owner "$postgres_bin/pg_ctl" -D "$data" -w -m immediate stop; }
# With the options of before.
start_postgres() { as_owner "$postgres_bin/pg_ctl" -D "$data" -w -l "$here/postgres/log" start \
  -o "-k $here/postgres -c listen_addresses='' -c max_connections=300 $careless"; }
# With DISK_MB: takes what room is left on the disk, and gives it back.
fill_postgres() { dd if=/dev/zero of="$here/postgres/data/filler" bs=4096 2>/dev/null || [ "$(df --output=avail "$here/postgres/data" | tail -n 1)" -eq 0 ]; }
free_postgres() { rm "$here/postgres/data/filler"; }
# After fill: has it write more WAL than there is room for, and waits until it has ended by that.
exhaust_postgres() {
  psql --quiet --command "SELECT pg_logical_emit_message(false, 'exhaust', repeat('x', 20000000))" "$LAMPLIGHT_TEST_POSTGRES" >/dev/null 2>&1 || true
  while as_owner "$postgres_bin/pg_ctl" -D "$data" status >/dev/null; do sleep 0.1; done
}
export -f as_owner stop_postgres start_postgres fill_postgres free_postgres exhaust_postgres
export here data postgres_bin careless

export LAMPLIGHT_TEST_POSTGRES="postgres:///postgres?host=$here/postgres&user=lamplight"
export LAMPLIGHT_TEST_REDIS="unix://$here/redis.sock"
"$@"

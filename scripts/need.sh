#!/usr/bin/env bash
# Checks that programs are there; with --install, installs what is missing with apt-get where it may, or with cargo. Says exactly
# what to install where it may not.
set -euo pipefail

install=no
[ "${1:-}" = --install ] && { install=yes; shift; }

is_there() {
  case $1 in
    postgres) compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || command -v initdb >/dev/null ;;
    redis) command -v redis-server >/dev/null || command -v valkey-server >/dev/null ;;
    chromium) command -v chromium >/dev/null || [ -n "${CHROMIUM:-}" ] ;;
    node) command -v node >/dev/null && [ "$(node -p 'Number(process.versions.node.split(".")[0]) >= 20')" = true ] ;;
    python3-yaml) /usr/bin/python3 -c 'import yaml' 2>/dev/null ;;
    # The plugin of Docker does as well.
    docker-compose) command -v docker-compose >/dev/null || docker compose version >/dev/null 2>&1 ;;
    python3-venv) python3 -c 'import ensurepip, venv' 2>/dev/null ;;
    openssl) command -v pkg-config >/dev/null && pkg-config --exists openssl ;;
    # Debian keeps it where not everybody looks.
    nginx | haproxy) [ -x "/usr/sbin/$1" ] || command -v "$1" >/dev/null ;;
    cargo-deny) cargo deny --version >/dev/null 2>&1 ;;
    *) command -v "$1" >/dev/null ;;
  esac
}
# What Debian does not have. cargo-deny is built from what its authors published, and not optimised: that takes a quarter of the processor time
# of a clean debug build of this workspace (87 of 336 s, two cores), optimised half of it (182 s); a look then takes 3.8 s instead of 1.3. It
# is put where cargo puts programs, so that it is built once for a machine and not for each folder. There is a prebuilt one on PyPI,
# in a second, by others than its authors and for one processor: not for what guards where things come from. cargo-audit knows no licences.
crate() {
  case $1 in
    cargo-deny) echo cargo-deny --locked --debug --version 0.20.2 ;;
  esac
}
package() {
  case $1 in
    postgres) echo postgresql ;;
    redis) echo redis-server ;;
    node) echo nodejs ;;
    objdump) echo binutils ;;
    openssl) echo libssl-dev pkg-config ;;
    *) echo "$1" ;;
  esac
}

missing=()
for program in "$@"; do is_there "$program" || missing+=("$program"); done
[ ${#missing[@]} -eq 0 ] && exit 0

crates=()
others=()
for program in "${missing[@]}"; do
  if [ -z "$(crate "$program")" ]; then others+=("$program"); else crates+=("$program"); fi
done
for program in ${crates[@]+"${crates[@]}"}; do
  read -ra what <<<"$(crate "$program")"
  if [ $install = no ]; then
    printf 'Missing: %s\nInstall with:  cargo install %s\n' "$program" "${what[*]}" >&2
    continue
  fi
  echo "Installing $program with cargo (some minutes)"
  env -u CARGO_TARGET_DIR cargo install --quiet "${what[@]}"
done
[ ${#crates[@]} -eq 0 ] || [ $install = yes ] || [ ${#others[@]} -gt 0 ] || exit 1
[ ${#others[@]} -eq 0 ] && exit 0
missing=("${others[@]}")

packages=()
for program in "${missing[@]}"; do read -ra some <<<"$(package "$program")"; packages+=("${some[@]}"); done
as_root=()
[ "$(id -u)" -eq 0 ] || as_root=(sudo -n)
if [ $install = yes ] && command -v apt-get >/dev/null && { [ "$(id -u)" -eq 0 ] || sudo -n true 2>/dev/null; }; then
  echo "Installing ${packages[*]}"
  "${as_root[@]}" apt-get update -qq
  DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
  still=()
  for program in "${missing[@]}"; do is_there "$program" || still+=("$program"); done
  [ ${#still[@]} -eq 0 ] && exit 0
  missing=("${still[@]}")
fi
{
  echo "Missing: ${missing[*]}"
  case " ${missing[*]} " in *" node "*) echo "Node must be version 20 or newer." ;; esac
  echo "Install with:  sudo apt-get install ${packages[*]}"
} >&2
exit 1

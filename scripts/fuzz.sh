#!/usr/bin/env bash
# Runs every fuzz target for FUZZ_SECONDS, one after the other, and fails when one finds something. What a run learns goes on in
# target/fuzz/corpus; the few inputs in fuzz/corpus are written by hand.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${FUZZ_SECONDS:-60}
scripts/need.sh --install g++
cargo fuzz --version >/dev/null 2>&1 || { echo "Installing cargo-fuzz"; cargo install --quiet --locked cargo-fuzz; }

# The sanitizer and the coverage of libFuzzer are switches of rustc that the stable compiler takes only when this is set. It
# concerns this build alone, into a folder of its own.
export RUSTC_BOOTSTRAP=1
target=(--target-dir target/fuzz)
targets=${FUZZ_TARGETS:-$(cargo fuzz list)}

echo "Building the fuzz targets"
cargo fuzz build "${target[@]}"
for name in $targets; do
  learnt=target/fuzz/corpus/$name
  mkdir -p "$learnt"
  printf '\n== %s: %s s\n' "$name" "$seconds"
  log=target/fuzz/$name.log
  : >"$log"
  # Its lines of progress at the powers of two, and its end.
  cargo fuzz run "${target[@]}" "$name" "$learnt" "fuzz/corpus/$name" -- \
    -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 -print_final_stats=1 >"$log" 2>&1 &
  run=$!
  trap 'kill $run 2>/dev/null || true' EXIT
  tail --pid=$run -n +1 -f "$log" | grep --line-buffered -E '^#[0-9]+[[:space:]]+(INITED|pulse|DONE)|ERROR|panicked|stat::(number|average)' || true
  trap - EXIT
  if ! wait $run; then
    tail -n 60 "$log" >&2
    printf '\n== FAILED: %s. The input is in fuzz/artifacts/%s; once it is fixed, it belongs into fuzz/corpus/%s.\n' "$name" "$name" "$name" >&2
    exit 1
  fi
done
printf '\nNothing found, %s s for each of: %s\n' "$seconds" "$(tr '\n' ' ' <<<"$targets")"

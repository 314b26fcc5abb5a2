#!/usr/bin/env bash
# Lets schemathesis hold a server against docs/openapi.json, as the office, as faculty and as a student. API_EXAMPLES=100 looks
# longer, API_ROLES=student as one alone, API_ONLY='^/api/admin/marks' at some routes. What it saw is in target/api-report.
set -euo pipefail
cd "$(dirname "$0")/.."

target=${CARGO_TARGET_DIR:-target}
exec "$target/api/bin/python" scripts/api/run.py "$target/debug/lamplight" "$target/api-report" \
  --examples "${API_EXAMPLES:-10}" ${API_ROLES:+--roles "$API_ROLES"} ${API_ONLY:+--only "$API_ONLY"}

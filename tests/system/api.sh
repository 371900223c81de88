#!/bin/bash
# What a running room answers over HTTP, judged by validators that others wrote: JSON Schema (python3-jsonschema) against the
# room's own OpenAPI document, and Prometheus' text format (python3-prometheus-client).
# Usage: api.sh PROGRAM EXAMPLES CLAIM. Exit 0 holds, 1 not, 2 no program.
set -eu
program=$1 examples=$2 claim=$3
. "${BASH_SOURCE[0]%/*}/json.sh"
data=$work/data room=$examples/returns-room.toml speed=240
mkdir "$data"
service= world=
cleanup() {
  local pid
  for pid in $service $world; do kill -9 "$pid" 2>/dev/null || true; done
  # Each gate takes its engine with it.
  for pid in $(sed -n 's/^{.*"pid":\([0-9]*\).*/\1/p' "$data"/jobs/*/gate.json 2>/dev/null); do
    [[ $(tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline") != *"$data"* ]] || kill -9 "$pid" || true
  done
  rm -rf "$work"
}
trap cleanup EXIT

"$program" model --room "$room" --batch "$examples/returns.csv" --socket "$work/world.sock" --speed $speed --seed 7 \
  --crew "$data" >"$work/world.out" 2>"$work/world.err" </dev/null &
world=$!
"$program" serve --room "$room" --data "$data" --model "$work/world.sock" --speed $speed --port 0 \
  >"$work/serve.out" 2>"$work/serve.err" </dev/null &
service=$!
until "$program" status --data "$data" >"$work/asked" 2>&1; do
  kill -0 $service || { cat "$work/serve.err" "$work/world.err"; exit 1; }
done
port=$(sed -n 's|.*the page is at http://127.0.0.1:\([0-9]*\)/.*|\1|p' "$work/serve.err")
/usr/bin/python3 -B "${BASH_SOURCE[0]%/*}/api_$claim.py" "$port" "$data/token" || failed=1
finish

#!/bin/bash
# The page's server on one core, its clients on another, over the example room at work at 60 times real time: 1,000 live
# streams, one slot read again and again, 5,000 connections that ask nothing, and a stream that is never read. One line of
# JSON each. Usage: http_bench.sh PROGRAM HTTP_LOAD [CLIENTS SECONDS]   Exit 0 within the limits, 1 not, 2 no program.
set -eu
program=$1 load=$2 clients=${3:-1000} seconds=${4:-20}
here=${BASH_SOURCE[0]%/*}
examples=$here/../../config/examples
. "$here/../system/json.sh"
ulimit -n "$(ulimit -Hn)"
last=$(($(nproc) - 1))

data=$work/data
"$program" model --room "$examples/returns-room.toml" --batch "$examples/returns.csv" --socket "$work/world.sock" --speed 60 \
  --crew "$data" >"$work/world.out" 2>"$work/world.err" </dev/null &
world=$!
taskset -c 0 "$program" serve --room "$examples/returns-room.toml" --data "$data" --model "$work/world.sock" --speed 60 \
  --port 0 2>"$work/serve.err" </dev/null &
service=$!
until grep -q 'the page is at' "$work/serve.err"; do
  kill -0 $service 2>/dev/null || { cat "$work/serve.err"; exit 1; }
done
port=$(sed -n 's/.*127\.0\.0\.1:\([0-9]*\).*/\1/p' "$work/serve.err")
# The Macs must be at work, or a stream has nothing to tell.
give_up=$((SECONDS + 60))
waiting=0
until [ "${waiting:-0}" -gt 5 ]; do
  [ $SECONDS -lt $give_up ] || { echo "no Mac was at work within 60 s"; cat "$work/serve.err"; exit 1; }
  run status --data "$data" --json
  waiting=$(field waiting "$line")
done

# measure NAME ARGUMENTS...: the load's line, with a name and the service's memory; kept in $line.
measure() {
  local name=$1
  shift
  line=$(taskset -c "$last" "$load" "$@") || failed=1
  line="{\"bench\":\"$name\",${line#\{}"
  line="${line%\}},\"rss_KiB\":$(awk '/VmRSS/ { print $2 }' "/proc/$service/status"),\"cores\":1}"
  printf '%s\n' "$line"
}
measure streams streams "$port" "$clients" "$seconds"
holds streams lost 'none' "$(field lost "$line")" 'x == 0'
holds streams frames_a_second 'four' "$(field frames_a_second "$line")" 'x > 3.5'
holds streams lag_p99_ms 'at most 250 ms' "$(field lag_p99_ms "$line")" 'x <= 250'
holds streams rss_KiB 'at most 200 MiB' "$(field rss_KiB "$line")" 'x <= 204800'
measure reads reads "$port" 32 "$((seconds / 2))"
holds reads wrong 'none' "$(field wrong "$line")" 'x == 0'
holds reads reads_a_second 'at least 10,000' "$(field reads_a_second "$line")" 'x >= 10000'
measure idle idle "$port" "$((5 * clients))" "$((seconds / 2))"
holds idle unanswered 'none' "$(field unanswered "$line")" 'x == 0'
measure sleeper sleeper "$port" 120
holds sleeper after_s 'dropped within two minutes' "$(field after_s "$line")" 'x < 120'
finish

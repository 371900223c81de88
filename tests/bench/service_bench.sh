#!/bin/bash
# What a service costs: the time from exec to its first answer with a journal of a million facts, its memory after a
# virtual day of 1,000 slots, and 200 deaths by SIGKILL. Prints one line of JSON each.
# Usage: service_bench.sh PROGRAM [start | memory | kills]...   Exit 0 within the limits, 1 not, 2 no program.
set -eu
program=$1
here=${BASH_SOURCE[0]%/*}
examples=$here/../../config/examples
. "$here/../system/json.sh"
shift
cores=$(nproc)
# end PID: an orderly end, exit code 0.
end() {
  local code=0
  kill -TERM "$1"
  wait "$1" || code=$?
  expect "process $1" 'exit code of an orderly end' 0 "$code"
}

# until_answer DATA: asks the service on DATA again and again until it answers, 60 s at most.
until_answer() {
  local give_up=$((SECONDS + 60))
  until "$program" status --data "$1" --json >"$work/status" 2>/dev/null; do
    [ $SECONDS -lt $give_up ] || return 1
  done
}

million_facts() {
  awk 'BEGIN {
    for (seq = 1; seq <= 1000000; seq++)
      printf "{\"at_us\":%d,\"body\":{\"outlet\":\"right:20\",\"state\":\"%s\"},\"by\":\"greenroom\",\"cause\":0,\"seq\":%d,\"type\":\"outlet_sensed\",\"version\":1,\"wall_us\":%d}\n", seq * 1000, seq % 2 ? "off" : "unknown", seq, 1767600000000000 + seq * 1000
  }'
}

# Median of seven starts; the first of all reads every fact and leaves a snapshot, and is printed beside.
start_time() {
  local data=$work/million room=$examples/returns-room.toml times=() n began first
  mkdir "$data"
  million_facts >"$work/facts.jsonl"
  "$program" journal restore --data "$data" --from "$work/facts.jsonl" >&2
  rm "$work/facts.jsonl"
  for ((n = 0; n < 8; n++)); do
    began=$EPOCHREALTIME
    "$program" serve --room "$room" --data "$data" 2>>"$work/serve.err" </dev/null &
    service=$!
    until_answer "$data" || { wrong start 'an answer within' '60 s' none; cat "$work/serve.err"; return; }
    times+=($(((${EPOCHREALTIME/./} - ${began/./}) / 1000)))
    end "$service"
    service=
  done
  first=${times[0]}
  local median
  median=$(printf '%s\n' "${times[@]:1}" | sort -n | sed -n 4p)
  printf '{"bench":"start","facts":1000000,"first_ms":%d,"median_ms":%d,"starts":7,"cores":%d}\n' "$first" "$median" "$cores"
  holds start median_ms 'at most 300' "$median" 'x <= 300'
}

# One virtual day at 600 times real time: 144 s.
memory() {
  local data=$work/big seconds=${GREENROOM_MEMORY_SECONDS:-144}
  mkdir "$data"
  "$here/big_room.sh" 25 >"$work/big.toml"
  "$program" model --room "$work/big.toml" --socket "$work/world.sock" --speed 600 --crew "$data" --json >"$work/world.out" 2>"$work/world.err" </dev/null &
  world=$!
  "$program" serve --room "$work/big.toml" --data "$data" --model "$work/world.sock" --speed 600 2>>"$work/serve.err" </dev/null &
  service=$!
  until_answer "$data" || { wrong memory 'an answer within' '60 s' none; cat "$work/serve.err"; return; }
  sleep "$seconds"
  local rss peak facts
  rss=$(awk '/VmRSS/ { print $2 }' "/proc/$service/status")
  peak=$(awk '/VmHWM/ { print $2 }' "/proc/$service/status")
  run status --data "$data" --json
  facts=$(field last_seq "$line")
  printf '{"bench":"memory","slots":1000,"virtual_s":%d,"rss_KiB":%d,"peak_KiB":%d,"facts":%s,"cores":%d}\n' $((seconds * 600)) "$rss" "$peak" "${facts:-null}" "$cores"
  holds memory facts 'a room at work' "${facts:-0}" 'x > 10000'
  holds memory rss_KiB 'at most 64 MiB' "$rss" 'x <= 65536'
  end "$service"
  service=
  end "$world"
  world=
}

kills() { "$here/../system/sigkill.sh" "$program" "$examples" 200 120 2 7 || failed=1; }

[ $# -gt 0 ] || set -- start memory kills
for bench in "$@"; do
  case $bench in
    start) start_time ;;
    memory) memory ;;
    kills) kills ;;
    *) echo "there is no bench \"$bench\"; there are start, memory and kills" >&2; exit 2 ;;
  esac
done
finish

#!/bin/bash
# A service is ended with SIGKILL again and again, at random instants, while its world and its engines run on in processes
# of their own and a person goes on giving commands.
# Usage: sigkill.sh PROGRAM EXAMPLES KILLS SPEED MOST_SECONDS_A_LIFE SEED. Exit 0 holds, 1 not, 2 no program.
set -eu
program=$1 examples=$2 kills=$3 speed=$4 life=$5 seed=$6
. "${BASH_SOURCE[0]%/*}/json.sh"
RANDOM=$seed
data=$work/data socket=$work/world.sock room=$examples/returns-room.toml
mkdir "$data"
world= service=
cleanup() {
  local pid
  for pid in $service $world; do kill -9 "$pid" 2>/dev/null || true; done
  for pid in "$data"/jobs/*/gate.json; do  # engines that the end of the test found at work
    [ ! -e "$pid" ] || kill -9 "$(field pid "$(cat "$pid")")" 2>/dev/null || true
  done
  rm -rf "$work"
}
trap cleanup EXIT

"$program" model --room "$room" --batch "$examples/returns.csv" --socket "$socket" --speed "$speed" --seed "$seed" \
  --crew "$data" --events "$work/events" --json >"$work/world.out" 2>"$work/world.err" </dev/null &
world=$!
start() {
  "$program" serve --room "$room" --data "$data" --model "$socket" --speed "$speed" >>"$work/serve.out" 2>>"$work/serve.err" </dev/null &
  service=$!
}
# One command after another, each with a key of its own; what was acknowledged is written down.
asked=0
acknowledge() {
  local n answer
  for n in 1 2 3; do
    asked=$((asked + 1))
    answer=$("$program" command deny --data "$data" --json --by lead --key "key-$asked" --serial "ZZZZ$((100000 + asked))" \
      --text "legal hold" 2>/dev/null | tail -n 1) || return 0
    [ -z "$answer" ] || echo "key-$asked $(field seq "$answer")" >>"$work/acknowledged"
  done
}

start
for ((kill = 1; kill <= kills; kill++)); do
  acknowledge
  sleep "$(awk -v r=$RANDOM -v life="$life" 'BEGIN { print r / 32768 * life }')"  # the random instant
  kill -9 "$service"
  wait "$service" 2>/dev/null || true
  start
done
# What is left of the batch is worked off undisturbed.
done=0
for ((tries = 0; tries < 240; tries++)); do
  status_line=$("$program" status --data "$data" --json 2>/dev/null | tail -n 1) || true
  [ -n "$status_line" ] && [ "$(field unfinished "$status_line")" = 0 ] && done=1 && break
  sleep 1
done
kill -TERM "$service" && wait "$service" || wrong service 'exit code of an orderly end' 0 $?
service=
# Engines that were past their gate end by themselves.
for ((tries = 0; tries < 60; tries++)); do
  started=$(grep -c '"event":"erase_started"' "$work/events" || true)
  finished=$(grep -c '"event":"restore_finished"' "$work/events" || true)
  [ "$started" != "$finished" ] || break
  sleep 1
done
kill -TERM "$world" && wait "$world" || wrong world 'exit code' 0 $?
world=
truth=$(tail -n 1 "$work/world.out")

expect batch 'all Macs packed or in a case' 1 "$done"
zero world trips "$truth"
zero world protected_opens "$truth"
zero world erased_twice "$truth"
holds world 'erases' 'at least 20' "$started" 'x >= 20'
expect world 'restores that began and finished' "$started" "$finished"
expect world 'Macs erased more than once' 0 "$(object erases "$truth" | grep -o ':[0-9]*' | grep -vc ':1$' || true)"
run journal verify --data "$data" --json
expect journal 'exit code of verify' 0 "$status"
"$program" journal show --data "$data" --type command_taken --json >"$work/taken" 2>/dev/null || true
lost=0
while read -r key seq; do
  grep -q "\"key\":\"$key\"" "$work/taken" || { lost=$((lost + 1)); echo "lost: $key, acknowledged at $seq"; }
done <"$work/acknowledged"
expect journal 'acknowledged and lost' 0 "$lost"
holds service 'acknowledged commands' "at least $kills" "$(wc -l <"$work/acknowledged")" "x >= $kills"
starts=$("$program" journal show --data "$data" --type service_started --json 2>/dev/null | grep -o '"type":"service_started"' | wc -l)
holds journal 'starts' "more than $((kills / 2))" "$starts" "x > $kills / 2"
echo "$kills kills, $starts starts, $(wc -l <"$work/acknowledged") acknowledged, $started erases, $finished finished; $truth"
[ $failed = 0 ] || tail -n 5 "$work/serve.err" "$work/world.err" >&2
finish

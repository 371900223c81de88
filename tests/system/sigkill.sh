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
world= service= person=
cleanup() {
  local pid
  for pid in $service $world $person; do kill -9 "$pid" 2>/dev/null || true; done
  # Engines that a failed test leaves at work: each gate takes its engine with it.
  for pid in $(sed -n 's/^{.*"pid":\([0-9]*\).*/\1/p' "$data"/jobs/*/gate.json 2>/dev/null); do
    [[ $(tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline") != *"$data"* ]] || kill -9 "$pid" || true
  done
  [ -n "${GREENROOM_KEEP:-}" ] && echo "kept: $work" || rm -rf "$work"
}
trap cleanup EXIT

"$program" model --room "$room" --batch "$examples/returns.csv" --socket "$socket" --speed "$speed" --seed "$seed" \
  --crew "$data" --events "$work/events" --json >"$work/world.out" 2>"$work/world.err" </dev/null &
world=$!
start() {
  "$program" serve --room "$room" --data "$data" --model "$socket" --speed "$speed" >>"$work/serve.out" 2>>"$work/serve.err" </dev/null &
  service=$!
}
# A person who gives one command after another, each again with the same key until it is answered. What was acknowledged
# is written down with its number in the journal.
mkfifo "$work/never"
person() {
  local n answer
  for ((n = 1; ; n++)); do
    while true; do
      answer=$("$program" command deny --data "$data" --json --by lead --key "key-$n" --serial "ZZZZ$((100000 + n))" \
        --text "legal hold" 2>/dev/null | tail -n 1) || true
      [[ $answer != *'"accepted":true'* ]] || break
      read -rt 0.05 <>"$work/never" || true
    done
    echo "key-$n $(field seq "$answer")" >>"$work/acknowledged"
    read -rt 0.1 <>"$work/never" || true
  done
}

start
person &
person=$!
for ((kill = 1; kill <= kills; kill++)); do
  sleep "$(awk -v r=$RANDOM -v life="$life" 'BEGIN { print r / 32768 * life }')"  # the random instant
  kill -9 "$service"
  wait "$service" 2>/dev/null || true
  start
done
kill "$person" && wait "$person" 2>/dev/null || true
person=
# What is left of the batch is worked off undisturbed, looked at once a second.
give_up=$((SECONDS + 300))
while run status --data "$data" --json; [ "$(field unfinished "$line")" != 0 ] && [ $SECONDS -lt $give_up ]; do
  read -rt 1 <>"$work/never" || true
done
room_status=$line
kill -TERM "$service" && wait "$service" || wrong service 'exit code of an orderly end' 0 $?
service=
# By the world's truth: a restore that began and did not finish though nobody moved the Mac's cables meanwhile.
read -r started finished broken < <(awk '
  function of(key) { return match($0, "\"" key "\":[0-9]+") ? substr($0, RSTART + length(key) + 3, RLENGTH - length(key) - 3) : "" }
  { mac = of("mac") }
  /"event":"erase_started"/ { started++; if (state[mac] == "open") broken++; state[mac] = "open" }
  /"event":"mac_moved"/ { if (state[mac] == "open") state[mac] = "moved" }
  /"event":"restore_finished"/ { finished++; state[mac] = "done" }
  END { for (mac in state) if (state[mac] == "open") broken++; print started + 0, finished + 0, broken + 0 }
' "$work/events")
kill -TERM "$world" && wait "$world" || wrong world 'exit code' 0 $?
world=
truth=$(tail -n 1 "$work/world.out")

holds batch 'Macs packed' 'at least 40 of 44' "$(field packed "$room_status")" 'x >= 40'  # people who race make cases
expect batch 'Macs neither packed nor in a case' 0 "$(field unfinished "$room_status")"
zero world trips "$truth"
zero world protected_opens "$truth"
zero world erased_twice "$truth"
holds world 'erases' 'at least 20' "$started" 'x >= 20'
expect world 'restores that began, were left alone and did not finish' 0 "$broken"
run journal verify --data "$data" --json
expect journal 'exit code of verify' 0 "$status"
# An answer names the last fact that was durable with it: the command's own fact is there, and not after it.
"$program" journal show --data "$data" --type command_taken --json 2>/dev/null | tail -n 1 | grep -o '"key":"key-[0-9]*"},[^{}]*"seq":[0-9]*' |
  sed 's/"key":"\([^"]*\)".*:/\1 /' >"$work/taken" || true
lost=$(awk 'NR == FNR { taken[$1] = $2; next } !($1 in taken) || taken[$1] > $2 { lost++ } END { print lost + 0 }' "$work/taken" "$work/acknowledged")
expect journal 'acknowledged and lost' 0 "$lost"
holds service 'acknowledged commands' "at least $kills" "$(wc -l <"$work/acknowledged")" "x >= $kills"
starts=$("$program" journal show --data "$data" --type service_started --json 2>/dev/null | grep -o '"type":"service_started"' | wc -l)
holds journal 'starts' "more than $((kills / 2))" "$starts" "x > $kills / 2"
echo "$kills kills, $starts starts, $(wc -l <"$work/acknowledged") acknowledged, $started erases, $finished finished; $truth"
[ $failed = 0 ] || tail -n 5 "$work/serve.err" "$work/world.err" >&2
finish

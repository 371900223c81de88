#!/bin/bash
# The verbs that ask a service: what they print, how they end, and what a service without a world still does.
# Usage: clients.sh PROGRAM EXAMPLES CLAIM. Exit 0 holds, 1 not, 2 no program.
set -eu
program=$1 examples=$2 claim=$3
. "${BASH_SOURCE[0]%/*}/json.sh"
export GREENROOM_DATA=$work/data

serve() { "$program" serve --no-hosts --room "$examples/returns-room.toml" --data "$GREENROOM_DATA" >>"$work/serve.out" 2>>"$work/serve.err" </dev/null & service=$!; }
# Asks until it answers: a service that ended is not waited for.
start() {
  serve
  until "$program" status >"$work/asked" 2>&1; do
    kill -0 $service 2>/dev/null || { cat "$work/serve.err"; exit 1; }
  done
}
stop() { kill "-$1" $service; wait $service 2>/dev/null || true; }

# does CODE ARGUMENTS...; the same with --json ends in one line that holds one JSON value.
does() {
  local code=$1
  shift
  run "$@"
  expect "$*" 'exit code' "$code" "$status"
}
does_json() {
  does "$@" --json
  shift
  expect "$* --json" 'lines' 1 "$(wc -l <"$work/out")"
  [[ $line == \{*\} ]] || wrong "$* --json" 'stdout' 'one JSON object' "$line"
}

case $claim in
  reads)
    start
    for verb in status slots 'slot 1-01' circuits pdus power chores cases 'batch list'; do
      does 0 $verb
      [ -s "$work/out" ] || wrong "$verb" stdout 'a screen' ''
      does_json 0 $verb
    done
    does 0 pdus
    says pdus 'left  *model:left .*model' "$work/out"
    does 0 slots
    expect slots 'lines' 34 "$(wc -l <"$work/out")"   # a head and 33 places
    does 2 slot 1-0l
    says 'slot 1-0l' 'there is no slot "1-0l"; did you mean "1-01"?' "$work/err"
    does_json 2 slot 1-0l
    does 2 slot ''
    for wrong in slot 'slot a b' 'status extra' '--frob' 'batch show' 'watch --from x' 'watch --from -1' 'command'; do does 2 $wrong; done ;;
  commands)
    start
    does 0 command lock-out left:7 --key k1 --by anna
    first=$(cat "$work/out")
    does 0 command lock-out left:7 --key k1 --by anna
    expect 'the same key' 'answer' "$first" "$(cat "$work/out")"
    does 1 command clear-lock left:7 --key k1 --by anna
    says 'a key of another command' 'used for lock_out before; a new command needs a new key' "$work/err"
    does 1 command lock-out left:99
    says 'a place that is not' 'no outlet, PDU or circuit is called "left:99"' "$work/err"
    does 1 command limit branch 25A
    does 0 command limit branch 12.5A
    does 0 circuits --json
    says circuits '"lowered_to_A":12.5' "$work/out"
    for wrong in lockout 'lock-out' 'lock-out left:7 too many' 'step-done seven' 'step-done' 'import-batch x' 'limit branch -1' 'limit branch 5' 'limit branch 0.0001A'; do
      does 2 command $wrong
      expect "command $wrong" 'lines on stdout' 0 "$(wc -l <"$work/out")"
    done ;;
  batches)
    start
    does 0 batch import "$examples/returns.csv" --name monday --due 2030-01-01T12:00Z
    says 'batch import' 'imported 48 Macs, 4 of them in cases' "$work/out"
    does 1 batch import "$examples/returns.csv" --name monday
    does 0 batch list
    says 'batch list' 'monday  *48 .*2030-01-01T12:00:00Z' "$work/out"
    does 2 batch show mondy
    says 'batch show' 'did you mean "monday"?' "$work/err"
    does 0 batch show monday
    expect 'batch show' 'rows in cases' 4 "$(grep -c ' in case ' "$work/out")"
    does 2 batch import "$examples/none.csv"
    does 2 batch import "$examples/returns.csv" --due tomorrow
    does 0 cases
    expect cases 'open' 4 "$(grep -c 'Next:' "$work/out")" ;;
  restart)
    start
    does 0 command lock-out left:7 --key k1 --by anna
    answer=$(cat "$work/out")
    does 0 batch import "$examples/returns.csv" --name monday
    "$program" watch --from 1 --json >"$work/watched" 2>"$work/watch.err" </dev/null &
    watcher=$!
    until [ "$(grep -c '"type":"mac_expected"' "$work/watched")" = 48 ]; do kill -0 $watcher; done
    stop KILL
    wait $watcher && wrong watch 'exit code' 1 0
    does 1 status
    says 'no service' "No service runs on $GREENROOM_DATA (greenroom.sock does not answer); start one with greenroom serve" "$work/err"
    start
    does 0 command lock-out left:7 --key k1 --by anna
    expect 'the same key after a restart' 'answer' "$answer" "$(cat "$work/out")"
    does 0 slot 1-07 --json
    expect 'the lock-out after a restart' 'by' '["left:7"]' "$(list locked_out_by "$line")"
    does 0 journal show --data "$GREENROOM_DATA" --json
    while read -r fact; do
      grep -qF -- "$fact" "$work/out" || wrong 'a fact that was watched' 'in the journal' "$fact" ''
    done <"$work/watched"
    stop TERM
    says 'an orderly end' 'outlets and engines stay as they are' "$work/serve.err"
    [ ! -e "$GREENROOM_DATA/greenroom.sock" ] || wrong 'an orderly end' 'the socket' gone there ;;
  owners)
    start
    does 1 serve --room "$examples/returns-room.toml" --data "$GREENROOM_DATA"
    says 'a second service' "is owned by greenroom serve, process $service; end it or use another --data" "$work/err"
    does 0 status
    stop KILL
    cp -a "$GREENROOM_DATA" "$work/copy"
    does 1 serve --room "$examples/returns-room.toml" --data "$work/copy"
    says 'a copied directory' 'greenroom journal adopt --data' "$work/err"
    start
    does 0 status ;;
  *) echo "no claim \"$claim\""; exit 2 ;;
esac
finish

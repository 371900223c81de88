#!/bin/bash
# Another master than ours on our models: Debian's powermand, with a device file that its authors wrote against real units.
# usage: powermand.sh PROGRAM DEVICE_FILE SPECIFICATION NODES HOW DIALECT [OPTIONS OF pdu model...]
# HOW: full, or `blind` where the file cannot read what it switched (why: docs/testing.md).
set -u
program=$1 file=$2 specification=$3 nodes=$4 how=$5 dialect=$6
shift 6
baud=9600
[[ " $* " =~ \ --baud\ ([0-9]+)\  ]] && baud=${BASH_REMATCH[1]}
. "$(dirname "$0")/json.sh"
model= master=
trap 'kill $model $master 2>/dev/null; wait 2>/dev/null; cleanup' EXIT
port=$((21000 + $$ % 30000))
tty=$work/line

pause() { read -rt "$1" <> <(:) || :; }
until_true() { local i; for i in $(seq 300); do "$@" && return; pause 0.1; done; return 1; }
ask() { timeout 60 powerman -h "127.0.0.1:$port" "$@" >"$work/answer" 2>&1; }
# truth NODE open|closed: what the contact itself did last. Before its first move it is open.
truth() {
  local last
  last=$(grep -o "^contact $1 .*" "$work/moves" | tail -n 1)
  [ "${last:-contact $1 open}" = "contact $1 $2" ]
}
check_truth() { until_true truth "$1" "$2" || wrong "$specification" "contact $1" "$2" "$(tail -n 3 "$work/moves")"; }
reads() { ask -q t$1 && grep -q "^$2: *t$1\$" "$work/answer"; }
check_reads() { [ "$how" = blind ] || until_true reads "$1" "$2" || wrong "$specification" "query of $1" "$2" "$(cat "$work/answer")"; }

"$program" pdu model --dialect "$dialect" --link "$tty" --moves "$@" >"$work/moves" 2>"$work/model.err" & model=$!
until_true test -e "$tty" || { wrong "$specification" model started "$(cat "$work/model.err")"; finish; }
cat >"$work/powerman.conf" <<END
listen "127.0.0.1:$port"
include "/etc/powerman/$file"
device "d" "$specification" "$tty" "$baud,8n1"
node "t[1-$nodes]" "d"
END
/usr/sbin/powermand -f -Y -c "$work/powerman.conf" >"$work/master.out" 2>&1 & master=$!
connected() { ask -d && grep -q 'state=connected' "$work/answer"; }
until_true connected || wrong "$specification" connected yes "$(cat "$work/answer" "$work/master.out")"

for node in 1 "$nodes" 3; do
  check_reads "$node" off
  ask -1 "t$node" || wrong "$specification" "on $node" done "$(cat "$work/answer")"
  check_truth "$node" closed
  check_reads "$node" on
done
ask -0 "t$nodes" || wrong "$specification" "off $nodes" done "$(cat "$work/answer")"
check_truth "$nodes" open
check_truth 1 closed
check_reads "$nodes" off
check_reads 1 on
finish

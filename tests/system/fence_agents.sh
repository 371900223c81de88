#!/bin/bash
# Strangers' programs on our models: agents of Debian's fence-agents, which a cluster calls to cut the power of a machine,
# written against real units behind telnet. In the place of telnet stands socat on the model's pty.
# usage: fence_agents.sh PROGRAM AGENT HOW PLUG DIALECT USER PASSWORD [OPTIONS OF pdu model...]
# PLUG: what the agent calls the model's third outlet. USER: - where none is asked for.
# HOW: full, or `blind` where the agent cannot confirm what it switched (why: docs/testing.md).
set -u
program=$1 agent=$2 how=$3 plug=$4 dialect=$5 user=$6 password=$7
shift 7
[ "$user" != - ] || user=
. "$(dirname "$0")/json.sh"
model=
trap 'kill $model 2>/dev/null; wait 2>/dev/null; cleanup' EXIT
export GREENROOM_LINE=$work/line
contact='contact 3'

pause() { read -rt "$1" <> <(:) || :; }
until_true() { local i; for i in $(seq 300); do "$@" && return; pause 0.1; done; return 1; }
# truth open|closed: what the contact itself did last. Before its first move it is open.
truth() {
  local last
  last=$(grep -o "^$contact .*" "$work/moves" | tail -n 1)
  [ "${last:-$contact open}" = "$contact $1" ]
}
check_truth() { until_true truth "$1" || wrong "$agent" "$contact" "$1" "$(tail -n 3 "$work/moves")"; }
fence() {
  timeout 120 "/usr/sbin/$agent" --ip console --telnet-path "$work/telnet" ${user:+--username "$user"} --password "$password" \
    --plug "$plug" --action "$@" >"$work/answer" 2>&1
}
# The exit code of a status says on (0) or off (2).
check_status() {
  fence status
  expect "$agent" "status $1" "$2" $?
  says "$agent" "Status: $1" "$work/answer"
}
# A blind agent compares with what it read before it switched, and so gives up; a second one sees.
check_order() {
  if [ "$how" = blind ]; then fence "$1" --power-timeout 1 --retry-on 0; return; fi
  fence "$1"
  expect "$agent" "$1" 0 $?
  says "$agent" "Success: Powered ${1^^}" "$work/answer"
}

cat >"$work/telnet" <<'END'
#!/bin/bash
read -r _; read -r _  # "set binary", "open HOST -PORT"
exec socat -,rawer,echo=0 "$GREENROOM_LINE,rawer,echo=0"
END
chmod +x "$work/telnet"
"$program" pdu model --dialect "$dialect" --link "$GREENROOM_LINE" --greet --moves "$@" >"$work/moves" 2>"$work/model.err" & model=$!
until_true test -e "$GREENROOM_LINE" || { wrong "$agent" model started "$(cat "$work/model.err")"; finish; }

check_status OFF 2
check_order on
check_truth closed
check_status ON 0
check_order off
check_truth open
check_status OFF 2
expect "$agent" 'contacts that moved' 2 "$(grep -c '^contact' "$work/moves")"
finish

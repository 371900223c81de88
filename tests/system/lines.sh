#!/bin/bash
# A service whose one PDU is on a real line: vpcd of Debian's powerman, behind a pty of socat's.
# Usage: lines.sh PROGRAM late | owner | gone | ports. Exit 0 holds, 1 not, 2 no program.
set -eu
program=$1 claim=$2
. "${BASH_SOURCE[0]%/*}/json.sh"
export GREENROOM_DATA=$work/data
tty=$work/line
cat >"$work/room.toml" <<ROOM
[room]
name = "One line"
controller_host = "bench-host"
[[circuit]]
name = "branch"
kind = "breaker"
standard = "NEC"
rating_A = 20
voltage_V = 120
dedicated = true
[[circuit]]
name = "office"
kind = "breaker"
standard = "NEC"
rating_A = 15
voltage_V = 120
foreign_reserve_A = 5
[[infrastructure]]
name = "bench-host"
kind = "controller_host"
circuit = "office"
load_A = 0.6
[[pdu]]
name = "only"
dialect = "vpcd"
line = "pty:$tty"
circuit = "branch"
outlets = 16
power_on = "all_off"
[[slot]]
name = "S-01"
bench = "bench"
kind = "shelf"
outlet = "only:3"
charge_via = "magsafe"
brick = "apple-140"
ROOM

plug() { socat "PTY,link=$tty,rawer,echo=0" 'EXEC:/usr/sbin/vpcd,pty,rawer,icrnl,echo=0' & world=$!; }
unplug() { kill $world; wait $world 2>/dev/null || true; world=; rm -f "$tty"; }
serve() { "$program" serve --no-hosts --room "$work/room.toml" --data "$GREENROOM_DATA" >"$work/serve.out" 2>"$work/serve.err" </dev/null & service=$!; }
# Asks the service until a line of `pdus` matches; a service that ended is not waited for.
until_says() {
  local until=$((SECONDS + 60))
  until "$program" pdus >"$work/asked" 2>&1 && grep -q -- "$1" "$work/asked"; do
    kill -0 $service 2>/dev/null || { cat "$work/serve.err"; exit 1; }
    [ $SECONDS -lt $until ] || { wrong pdus 'within a minute' "$1" "$(cat "$work/asked")"; finish; }
  done
}
answers='^only .* answers'

case $claim in
  late)   # the service starts first
    serve
    until_says "only .*$tty is not there (No such file or directory); plug it in"
    plug
    until_says "$answers" ;;
  gone)   # and it comes back as another pty
    plug
    serve
    until_says "$answers"
    unplug
    until_says "only .*pty:$tty: "
    plug
    until_says "$answers" ;;
  owner)
    plug
    serve
    until_says "$answers"
    run pdu read --line "pty:$tty" --dialect vpcd
    expect 'pdu read' 'exit code' 1 "$status"
    says 'pdu read' "is owned by greenroom serve, process $service, and a line has one owner; end it before greenroom pdu read" "$work/err"
    kill $service; wait $service 2>/dev/null || true; service=
    run pdu read --line "pty:$tty" --dialect vpcd
    expect 'pdu read, after the service ended' 'exit code' 0 "$status" ;;
  ports)
    run pdu ports --json
    if [ -d /sys/class/tty ]; then
      expect 'pdu ports' 'exit code' 0 "$status"
      [[ $line == \[*\] ]] || wrong 'pdu ports --json' stdout 'one array' "$line"
    else   # as in a bare root: nobody can tell
      expect 'pdu ports without /sys' 'exit code' 1 "$status"
      grep -q 'is /sys mounted?$' "$work/err" || wrong 'pdu ports without /sys' stderr 'the remedy' "$(cat "$work/err")"
    fi
    run pdu ports --frob
    expect 'pdu ports --frob' 'exit code' 2 "$status" ;;
  *) echo "no claim $claim" >&2; exit 2 ;;
esac
finish

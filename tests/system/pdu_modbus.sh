#!/bin/bash
# Our Modbus driver on a server that nobody here wrote: python3-pymodbus behind a pair of ptys.
# usage: pdu_modbus.sh PROGRAM reads | switches
set -u
program=$1 what=$2
here=$(cd "$(dirname "$0")" && pwd)
. "$here/json.sh"
. "$here/pdu_peer.sh"
trap 'kill "$server" "$wires" 2>/dev/null; cleanup' EXIT
server='' wires=''
pdu() { run pdu "$@" --line "pty:$work/ours" --dialect waveshare-relay-16-sdm630 --json; }

socat "PTY,link=$work/ours,rawer,echo=0" "PTY,link=$work/theirs,rawer,echo=0" & wires=$!
until_there "$work/ours"
until_there "$work/theirs"
/usr/bin/python3 "$here/modbus_server.py" "$work/theirs" >"$work/server" 2>&1 & server=$!
# It is there when it answers; what it does not hear before is asked again.
for _ in 1 2 3 4 5 6 7 8; do
  pdu identify
  [ "$status" != 0 ] || break
done
expect "$what" identify 0 "$status"

case $what in
  reads)
    says "$what" 'relay firmware 2' "$work/out"
    reads_all_off
    says "$what" '1.25' "$work/out"
    says "$what" '7.5' "$work/out"
    says "$what" '1700' "$work/out"
    ;;
  switches) switches_outlet_3 ;;
esac
finish

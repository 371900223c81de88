#!/bin/bash
# `greenroom room map`: a model Mac that the real libusb sees is carried through a room whose PDU is a model on a pty.
# usage: room_map.sh PROGRAM TESTBED proves | exchanged | wrong
set -u
program=$1 testbed=$2 what=$3
. "$(dirname "$0")/json.sh"
. "$(dirname "$0")/small_room.sh"
trap 'kill $pid 2>/dev/null; cleanup' EXIT
export GREENROOM_USB_LOCK=$work/usb.lock GREENROOM_DATA=$work/data
# The testbed may be the sanitizers' build; the preload library stands before their runtime in what it starts.
export ASAN_OPTIONS=detect_leaks=0:verify_asan_link_order=0
mkfifo "$work/orders"

small_room "pty:$work/pdu" baytech-rpc28-nc 20
room_slot 1-01 restore 1 'data_port = "host/1-1.1"' 'dfu_entry = "by_hand"'
room_slot 1-02 restore 2 'data_port = "host/1-1.2"' 'dfu_entry = "by_hand"'
"$program" pdu model --dialect baytech-rpc28-nc --link "$work/pdu" --moves --for 120 >"$work/moves" 2>&1 & pid=$!
for _ in $(seq 200); do [ -e "$work/pdu" ] && break; read -rt 0.05 <> <(:) || :; done

# Says a line when the verb has asked for the Nth.
answer() {
  local i
  for i in $(seq 400); do [ "$(grep -c 'scan the slot\|Every slot' "$work/err")" -ge "$1" ] && break; read -rt 0.05 <> <(:) || :; done
  [ -n "${3:-}" ] && printf 'unplug 1-1.%s\nplug 1-1.%s 0 booted\n' $3 >&8
  printf '%s\n' "$2" >&9
}
# map FIRST [SECOND]: the labels; the Mac is carried from the first port to the second between them.
map() {
  mkfifo "$work/labels"
  : >"$work/err"
  "$testbed" --mode booted --orders "$work/orders" -- "$program" room map --room "$work/room.toml" --mac C02GR00000 --json \
    <"$work/labels" >"$work/out" 2>"$work/err" & local verb=$!
  exec 9>"$work/labels" 8>"$work/orders"
  answer 1 "$1"
  [ $# -lt 2 ] || answer 2 "$2" '1 2'
  answer $(($# + 1)) ''
  exec 9>&- 8>&-
  status=0
  wait "$verb" || status=$?
  line=$(tail -n 1 "$work/out")
}

case $what in
  proves)
    map 1-01 1-02
    expect "$what" status 0 "$status"
    expect "$what" proven 2 "$(grep -o '"proven":true' <<<"$line" | wc -l)"
    expect "$what" 'not visited' '[]' "$(field not_visited "$line")"
    expect "$what" 'contacts, each closed and opened' 4 "$(grep -Ec 'closed|open' "$work/moves")"
    ;;
  exchanged)
    map 1-02
    expect "$what" status 1 "$status"
    expect "$what" proven 0 "$(grep -o '"proven":true' <<<"$line" | wc -l)"
    grep -q 'shows itself at [^ ]*/1-1.1, the port of 1-01, and the room file says [^ ]*/1-1.2' <<<"$line" ||
      wrong "$what" USB 'both ports, and whose' "$line"
    ;;
  wrong)
    run room map --room "$work/room.toml" --mac 'C02 GR00000!'
    expect "$what" 'no serial number' 2 "$status"
    run room map --room "$work/room.toml"
    expect "$what" 'without a Mac' 2 "$status"
    run room map --room "$work/none.toml" --mac C02GR00000
    expect "$what" 'without a room' 1 "$status"
    sed -i "s|pty:$work/pdu|pty:$work/nobody|" "$work/room.toml"
    status=0
    "$program" room map --room "$work/room.toml" --mac C02GR00000 < <(:) >"$work/out" 2>"$work/err" || status=$?
    expect "$what" 'a line that is not there' 1 "$status"
    says "$what" 'PDU left' "$work/err"
    ;;
esac
finish

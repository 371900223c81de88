#!/bin/bash
# `greenroom usb` on model Macs that the real libusb sees, made by umockdev in another process.
# usage: usb.sh PROGRAM TESTBED list | unread | modes | watch | trace | irecovery | sends | puts_back | wrong
set -u
program=$1 testbed=$2 what=$3
. "$(dirname "$0")/json.sh"
trap 'kill "$pid" 2>/dev/null; cleanup' EXIT
pid=
export GREENROOM_USB_LOCK=$work/usb.lock
# The testbed may be the sanitizers' build; the preload library stands before their runtime in what it starts.
export ASAN_OPTIONS=detect_leaks=0:verify_asan_link_order=0

# bed OPTIONS... -- usb VERB...: as run() of json.sh.
bed() {
  local options=()
  while [ "$1" != -- ]; do options+=("$1"); shift; done
  status=0
  "$testbed" "${options[@]}" -- "$program" "${@:2}" >"$work/out" 2>"$work/err" </dev/null || status=$?
  line=$(tail -n 1 "$work/out")
}
count() { grep -o "$1" <<<"$line" | wc -l; }
# Waits until a line of the output says so.
until_said() { local i; for i in $(seq 400); do grep -q "$1" "$work/out" && return; read -rt 0.05 <> <(:) || :; done; wrong "$what" output "$1" "$(cat "$work/out" "$work/err")"; finish; }

case $what in
  list)
    bed --macs 8 -- usb list --json
    expect "$what" status 0 "$status"
    expect "$what" Macs 8 "$(count '"port_path"')"
    expect "$what" 'in DFU' 8 "$(count '"mode":"dfu"')"
    grep -q '/1-1.1","mode":"dfu","ecid":"0x000C60A800010001","model":"[^"]*","serial_number":null,' <<<"$line" || wrong "$what" 'the first' 'port, mode, ECID, model' "$line"
    grep -q '/1-2.1","mode":"dfu","ecid":"0x000C60A800080008",' <<<"$line" || wrong "$what" 'the eighth' 'the second hub' "$line"
    bed --macs 8 -- usb list
    expect "$what" lines 9 "$(wc -l <"$work/out")"
    bed --macs 8 -- usb list --json --all
    expect "$what" 'with hubs' 10 "$(count '"port_path"')"
    ;;
  unread)
    bed --macs 8 --unread -- usb list --json
    expect "$what" asked 8 "$(count '"string_from":"device"')"
    expect "$what" ECIDs 8 "$(count '"ecid":"0x')"
    exec 9>"$GREENROOM_USB_LOCK"
    flock -n 9 || wrong "$what" lock free taken
    bed --macs 8 --unread -- usb list --json
    expect "$what" 'not asked' 8 "$(count '"string_from":"withheld"')"
    says "$what" 'no device is asked' "$work/err"
    ;;
  modes)
    for mode in dfu recovery kis port_dfu wtf booted restore; do
      bed --mode "$mode" -- usb list --json
      expect "$what" "$mode" "\"$mode\"" "\"$(field mode "$line")\""
    done
    bed --mode recovery -- usb list --json
    expect "$what" serial C02GR00000 "$(field serial_number "$line")"
    bed --t2 --mode t2_booted -- usb list --json
    expect "$what" T2 t2_booted "$(field mode "$line")"
    ;;
  watch)
    mkfifo "$work/orders"
    "$testbed" --orders "$work/orders" -- "$program" usb watch --json --for 20 >"$work/out" 2>"$work/err" & pid=$!
    exec 8>"$work/orders"
    until_said '"change":"came"'
    echo 'unplug 1-1.1' >&8
    until_said '"change":"went"'
    echo 'plug 1-1.1 0 recovery' >&8
    until_said '"change":"became".*"mode":"recovery".*"was":"dfu"'
    exec 8>&-
    pkill -TERM -P "$pid"   # the program alone: the testbed ends with its exit code
    wait "$pid"
    expect "$what" 'told to end' 0 "$?"
    ;;
  trace)
    bed --macs 2 -- usb trace --strings --for 3
    expect "$what" status 0 "$status"
    cp "$work/out" "$work/trace"
    expect "$what" head 'greenroom-usb-trace 1' "$(head -n 1 "$work/trace")"
    # Per Mac and per string one request, and string 4 is the serial string.
    expect "$what" requests 10 "$(grep -c ' control-in ' "$work/trace")"
    says "$what" '80 06 0304 0409 255 = ok [0-9a-f]*430050004900440' "$work/trace"
    run usb trace --check "$work/trace"
    expect "$what" check 0 "$status"
    tail -n +2 "$work/trace" | cmp -s - "$work/out" || wrong "$what" again 'the same lines' "$(head -c 300 "$work/out")"
    echo 'what is this' >>"$work/trace"
    run usb trace --check "$work/trace"
    expect "$what" 'a broken one' 1 "$status"
    says "$what" 'line [0-9]*: ' "$work/err"
    ;;
  # A program that nobody here wrote sees the same Mac as ours, and says the same of it.
  irecovery)
    for mode in dfu recovery; do
      bed --t2 --mode "$mode" -- usb list --json
      ours=$(field ecid "$line")
      "$testbed" --t2 --mode "$mode" -- irecovery -q >"$work/out" 2>"$work/err" || wrong "$what" "$mode" 'exit code 0' "$?"
      theirs=$(sed -n 's/^ECID: //p' "$work/out")
      expect "$what" "$mode: ECID" "${ours,,}" "$theirs"
      expect "$what" "$mode: serial number" "$(field serial_number "$line" | sed 's/null/N\/A/')" "$(sed -n 's/^SRNM: //p' "$work/out")"
    done
    ;;
  # Blocks, trailer and reset as Debian's irecovery sends them: the last block with room for the trailer, without, and full.
  sends)
    for size in 5000 4090 4096; do
      head -c "$size" "$program" >"$work/image"
      crc=$(gzip -1 -c "$work/image" | tail -c 8 | od -An -tx4 -N4 | tr -d ' ')
      "$testbed" --t2 --report "$work/report" -- irecovery -f "$work/image" >"$work/out" 2>&1 || wrong "$what" "$size" 'exit code 0' "$?"
      says "$what" "1-1.1 image $size $crc" "$work/report"
      says "$what" '1-1.1 mode recovery' "$work/report"
      ! grep wrong "$work/report" || failed=1
      "$testbed" --t2 --mode recovery --report "$work/report" -- irecovery -f "$work/image" >"$work/out" 2>&1 || wrong "$what" "recovery $size" 'exit code 0' "$?"
      says "$what" "1-1.1 uploaded $size $crc" "$work/report"
    done
    ;;
  puts_back)
    "$testbed" --t2 --mode recovery --report "$work/report" -- irecovery -n >"$work/out" 2>&1 || wrong "$what" irecovery 'exit code 0' "$?"
    expect "$what" commands 'setenv auto-boot true;saveenv;reboot' "$(sed -n 's/.* command //p' "$work/report" | paste -sd ';')"
    says "$what" '1-1.1 mode booted' "$work/report"
    "$testbed" --t2 --mode recovery --report "$work/report" -- irecovery -c reboot >"$work/out" 2>&1 || wrong "$what" -c 'exit code 0' "$?"
    says "$what" '1-1.1 mode recovery' "$work/report"   # auto-boot is false: back again
    ;;
  wrong)
    run usb lust
    expect "$what" status 2 "$status"
    says "$what" 'no verb "lust"' "$work/err"
    run usb list --jsom
    expect "$what" status 2 "$status"
    run usb trace --check "$work/none"
    expect "$what" status 1 "$status"
    status=0; "$program" usb list --json >/dev/full 2>"$work/err" || status=$?
    expect "$what" 'a full disk behind stdout' 1 "$status"
    says "$what" 'stdout cannot be written' "$work/err"
    ;;
esac
finish

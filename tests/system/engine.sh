#!/bin/bash
# `greenroom serve` without --model restores the Macs of its ports by a real engine's options: a stand-in engine and a
# stand-in usbmuxd on a model Mac that the real libusb sees, its slot fed by a model PDU on a pty.
# usage: engine.sh PROGRAM TESTBED STAND_IN_ENGINE gate | refused
set -u
program=$1 testbed=$2 stand_in=$(realpath "$3") what=$4
. "$(dirname "$0")/json.sh"
. "$(dirname "$0")/small_room.sh"
pids= bed=
# Engines outlive their service, and the service its testbed: each is ended by its own number.
end_engines() {
  local gate
  for gate in "$work"/data/jobs/*/gate.json; do
    [ ! -e "$gate" ] || kill -9 "$(tr -d ' \n' <"$gate" | sed 's/.*"engine":{"pid":\([0-9]*\).*/\1/')" 2>/dev/null
  done
}
trap 'end_engines
[ -z "$bed" ] || pkill -TERM -P "$bed"
for pid in $bed $pids; do kill "$pid" 2>/dev/null; wait "$pid" 2>/dev/null; done
cleanup' EXIT
export GREENROOM_USB_LOCK=$work/usb.lock GREENROOM_DATA=$work/data GREENROOM_FIRMWARE=$work/firmware
export ASAN_OPTIONS=detect_leaks=0:verify_asan_link_order=0
captures=$(realpath "$(dirname "$0")/../firmware-bridge/captures")

# until_it WHAT COMMAND...: it succeeds in its time.
until_it() {
  local i
  for i in $(seq 400); do "${@:2}" >"$work/until" 2>&1 && return; read -rt 0.1 <> <(:) || :; done
  wrong "$what" "$1" 'within 40 s' "$(tail -n 3 "$work/until"; "$program" slot 1-01; "$program" chores; tail -n 3 "$work/serve.err")"
  finish
}
tell() { run command "$@"; [ "$status" = 0 ] || { wrong "$what" "command $*" 'exit code 0' "$(cat "$work/err")"; finish; }; }
case_says() { "$program" cases | grep -q "$1"; }
slot_says() { "$program" slot 1-01 | grep -q "$1"; }

mkdir "$work/bin" "$work/firmware"
cat >"$work/bin/idevicerestore" <<END
#!/bin/sh
[ "\$1" != --version ] || { echo 'idevicerestore 1.0.0-270-g405fcd1 (libirecovery 1.3.1-5-g04d04f7, libtatsu 1.0.5)'; exit; }
echo "\$@" >"$work/arguments"
exec "$stand_in" "\$@"
END
cat >"$work/bin/usbmuxd" <<'END'
#!/usr/bin/env python3
import os, socket, struct, sys
if "--help" in sys.argv:
    sys.exit(print("  -f, --foreground\n  -S, --socket PATH\n  -P, --pidfile PATH\n  -C, --config-dir PATH"))
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[sys.argv.index("--socket") + 1])
os.chmod(sys.argv[sys.argv.index("--socket") + 1], 0o666)
s.listen(8)
while True:
    c = s.accept()[0]
    size, = struct.unpack("<I", c.recv(16)[:4])
    asked = c.recv(size - 16)
    if b"ListDevices" not in asked: open("asked", "ab").write(asked)
    c.sendall(struct.pack("<4I", 16, 1, 8, 1))
END
chmod +x "$work/bin/"*
printf 'capture %s\nspeed 5\n' "$captures/success" >"$work/orders.engine"
export STAND_IN=$work/orders.engine

small_room "pty:$work/pdu"
room_slot 1-01 restore 1 'data_port = "host/1-1.1"' 'dfu_entry = "by_hand"'
room_slot 2-01 shelf 2
printf '[timings]\nsettle_s = 5\n' >>"$work/room.toml"

# An IPSW for the MacBook Air of 2020, or another board's, as far as the library looks.
firmware() {
  cat >"$work/BuildManifest.plist" <<END
<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0"><dict>
<key>BuildIdentities</key><array><dict>
<key>ApBoardID</key><string>${1:-0x26}</string><key>ApChipID</key><string>0x8103</string>
<key>Info</key><dict><key>DeviceClass</key><string>j313ap</string><key>Variant</key><string>Customer Erase Install (IPSW)</string></dict>
<key>Manifest</key><dict><key>OS</key><dict><key>Info</key><dict><key>Path</key><string>os.dmg</string></dict></dict></dict>
</dict></array>
<key>ProductBuildVersion</key><string>25B78</string><key>ProductVersion</key><string>26.1</string>
<key>SupportedProductTypes</key><array><string>MacBookAir10,1</string></array>
</dict></plist>
END
  echo image >"$work/os.dmg"
  zip -q -j -0 "$work/air.ipsw" "$work/BuildManifest.plist" "$work/os.dmg"
  run firmware add "$work/air.ipsw"
  expect "$what" 'firmware add' 0 "$status"
}
# serve OPTIONS...: the service in the testbed, its PDU beside it, and the Mac's visit up to its way into DFU in slot 1-01.
serve() {
  "$program" pdu model --dialect baytech-mmp --link "$work/pdu" >"$work/pdu.out" 2>&1 & pids="$pids $!"
  mkfifo "$work/orders"
  "$testbed" --mode booted --orders "$work/orders" -- "$program" serve --room "$work/room.toml" --data "$work/data" --no-hosts "$@" \
    >"$work/serve.out" 2>"$work/serve.err" & bed=$!
  exec 8>"$work/orders"
  until_it 'the service' "$program" status
  printf 'Asset Tag,Serial,Model,Model No.,Status,Location,Notes\nIT-1,C02GR00000,"MacBook Air (M1, 2020)",A2337,Returned - Wipe,,\n' >"$work/list.csv"
  run batch import "$work/list.csv" --name monday
  expect "$what" import 0 "$status"
  tell prove-map left:1 1-01
  tell scan C02GR00000; tell scan 2-01
  tell battery C02GR00000 90
  tell scan C02GR00000; tell scan 1-01
}
shows() { printf 'unplug 1-1.1\nplug 1-1.1 0 %s\n' "$1" >&8; }   # the Mac, as it comes back
asked() { grep -q Listen "$job/usbmuxd/asked"; }

case $what in
  gate)
    firmware
    serve --engine "$work/bin/idevicerestore" --usbmuxd "$work/bin/usbmuxd"
    until_it 'a lease, and somebody at the keys' slot_says 'state *hands'
    shows dfu
    until_it 'the engine' test -s "$work/arguments"
    expect "$what" 'its options' "-i 0xC60A800010001 -e -y -P --logfile - -C . $work/firmware/air.ipsw" "$(cat "$work/arguments")"
    job=$(echo "$work"/data/jobs/*)
    until_it 'the gate' grep -q '"engine"' "$job/gate.json"
    [ ! -e "$job/permit" ] || wrong "$what" 'in DFU' 'a shut gate' 'a permit'
    [ ! -e "$job/usbmuxd/asked" ] || wrong "$what" 'a shut gate' silence "$(cat "$job/usbmuxd/asked")"
    shows recovery   # with its own serial number
    until_it 'the permit' test -e "$job/permit"
    until_it 'the engine at its usbmuxd' asked
    says "$what" 'no fence: one restore at a time on this machine' "$work/serve.err"
    ;;
  refused)   # no image for this Mac: it is not brought into DFU, and the slot and a case say why
    firmware 0x24
    serve --engine "$work/bin/idevicerestore" --usbmuxd "$work/bin/usbmuxd"
    until_it 'a case' case_says 'No MacBook Air (M1, 2020) is restored: .*none with an erase install for chip 8103, board 26; add the image of this model\.'
    slot_says 'trial: stopped: ' || wrong "$what" 'the slot' 'trial: stopped' "$("$program" slot 1-01)"
    run journal show --json --data "$work/data"
    says "$what" '"kind":"dfu","state":"waiting"' "$work/out"
    ! grep -q '"kind":"dfu","state":"hands"' "$work/out" || wrong "$what" 'the Mac' 'left as it is' 'somebody at its keys'
    [ ! -e "$work/arguments" ] || wrong "$what" engine 'not started' "$(cat "$work/arguments")"
    expect "$what" jobs '' "$(ls "$work/data/jobs")"
    ;;
esac
finish

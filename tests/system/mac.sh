#!/bin/bash
# `greenroom mac` on model Macs that the real libusb sees, made by umockdev in another process.
# usage: mac.sh PROGRAM TESTBED identify | put_back | ready | by_hand | tool | dongle | slot | alone | serves | left | unready | asks | wrong
set -u
program=$1 testbed=$2 what=$3
. "$(dirname "$0")/json.sh"
. "$(dirname "$0")/small_room.sh"
trap 'kill $pid 2>/dev/null; cleanup' EXIT
pid=
export GREENROOM_USB_LOCK=$work/usb.lock
# The testbed may be the sanitizers' build; the preload library stands before their runtime in what it starts.
export ASAN_OPTIONS=detect_leaks=0:verify_asan_link_order=0

# bed OPTIONS... -- mac VERB...: as run() of json.sh.
bed() {
  local options=()
  while [ "$1" != -- ]; do options+=("$1"); shift; done
  status=0
  "$testbed" "${options[@]}" -- "$program" "${@:2}" >"$work/out" 2>"$work/err" </dev/null || status=$?
  line=$(tail -n 1 "$work/out")
}
# The Mac at 1-1.1 leaves and comes back in DFU, when somebody does what brings it there.
mkfifo "$work/orders"
export ORDERS=$work/orders
into_dfu='printf "unplug 1-1.1\nplug 1-1.1 0 dfu\n" >"$ORDERS"'
in_dfu() {
  expect "$what" "$1: status" 0 "$status"
  expect "$what" "$1: mode" dfu "$(field mode "$line")"
  expect "$what" "$1: ECID" 0x000C60A800010001 "$(field ecid "$line")"
}
# A vdmtool board: it answers every line, and obeys the one for DFU.
board() {
  cat >"$work/board" <<BOARD
#!/bin/sh
while read -r words; do
  echo "\$words" >>"$work/heard"
  echo '> VDM sent'
  case \$words in *"$1"*) $into_dfu ;; esac
done
BOARD
  chmod +x "$work/board"
  socat "pty,link=$work/dongle,rawer" "exec:$work/board" & pid=$!
  for _ in $(seq 200); do [ -e "$work/dongle" ] && return; read -rt 0.05 <> <(:) || :; done
}

# One slot, whose message goes to a board.
room() {
  small_room model:left
  room_slot 1-01 restore 1 'data_port = "host/1-1.1"' 'dfu_entry = "vdm"' "dfu_via = \"pty:$work/dongle\""
}

case $what in
  identify)
    bed --t2 -- mac identify --port host/1-1.1 --json
    in_dfu T2
    expect "$what" state dfuIDLE "$(field dfu_state "$line")"
    expect "$what" 'DFU port of a T2 laptop' left_front "$(field dfu_port "$line")"
    expect "$what" keys t2_laptop "$(field dfu_keys "$line")"
    expect "$what" 'serial number' null "$(field serial_number "$line")"
    bed --macs 2 --mode recovery -- mac identify --port 1-1.2 --json
    expect "$what" recovery recovery "$(field mode "$line")"
    expect "$what" 'serial number' C02GR00001 "$(field serial_number "$line")"
    expect "$what" auto-boot false "$(field auto_boot "$line")"
    expect "$what" stage 2 "$(field boot_stage "$line")"
    expect "$what" unknown null "$(field build_version "$line")"
    bed --mode booted -- mac identify --port 1-1.1
    says "$what" 'booted .*C02GR00000' "$work/out"
    bed --mode kis -- mac identify --port 1-1.1 --json
    expect "$what" KIS kis "$(field mode "$line")"
    expect "$what" 'KIS: ECID, asked for' 0x000C60A800010001 "$(field ecid "$line")"
    ;;
  put_back)
    bed --t2 --mode recovery --report "$work/report" -- mac put-back --port 1-1.1 --json
    expect "$what" status 0 "$status"
    expect "$what" was recovery "$(field was "$line")"
    expect "$what" left true "$(field left "$line")"
    expect "$what" commands 'setenv auto-boot true;getenv auto-boot;saveenv;reboot' "$(sed -n 's/.* command //p' "$work/report" | paste -sd ';')"
    says "$what" '1-1.1 saved auto-boot=true' "$work/report"
    says "$what" '1-1.1 mode booted' "$work/report"
    ;;
  ready)   # in DFU already: nothing is sent to bring it there
    bed -- mac dfu --port 1-1.1 --via macvdmtool --json
    in_dfu 'in DFU'
    ;;
  by_hand)
    "$testbed" --mode booted --orders "$work/orders" -- "$program" mac dfu --port 1-1.1 --json >"$work/out" 2>"$work/err" & pid=$!
    for _ in $(seq 400); do grep -q 'left Control' "$work/err" && break; read -rt 0.05 <> <(:) || :; done
    says "$what" 'hold left Control, left Option, right Shift and power' "$work/err"
    eval "$into_dfu"
    wait "$pid"; status=$? pid=
    line=$(tail -n 1 "$work/out")
    in_dfu keys
    ;;
  tool)
    mkdir "$work/bin"
    printf '#!/bin/sh\n[ "$*" = dfu ] || exit 1\n%s\n' "$into_dfu" >"$work/bin/macvdmtool"
    printf '#!/bin/sh\n[ "$*" = "--bus /dev/i2c-1 dfu" ] || exit 1\n%s\necho lost the answer; exit 1\n' "$into_dfu" >"$work/bin/tuxvdmtool"
    chmod +x "$work/bin/"*
    export PATH=$work/bin:$PATH
    bed --mode booted --orders "$work/orders" -- mac dfu --port 1-1.1 --via macvdmtool --json
    in_dfu macvdmtool
    # Its last answer is often lost: the arrival counts.
    bed --mode booted --orders "$work/orders" -- mac dfu --port 1-1.1 --via tuxvdmtool:/dev/i2c-1 --json
    in_dfu tuxvdmtool
    printf '#!/bin/sh\necho No connection detected\nexit 255\n' >"$work/bin/macvdmtool"
    bed --mode booted -- mac dfu --port 1-1.1 --via macvdmtool --within 2
    expect "$what" 'failed: status' 1 "$status"
    says "$what" 'did not show DFU in 1 tries by macvdmtool (macvdmtool ended with exit code 255: No connection detected)' "$work/err"
    ;;
  dongle)
    board 5AC8012,0106,80010000
    bed --mode booted --orders "$work/orders" -- mac dfu --port 1-1.1 --via "pty:$work/dongle" --json
    in_dfu 'Apple silicon'
    expect "$what" 'Apple silicon: heard' 5AC8012,0106,80010000 "$(cat "$work/heard")"
    kill "$pid"; wait "$pid" 2>/dev/null
    rm "$work/heard"
    board 5AC8012,0105,80020000
    bed --t2 --mode recovery --orders "$work/orders" -- mac dfu --port 1-1.1 --via "pty:$work/dongle" --json
    in_dfu T2
    expect "$what" 'T2: heard' 5AC8012,0105,80020000 "$(cat "$work/heard")"
    ;;
  slot)
    board 5AC8012,0106,80010000
    room
    bed --mode booted --orders "$work/orders" -- mac dfu --slot 1-01 --room "$work/room.toml" --json
    in_dfu slot
    bed -- mac identify --slot 1-02 --room "$work/room.toml"
    expect "$what" 'no such slot' 2 "$status"
    says "$what" 'has no slot "1-02"; did you mean "1-01"?' "$work/err"
    sed -i '/dfu_via/d' "$work/room.toml"
    bed --mode booted -- mac dfu --slot 1-01 --room "$work/room.toml"
    expect "$what" 'no way' 1 "$status"
    says "$what" 'no way into DFU is set up for it' "$work/err"
    ;;
  left)   # a Mac that left while no service looked is not there any more
    room
    port() { "$program" slot 1-01 --data "$work/data" --json 2>/dev/null; }
    until_port() { local i; for i in $(seq 400); do grep -q "$1" <<<"$(port)" && return; read -rt 0.05 <> <(:) || :; done; wrong "$what" port "$1" "$(port; cat "$work/err")"; }
    serve=("$program" serve --no-hosts --room "$work/room.toml" --data "$work/data")
    "$testbed" --mode recovery -- "${serve[@]}" >"$work/out" 2>"$work/err" & pid=$!
    until_port '"port":{"mode":"recovery"'
    pkill -TERM -P "$pid"
    wait "$pid"
    unplugged='printf "unplug 1-1.1\n" >"$ORDERS"; while [ -e /sys/bus/usb/devices/1-1.1 ]; do :; done; exec "$@"'
    "$testbed" --mode recovery --orders "$work/orders" -- sh -c "$unplugged" sh "${serve[@]}" >"$work/out" 2>"$work/err" & pid=$!
    until_port '"port":null'
    pkill -TERM -P "$pid"
    wait "$pid"
    pid=
    ;;
  unready)   # what every restore would fail by is found before the Mac is touched
    mkdir "$work/bin" "$work/jobs"
    printf '#!/bin/sh\n%s\n' "$into_dfu" >"$work/bin/macvdmtool"
    chmod +x "$work/bin/macvdmtool"
    export PATH=$work/bin:$PATH
    printf '#!/bin/sh\necho idevicerestore 1.0.0\n' >"$work/bin/engine"
    printf '#!/bin/sh\necho --socket --pidfile --foreground\n' >"$work/bin/usbmuxd"
    chmod +x "$work/bin/"*
    mkdir "$work/firmware"
    export GREENROOM_FIRMWARE=$work/firmware
    untouched() {   # untouched WORDS OPTIONS...
      bed --mode booted --report "$work/report" -- mac restore --port 1-1.1 --via macvdmtool --jobs "$work/jobs" "${@:2}"
      [ "$status" != 0 ] || wrong "$what" "$1: status" 'not 0' 0
      says "$what" "$1" "$work/err"
      says "$what" '1-1.1 mode booted' "$work/report"
    }
    untouched 'type the serial number' --engine true
    untouched '/nonexistent' --serial C02GR00000 --engine /nonexistent
    untouched 'name an engine with --engine' --serial C02GR00000 --engine true
    untouched 'says that its serial number is C02GR00000, and C02GR00009 was typed' --serial C02GR00009 --engine "$work/bin/engine"
    ;;
  alone)   # R14: a service, or any other Greenroom, has this machine's USB
    exec 9>"$GREENROOM_USB_LOCK"
    flock -n 9 || wrong "$what" lock free taken
    for verb in identify dfu put-back; do
      bed -- mac "$verb" --port 1-1.1
      expect "$what" "$verb" 1 "$status"
      says "$what" "this machine's USB is owned by" "$work/err"
    done
    room
    bed -- mac rehearse --room "$work/room.toml" --slot 1-01 --data "$work/data" --serial C02GR00000
    expect "$what" rehearse 1 "$status"
    says "$what" "this machine's USB is owned by" "$work/err"
    ;;
  serves)   # a service has the Macs of its room's ports, and what it has no verb touches
    room
    mkdir -p "$work/data/rehearsals"
    echo '{' >"$work/data/rehearsals/Mac14,2.json"
    port() { "$program" slot 1-01 --data "$work/data" --json 2>/dev/null; }
    until_port() { local i; for i in $(seq 400); do grep -q "$1" <<<"$(port)" && return; read -rt 0.05 <> <(:) || :; done; wrong "$what" port "$1" "$(port; cat "$work/err")"; }
    "$testbed" --mode recovery --orders "$work/orders" -- "$program" serve --no-hosts --room "$work/room.toml" --data "$work/data" >"$work/out" 2>"$work/err" & pid=$!
    exec 8>"$work/orders"
    until_port '"port":{"mode":"recovery","serial":"C02GR00000"'
    says "$what" 'not rehearsed: .*/Mac14,2.json is no sheet of a rehearsal' "$work/err"
    run mac identify --port 1-1.1
    expect "$what" 'a verb' 1 "$status"
    grep -q 'is owned by greenroom serve, process' "$work/err" || wrong "$what" 'the owner' 'greenroom serve' "$(cat "$work/err")"
    echo 'unplug 1-1.1' >&8
    until_port '"port":null'
    echo 'plug 1-1.1 0 dfu' >&8
    until_port '"port":{"mode":"dfu"'
    exec 8>&-
    pkill -TERM -P "$pid"   # the program alone: the testbed ends with its exit code
    wait "$pid"
    expect "$what" 'told to end' 0 "$?"
    pid=
    ;;
  asks)   # a service asks whether the hosts of a restore answer, before any Mac needs them
    room
    port=$((20000 + RANDOM % 12000)); while (exec 7<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do port=$((port + 1)); done
    socat -u "tcp-listen:$port,bind=127.0.0.1,reuseaddr,fork" "open:$work/asked,creat,append" & listener=$!
    for i in $(seq 200); do (exec 7<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && break; read -rt 0.05 <> <(:) || :; done
    "$testbed" --mode recovery -- "$program" serve --host "127.0.0.1:$port" --room "$work/room.toml" --data "$work/data" >"$work/out" 2>"$work/err" & pid=$!
    for i in $(seq 400); do [ -s "$work/asked" ] && break; read -rt 0.05 <> <(:) || :; done
    # The first byte of a TLS handshake (RFC 8446, 5.1).
    expect "$what" 'the first byte' 16 "$(head -c 1 "$work/asked" 2>/dev/null | od -An -tx1 | tr -d ' ')"
    kill "$listener" 2>/dev/null
    pkill -TERM -P "$pid"
    wait "$pid"
    expect "$what" 'told to end' 0 "$?"
    pid=
    ;;
  wrong)
    run mac lust
    expect "$what" verb 2 "$status"
    run mac identify
    expect "$what" 'no place' 2 "$status"
    says "$what" 'name the Mac.s place' "$work/err"
    run mac identify --port 1+4
    expect "$what" 'no port' 2 "$status"
    run mac identify --port ../../etc
    expect "$what" 'no port but a path' 2 "$status"
    says "$what" 'is no USB port' "$work/err"
    run mac dfu --port 1-4 --via ''
    expect "$what" 'an empty way' 2 "$status"
    run mac identify --port elsewhere/1-4
    expect "$what" 'other machine' 2 "$status"
    says "$what" 'is on the machine elsewhere' "$work/err"
    run mac identify --port 1-4 --slot 1-01 --room x
    expect "$what" 'both' 2 "$status"
    run mac rehearse --serial C02GR00000
    expect "$what" 'a rehearsal without a slot' 2 "$status"
    run mac dfu --port 1-4 --via usb
    expect "$what" 'no way' 2 "$status"
    run mac identify --slot 1-01 --room "$work/none.toml"
    expect "$what" 'no room' 1 "$status"
    bed -- mac identify --port 1-1.7
    expect "$what" 'nobody there' 1 "$status"
    says "$what" '1-1.7: nothing is plugged in there' "$work/err"
    bed -- mac identify --port 1-1
    expect "$what" 'a hub' 1 "$status"
    says "$what" '0424:2514 is not made by Apple' "$work/err"
    bed --mode booted -- mac put-back --port 1-1.1
    expect "$what" 'booted' 1 "$status"
    says "$what" 'only a Mac in recovery can be put back' "$work/err"
    bed --mode booted -- mac dfu --port 1-1.1 --via tuxvdmtool
    expect "$what" 'no tool' 1 "$status"
    says "$what" 'tuxvdmtool cannot be started: No such file or directory' "$work/err"
    bed --mode booted -- mac dfu --port 1-1.1 --via "serial:$work/none" --within 2
    expect "$what" 'no dongle' 1 "$status"
    ;;
esac
finish

#!/bin/bash
# What a technician gets wrong at a line: its rate, the dialect, how many outlets the unit has. Each is told, with what was
# seen and what to do, and nothing half-right is handed on.
# usage: pdu_wrong.sh PROGRAM baud | dialect | alike | outlets | password | room | no_model [EXAMPLES]
set -u
program=$1 what=$2
. "$(dirname "$0")/json.sh"
models=()
trap 'kill "${models[@]}" 2>/dev/null; cleanup' EXIT

# model NAME OPTIONS...: at $work/NAME when this returns.
model() {
  local name=$1 i
  shift
  "$program" pdu model --link "$work/$name" "$@" >"$work/$name.out" 2>"$work/$name.err" & models+=($!)
  for i in $(seq 200); do [ -e "$work/$name" ] && return; read -rt 0.05 <> <(:) || :; done
  wrong "$what" "the model $name" there "$(cat "$work/$name.err")"
  finish
}
# asked VERB NAME DIALECT OPTIONS...
asked() { local verb=$1 name=$2 dialect=$3; shift 3; run pdu "$verb" --line "pty:$work/$name" --dialect "$dialect" "$@"; }
# refused PATTERN VERB NAME DIALECT OPTIONS...: exit code 1, one message that says so, and nothing on stdout.
refused() {
  local pattern=$1
  shift
  asked "$@"
  expect "$what: $*" 'exit code' 1 "$status"
  says "$what: $*" "$pattern" "$work/err"
  says "$what: $*" "pty:$work/$2 ($3)" "$work/err"
  expect "$what: $*" 'lines on stdout' 0 "$(wc -l <"$work/out")"
}
reads() { asked read "$@" --json; expect "$what: $*" 'exit code' 0 "$status"; }
outlets_read() { grep -o '"state":' <<<"$line" | wc -l; }

# room PDU_LINES...: one PDU, as these lines say, on a branch that nothing else loads.
room() {
  cat <<ROOM
[room]
name = "One line"
controller_host = "bench-host"
[[circuit]]
name = "branch"
kind = "breaker"
rating_A = 20
voltage_V = 120
dedicated = true
[[circuit]]
name = "office"
kind = "breaker"
rating_A = 15
voltage_V = 120
foreign_reserve_A = 5
[[infrastructure]]
name = "bench-host"
kind = "controller_host"
circuit = "office"
[[pdu]]
name = "only"
circuit = "branch"
power_on = "all_off"
$(printf '%s\n' "$@")
[[slot]]
name = "S-01"
bench = "bench"
kind = "shelf"
outlet = "only:3"
brick = "apple-140"
ROOM
}

case $what in
  password)   # a wrong one is said to one dialect, not to each that greets alike: some devices lock
    for login in apc-rpdu2:apc raritan-px:admin; do
      model "${login%:*}" --dialect "${login%:*}"
      GREENROOM_PDU_PASSWORD=wrong run pdu identify --line "pty:$work/${login%:*}" --user "${login#*:}"
      expect "$login" 'exit code' 1 "$status"
      expect "$login" 'dialects tried' 1 "$(grep -c ': trying ' "$work/err")"
      says "$login" 'no other dialect is tried, as some devices lock after a few wrong passwords: .*the device refused the login' "$work/err"
    done
    asked read raritan-px raritan-px
    says 'no name' 'the device asks for a user name, and none was given: name it (--user and --password-file' "$work/err" ;;
  baud)   # the model samples what comes at the rate that stty set
    model strip --dialect baytech-rpc28-nc
    model board --dialect waveshare-relay-16
    for rate in 1200 4800 19200 115200; do
      stty -F "$work/strip" $rate
      refused 'is the line at 9600 baud?' read strip baytech-rpc28-nc
      expect "at $rate" 'a prompt in the noise' 0 "$(grep -c 'RPC-28' <<<"$(sed 's/(baytech-rpc28-nc)//; s/Baytech RPC-28-NC//' "$work/err")")"
      stty -F "$work/board" $rate
      refused 'is the line at 9600 baud with no parity?' read board waveshare-relay-16
    done
    stty -F "$work/strip" 9600
    stty -F "$work/board" 9600
    reads strip baytech-rpc28-nc
    reads board waveshare-relay-16
    model fast --dialect baytech-rpc3-nc --baud 38400
    reads fast baytech-rpc3-nc
    stty -F "$work/fast" 9600
    refused 'is the line at 9600 baud?' read fast baytech-rpc3-nc ;;
  dialect)
    model apc --dialect apc-rpdu2
    model strip --dialect baytech-rpc28-nc
    model board --dialect waveshare-relay-8
    refused 'no prompt of Baytech RPC-28-NC after 3 wake-ups; last seen ".*User Name' read apc baytech-rpc28-nc
    refused 'no prompt of APC rack PDU 2 after 3 wake-ups; last seen ".*RPC-28' read strip apc-rpdu2 --user apc
    refused 'no prompt of APC rack PDU 2' read board apc-rpdu2 --user apc
    refused 'unit relay (address 1): .*is it powered, is its address 1' read strip waveshare-relay-8
    for sort in mmp rpc3-nc; do refused 'last seen ".*RPC-28' identify strip baytech-$sort; done
    refused 'it has no such address; is it a Waveshare Modbus RTU Relay 16CH?' identify board waveshare-relay-16
    # and after all that nothing has been switched, and each is still read
    reads strip baytech-rpc28-nc
    reads board waveshare-relay-8
    expect dialect 'outlets that are on' 0 "$(grep -o '"state":"on"' <<<"$line" | wc -l)" ;;
  alike)
    model board --dialect waveshare-relay-16
    model both --dialect waveshare-relay-16-sdm630
    model meter --dialect eastron-sdm630
    model strip --dialect baytech-rpc28-nc
    asked identify board waveshare-relay-8 --json
    expect 'a board of 16 as one of 8' 'exit code' 1 "$status"
    says 'a board of 16 as one of 8' 'waveshare-relay-8 is not proven.*differ in outlets (16 or 8).*take --dialect waveshare-relay-16$' "$work/err"
    says 'a board of 16 as one of 8' '"proven":false,"also":\[{"dialect":"waveshare-relay-16",' "$work/out"
    asked identify board waveshare-relay-16 --json
    expect 'a board of 16 as itself' 'exit code' 0 "$status"
    says 'a board of 16 as itself' '"proven":true,"also":\[{"dialect":"waveshare-relay-8",' "$work/out"
    asked identify both waveshare-relay-16
    expect 'a board with a meter as one without' 'exit code' 1 "$status"
    says 'a board with a meter as one without' 'take --dialect waveshare-relay-16-sdm630$' "$work/err"
    asked identify meter eastron-sdm120
    expect 'a three-phase meter as one of one phase' 'exit code' 1 "$status"
    says 'a three-phase meter as one of one phase' 'differ in banks (1 or 3); the line does not decide: read the plate' "$work/err"
    # whoever names none is told which, or that none
    run pdu identify --line "pty:$work/strip" --json
    expect 'a strip, unnamed' 'exit code' 0 "$status"
    expect 'a strip, unnamed' dialect baytech-rpc28-nc "$(sed 's/.*"dialect":"\([^"]*\)".*/\1/' <<<"$line")"
    run pdu identify --line "pty:$work/board" --json
    expect 'a board, unnamed' 'exit code' 0 "$status"
    says 'a board, unnamed' '"dialect":"waveshare-relay-16","model"' "$work/out"
    stty -F "$work/strip" 19200
    run pdu identify --line "pty:$work/strip"
    expect 'noise, unnamed' 'exit code' 1 "$status"
    says 'noise, unnamed' 'noise as of another rate. Is it powered' "$work/err" ;;
  outlets)
    model sixteen --dialect baytech-rpc28-nc --outlets 16
    model board --dialect waveshare-relay-16
    refused '16 of 20 outlets; if the unit has 16, say outlets = 16 in the room file, or --outlets 16' read sixteen baytech-rpc28-nc
    refused 'goes on to outlet 16, and 8 outlets are expected; if the unit has 16, say outlets = 16' read sixteen baytech-rpc28-nc --outlets 8
    refused 'goes on to outlet 16, and 8 outlets' identify sixteen baytech-rpc28-nc --outlets 8
    refused 'answers for outlet 16, and 10 outlets are expected' read board waveshare-relay-16 --outlets 10
    reads sixteen baytech-rpc28-nc --outlets 16
    expect outlets 'rows' 16 "$(outlets_read)"
    asked read sixteen baytech-rpc28-nc --outlets 24
    expect 'more than there can be' 'exit code' 2 "$status"
    says 'more than there can be' '--outlets: Baytech RPC-28-NC has 1 to 20 outlets, not 24' "$work/err" ;;
  room)   # the same by a room file: its check, and a service that says it until it is repaired
    model sixteen --dialect baytech-rpc28-nc --outlets 16
    export GREENROOM_DATA=$work/data
    pdu=('dialect = "baytech-rpc28-nc"' "line = \"pty:$work/sixteen\"")
    room "${pdu[@]}" 'outlets = 30' >"$work/room.toml"
    run room check "$work/room.toml"
    expect 'outlets = 30' 'exit code' 1 "$status"
    says 'outlets = 30' 'room.toml:[0-9]*:11: "outlets" is 30, and a baytech-rpc28-nc has at most 20: say how many this unit has, or leave it out for 20' "$work/err"
    printf '[[x].' >"$work/broken.toml"   # what a file that is no TOML says of outlets is nothing
    room 'dialect = "./broken.toml"' "line = \"pty:$work/sixteen\"" 'outlets = 9' >"$work/room.toml"
    run room check "$work/room.toml"
    expect 'a broken dialect' 'exit code' 1 "$status"
    says 'a broken dialect' 'broken.toml:1:5: not valid TOML' "$work/err"
    expect 'a broken dialect' 'talk of a meter' 0 "$(grep -c 'is a meter' "$work/err")"
    until_says() {
      local until=$((SECONDS + 60))
      until "$program" pdus >"$work/asked" 2>&1 && grep -q -- "$1" "$work/asked"; do
        kill -0 $service 2>/dev/null || { cat "$work/serve.err"; exit 1; }
        [ $SECONDS -lt $until ] || { wrong pdus 'within a minute' "$1" "$(cat "$work/asked")"; finish; }
        read -rt 0.2 <> <(:) || :
      done
    }
    # outlets N|none PATTERN: what the service says of the unit of 16.
    outlets() {
      if [ "$1" = none ]; then room "${pdu[@]}" >"$work/room.toml"; else room "${pdu[@]}" "outlets = $1" >"$work/room.toml"; fi
      "$program" serve --room "$work/room.toml" --data "$GREENROOM_DATA" >"$work/serve.out" 2>"$work/serve.err" </dev/null & service=$!
      until_says "$2"
      kill $service; wait $service 2>/dev/null; service=
      rm -rf "$GREENROOM_DATA"
    }
    outlets none "^only  *pty:$work/sixteen .*16 of 20 outlets; if the unit has 16, say outlets = 16 in the room file"
    outlets 8 '^only .*goes on to outlet 16, and 8 outlets are expected; if the unit has 16, say outlets = 16 in the room file'
    outlets 16 '^only .* answers'
    room 'dialect = "apc-ap79xx"' 'line = "serial:/dev/ttyUSB0"' >"$work/room.toml"
    run room check "$work/room.toml"
    expect 'menus at 9600 baud' 'exit code' 1 "$status"
    says 'menus at 9600 baud' 'room.toml:[0-9]*:1: pdu only: behind a poll an order takes .* s of wire at 9600 baud .* is not sent within 2.0 s is dropped' "$work/err"
    run serve --room "$work/room.toml" --data "$GREENROOM_DATA"
    expect 'serve with menus at 9600 baud' 'exit code' 2 "$status"
    says 'serve with menus at 9600 baud' 'room.toml:[0-9]*:1: pdu only: behind a poll an order takes' "$work/err"
    room 'dialect = "apc-ap79xx"' 'line = "serial:/dev/ttyUSB0?baud=38400"' >"$work/room.toml"
    run room check "$work/room.toml"
    expect 'menus at 38400 baud' 'exit code' 0 "$status"
    # what the wire allows is reckoned with the outlets of this unit
    room 'dialect = "cyclades-pm"' 'line = "serial:/dev/ttyUSB0"' 'outlets = 42' >"$work/room.toml"
    run room check "$work/room.toml"
    expect 'a chain of 42 at 9600 baud' 'exit code' 1 "$status"
    says 'a chain of 42 at 9600 baud' 'pdu only: to read its states takes .* s of wire at 9600 baud' "$work/err"
    room 'dialect = "cyclades-pm"' 'line = "serial:/dev/ttyUSB0"' 'outlets = 10' >"$work/room.toml"
    run room check "$work/room.toml"
    expect 'ten of them' 'exit code' 0 "$status"
    says 'ten of them' '1 slot, 10 outlets on 1 PDU' "$work/out" ;;
  no_model)
    mkdir "$work/own"
    sed '0,/^id = .*/s//id = "my-strip"/' "$3/../pdu/baytech-mmp.toml" >"$work/own/baytech-mmp.toml"
    sed 's/^dialect = "baytech-mmp"/dialect = "own\/baytech-mmp.toml"/' "$3/returns-room.toml" >"$work/room.toml"
    run room check "$work/room.toml"
    expect 'room check' 'exit code' 0 "$status"
    run demo --until-done --speed max --json --room "$work/room.toml"
    expect demo 'exit code' 2 "$status"
    says demo 'pdu left: there is no model of a "my-strip"; there are: .*baytech-mmp' "$work/err"
    expect demo 'lines on stdout' 0 "$(wc -l <"$work/out")"
    run model --room "$work/room.toml" --socket "$work/world"
    expect model 'exit code' 2 "$status"
    says model 'pdu left: there is no model of a "my-strip"' "$work/err"
    # and those that have one, with at least the twenty outlets of the room, play in it at a rate that the room check takes
    for dialect in apc-rpdu2 'servertech-sentry 19200' raritan-px cyclades-pm 'apc-ap79xx 38400'; do
      read -r dialect rate <<<"$dialect"
      # with as many as it is sold with: the key is left out
      sed "s/^dialect = \"baytech-mmp\"/dialect = \"$dialect\"/; /^line/s/\(model:[a-z]*\)/\1${rate:+?baud=$rate}/; /^input_meter/d; 0,/^outlets = 20/{/^outlets = 20/d}" \
        "$3/returns-room.toml" >"$work/room.toml"
      run demo --until-done --speed max --json --room "$work/room.toml"
      expect "$dialect" 'exit code' 0 "$status"
      holds "$dialect" packed 'at least one' "$(field packed "$line")" 'x > 0'
      clean "$dialect" "$line"
    done ;;
  *) echo "no claim \"$what\""; exit 2 ;;
esac
finish

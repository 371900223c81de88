#!/bin/bash
# mbpoll, a Modbus master that nobody here wrote, on our model relay board and meter.
# usage: pdu_mbpoll.sh PROGRAM board | meter
set -u
program=$1 what=$2
. "$(dirname "$0")/json.sh"
trap 'kill "$model" 2>/dev/null; cleanup' EXIT
model=''
tty=$work/line

# model ID: on a pty, there when its link is.
model() {
  "$program" pdu model --dialect "$1" --link "$tty" --for 60 >"$work/model" 2>&1 & model=$!
  local i
  for i in $(seq 100); do [ -e "$tty" ] && return; read -rt 0.05 <> <(:) || :; done
  wrong "$what" "the model of $1" there ''
  finish
}
poll() { mbpoll -q -1 -m rtu -a 1 -b "$baud" -P none "$@" "$tty" >"$work/seen" 2>&1; }

case $what in
  board)
    baud=9600
    model waveshare-relay-8
    poll -t 0 -r 1 -c 8
    expect "$what" "relays that are off" 8 "$(grep -cE '^\[[1-8]\]:[[:space:]]+0' "$work/seen")"
    mbpoll -q -m rtu -a 1 -b $baud -P none -t 0 -r 3 "$tty" 1 >"$work/seen" 2>&1
    says "$what" 'Written 1 references.' "$work/seen"
    poll -t 0 -r 1 -c 8
    expect "$what" "relay 3" 1 "$(sed -n 's/^\[3\]:[[:space:]]*//p' "$work/seen")"
    expect "$what" "the others" 7 "$(grep -cE '^\[[1-8]\]:[[:space:]]+0' "$work/seen")"
    poll -t 0 -r 9 -c 1
    says "$what" 'Illegal data address' "$work/seen"
    ;;
  meter)
    baud=9600
    model eastron-sdm630
    poll -t 3:float -B -r 1 -c 3
    expect "$what" "phases with the model's 120 V" 3 "$(grep -cE '^\[[135]\]:[[:space:]]+1(19|20)' "$work/seen")"
    poll -t 3 -r 1 -c 61
    says "$what" 'Illegal data value' "$work/seen"
    ;;
esac
finish

#!/bin/bash
# The same room on 120 V and on 230 V: half the current, so that one step of a meter that prints tenths of an ampere weighs
# twice as much, and a small charger shows as one step or none. Without faults nobody is sent to follow a cord.
# Usage: at_230_volts.sh PROGRAM EXAMPLES. Exit 0 holds, 1 not, 2 no program.
set -eu
program=$1 examples=$2
. "${BASH_SOURCE[0]%/*}/json.sh"
for volts in 120 230; do
  sed "s/voltage_V = 120/voltage_V = $volts/" "$examples/returns-room.toml" >"$work/room.toml"
  for ((seed = 0; seed < 10; seed++)); do
    run demo --until-done --speed max --json --room "$work/room.toml" --seed $seed --journal "$work/journal.txt"
    expect "$volts V, seed $seed" 'exit code' 0 "$status"
    expect "$volts V, seed $seed" 'maps in doubt' 0 "$(awk '/"map_doubtful"|"map_revoked"/ { n++ } END { print n + 0 }' "$work/journal.txt")"
    [ -s "$work/journal.txt" ] || wrong "$volts V, seed $seed" journal 'some facts'
  done
done
finish

#!/bin/bash
# The same room on 230 V: half the current, so that one step of a meter that prints tenths of an ampere weighs twice as much.
# Without faults no two cords are taken for exchanged.
# Usage: at_230_volts.sh PROGRAM EXAMPLES. Exit 0 holds, 1 not, 2 no program.
set -eu
program=$1 examples=$2
. "${BASH_SOURCE[0]%/*}/json.sh"
sed 's/voltage_V = 120/voltage_V = 230/' "$examples/returns-room.toml" >"$work/room.toml"
for seed in 1 2; do
  run demo --until-done --json --room "$work/room.toml" --seed $seed --journal "$work/journal.txt"
  expect "seed $seed" 'exit code' 0 "$status"
  expect "seed $seed" 'cords taken for exchanged' 0 "$(awk '/exchanged their loads/ { n++ } END { print n + 0 }' "$work/journal.txt")"
done
finish

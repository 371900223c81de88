#!/bin/bash
# The planner that switches everything on trips the breaker within the first hour of charging, so that the room is one in
# which planning matters. Charging is counted from the first minute of the run, which can only be stricter.
# Usage: all_on.sh PROGRAM. Exit 0 holds, 1 not, 2 no program.
set -eu
program=$1
. "${BASH_SOURCE[0]%/*}/json.sh"
for seed in 1 2 3; do
  run demo --until-done --speed max --json --faults none --seed $seed
  expect "planned, seed $seed" trips 0 "$(field trips "$line")"
  run demo --until-done --speed max --json --faults none --seed $seed --planner all-on
  expect "all-on, seed $seed" 'exit code' 1 "$status"
  holds "all-on, seed $seed" trips 'at least 1' "$(field trips "$line")" 'x >= 1'
  holds "all-on, seed $seed" hard_limit_amp_seconds 'above 0, and what a breaker can carry in a day' \
    "$(field hard_limit_amp_seconds "$line")" 'x > 0 && x < 1e6'
  # "0:11:48.765 (708.766 s) R2: branch tripped at theta 1.10 ..."
  tripped=$(list first_violations "$line" | tr '"' '\n' | sed -n 's/.*(\([0-9.]*\) s) R2: [^ ]* tripped.*/\1/p' | head -n 1)
  holds "all-on, seed $seed" 'time of the first trip in s' 'below 3600' "$tripped" 'x > 0 && x < 3600'
done
finish

#!/bin/bash
# The controller is destroyed at seeded points between any two of its steps, over a journal that takes time for each
# commit: no figure of ours is above zero, and no Mac is lost.
# Usage: kills.sh PROGRAM DEATHS SEEDS. At least DEATHS in all, over that many seeds. Exit 0 holds, 1 not, 2 no program.
set -eu
program=$1 deaths=$2 seeds=$3
. "${BASH_SOURCE[0]%/*}/json.sh"
export program work
export each=$((deaths / seeds + 3))   # a room may be done before its last deaths are due
one() {
  local status=0
  "$program" demo --until-done --speed max --faults none --json --kills "$each" --seed "$1" >"$work/$1" 2>"$work/$1.err" </dev/null ||
    status=$?
  echo "$status" >"$work/$1.status"
}
export -f one
seq 1 "$seeds" | xargs -P 2 -I{} bash -c 'one {}'
total=0
for ((seed = 1; seed <= seeds; seed++)); do
  line=$(tail -n 1 "$work/$seed")
  expect "seed $seed" 'exit code' 0 "$(cat "$work/$seed.status")"
  clean "seed $seed" "$line"
  packed=$(field packed "$line") cases=$(field cases "$line") kills=$(field kills "$line")
  expect "seed $seed" 'packed + cases' 48 $((${packed:-0} + ${cases:-0}))
  total=$((total + ${kills:-0}))
done
echo "the controller died $total times over $seeds seeds"
holds 'all seeds' kills "$deaths or more" "$total" "x >= $deaths"
finish

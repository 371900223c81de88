#!/bin/bash
# Every kind of fault strikes, seed by seed, two rooms at a time: all Macs are packed or in a case, and nothing is ours.
# Usage: all_faults.sh PROGRAM FIRST LAST. Exit 0 holds, 1 not, 2 no program.
set -eu
program=$1 first=$2 last=$3
. "${BASH_SOURCE[0]%/*}/json.sh"
export program work
one() {
  local status=0
  "$program" demo --until-done --speed max --faults all --json --seed "$1" >"$work/$1" 2>"$work/$1.err" </dev/null || status=$?
  echo "$status" >"$work/$1.status"
}
export -f one
seq "$first" "$last" | xargs -P 2 -I{} bash -c 'one {}'
kinds=
for ((seed = first; seed <= last; seed++)); do
  line=$(tail -n 1 "$work/$seed")
  expect "seed $seed" 'exit code' 0 "$(cat "$work/$seed.status")"
  clean "seed $seed" "$line"
  expect "seed $seed" macs 48 "$(field macs "$line")"
  packed=$(field packed "$line") cases=$(field cases "$line")
  expect "seed $seed" 'packed + cases' 48 $((${packed:-0} + ${cases:-0}))
  open=$(list open_cases "$line")
  expect "seed $seed" 'cases without an owner' 0 "$(grep -o '): *"' <<<"$open" | wc -l)"
  [ "$(object faults "$line")" != '{}' ] || wrong "seed $seed" faults 'some that struck' '{}'
  kinds+=$(object faults "$line")
done
echo "kinds of faults that struck: $(grep -o '"[a-z_]*":' <<<"$kinds" | sort -u | tr -d '":' | tr '\n' ' ')"
finish

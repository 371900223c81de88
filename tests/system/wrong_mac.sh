#!/bin/bash
# Histories of rooms in which people and hardware do everything wrong: no wrong Mac is erased, and the judge would notice.
# Usage: wrong_mac.sh PROGRAM campaign | replay OTHER_PROGRAM | wrong. Exit 0 holds, 1 not, 2 no program.
set -eu
program=$1 what=$2 other=${3:-}
. "${BASH_SOURCE[0]%/*}/json.sh"

campaign() {
  run simulate wrong-mac --histories 5000 --clauses --json
  expect campaign 'exit code' 0 "$status"
  ! grep -q 'does not come to rest' "$work/err" || wrong campaign 'a decision' 'an end to each' "$(grep -c 'come to rest' "$work/err") without one"
  holds campaign histories 5000 "$(field histories "$line")" 'x == 5000'
  zero campaign wrong_erasures "$line"
  zero campaign false_certificates "$line"
  # What cannot happen proves nothing: Macs are erased, most of them undisturbed, and controllers die.
  for name in erased_right undisturbed controller_kills; do
    holds campaign $name 'more than 1000' "$(field $name "$line")" 'x > 1000'
  done
  local share
  share=$(awk -v a="$(field undisturbed_erased "$line")" -v b="$(field undisturbed "$line")" 'BEGIN { print a / b }')
  holds campaign 'share of the undisturbed that is erased' '99.9 %' "$share" 'x >= 0.999'
  for clause in R4a R4b R4c R4d R4e R9nodes R9exclusive R9arrival; do
    holds "without $clause" 'the seed that caught it' 'at most 1000' "$(field $clause "$(object caught "$line")")" 'x >= 1 && x <= 1000'
  done
  echo "$line"
}

# One seed, twice and from the other compiler, is one history; where a clause was off it says what went wrong.
replay() {
  local seed
  [ -x "$other" ] || { echo "$other is not built; ./run test builds it" >&2; exit 2; }
  run simulate wrong-mac --seed 7 --replay
  expect 'seed 7' 'exit code' 0 "$status"
  says 'seed 7' 'shows recovery' "$work/out"
  says 'seed 7' '"type":"gate_permitted"' "$work/out"
  mv "$work/out" "$work/first"
  run simulate wrong-mac --seed 7 --replay
  cmp "$work/first" "$work/out" || wrong 'seed 7' 'the same program again' 'the same lines' 'others'
  "$other" simulate wrong-mac --seed 7 --replay >"$work/out"
  cmp "$work/first" "$work/out" || wrong 'seed 7' 'the other compiler' 'the same lines' 'others'

  run simulate wrong-mac --histories 1000 --without R4d --json
  expect 'without R4d' 'exit code' 1 "$status"
  seed=$(sed -n 's/.*"first":\["seed \([0-9]*\):.*/\1/p' <<<"$line")
  run simulate wrong-mac --seed "$seed" --without R4d --replay
  expect "seed $seed without R4d" 'exit code' 1 "$status"
  says "seed $seed without R4d" 'WRONG ERASURE' "$work/out"
}

refused() {
  run simulate "$@"
  expect "simulate $*" 'exit code' 2 "$status"
}
wrong_use() {
  refused
  refused nonsense
  refused wrong-mac --histories 0
  refused wrong-mac --histories -1
  refused wrong-mac --without R4z
  says 'simulate wrong-mac --without R4z' 'R4a R4b R4c R4d R4e R9nodes R9exclusive R9arrival' "$work/err"
}

case $what in
  campaign) campaign ;;
  replay) replay ;;
  wrong) wrong_use ;;
  *) echo "wrong_mac.sh: there is no part $what" >&2; exit 2 ;;
esac
finish

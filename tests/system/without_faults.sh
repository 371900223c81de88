#!/bin/bash
# A room without faults, one claim a call. Usage: without_faults.sh PROGRAM CLAIM. Exit 0 holds, 1 not, 2 no program.
set -eu
program=$1 claim=$2
. "${BASH_SOURCE[0]%/*}/json.sh"

# room SEED [FAULTS]
room() { run demo --until-done --speed max --json --seed "$1" --faults "${2:-none}"; }

fields='slots macs packed cases trips fault_trips protected_opens fault_opens wrong_mac unerased_released stranded
  hard_limit_amp_seconds fault_amp_seconds soft_over_seconds waits_by_circuit violations makespan_s bound_s
  makespan_over_bound virtual_s wall_s seed chain'

# The list of Macs holds 48 rows; four of them are for a person, by reason and row (config/examples/returns.csv).
each_packed_or_owned() {
  expect "$1" 'exit code' 0 "$status"
  expect "$1" macs 48 "$(field macs "$line")"
  expect "$1" packed 44 "$(field packed "$line")"
  expect "$1" cases 4 "$(field cases "$line")"
  expect "$1" stranded 0 "$(field stranded "$line")"
  local open row
  open=$(list open_cases "$line")
  for row in '19 (unknown_model)' '26 (not_approved)' '34 (duplicate_serial)' '41 (malformed_serial)'; do
    [[ $open == *"\"returns row $row: "[a-z]* ]] || wrong "$1" open_cases "row $row with an owner" "$open"
  done
}

case $claim in
  packed)
    for seed in 1 2 3; do room $seed; each_packed_or_owned "seed $seed"; done ;;
  figures)
    for seed in 1 2 3; do
      room $seed
      clean "seed $seed" "$line"
      for name in fault_trips fault_opens fault_amp_seconds; do zero "seed $seed" $name "$line"; done
      expect "seed $seed" 'faults injected' '{}' "$(object faults "$line")"
    done ;;
  binds)
    for seed in 1 2 3; do
      room $seed
      holds "seed $seed" 'waits that name the branch' 'at least 20' "$(field branch "$(object waits_by_circuit "$line")")" 'x >= 20'
    done ;;
  nobody_called)   # beyond the four rows nothing is wrong in this room: a case would call a person for nothing
    for seed in 1 2 3; do
      room $seed
      expect "seed $seed" 'open cases beyond the four rows' '' "$(list open_cases "$line" | tr ',' '\n' | grep -v 'returns row' | tr '\n' ',')"
    done ;;
  fields)
    room 2
    expect 'with --json' 'lines on stdout' 1 "$(wc -l <"$work/out")"
    [[ $line == '{'*'}' ]] || wrong 'with --json' 'the last line' 'one JSON object' "$line"
    for name in $fields; do [[ $line == *"\"$name\":"* ]] || wrong 'the last line' "$name" 'a field of this name' "$line"; done
    expect 'the last line' seed 2 "$(field seed "$line")"
    expect 'the last line' 'length of chain' 64 "$(field chain "$line" | tr -d '\n' | wc -c)"
    expect 'the last line' slots 33 "$(field slots "$line")"   # 8 restore slots, 24 shelf places, 1 pack table
    holds 'the last line' makespan_over_bound 'at least 1: no room beats its bound' "$(field makespan_over_bound "$line")" 'x >= 1'
    ratio=$(awk -v m="$(field makespan_s "$line")" -v b="$(field bound_s "$line")" 'BEGIN { printf "%.3f", m / b }')
    expect 'the last line' makespan_over_bound "$ratio" "$(printf '%.3f' "$(field makespan_over_bound "$line")")"
    run demo --until-done --speed max --seed 2
    [[ $(tail -n 1 "$work/out") == '{'*'}' ]] || wrong 'without --json' 'the last line' 'the same JSON object' "$line" ;;
  repeats)
    for faults in none all; do
      room 5 $faults; first=$line
      expect "faults $faults" "the seed of the result" 5 "$(field seed "$line")"
      room 5 $faults
      expect "faults $faults" 'the second run, apart from wall_s' "$(sed 's/"wall_s":[^,}]*//' <<<"$first")" \
        "$(sed 's/"wall_s":[^,}]*//' <<<"$line")"
    done ;;
  fast)
    # Processor time, start of the program included, stands for the wall time of one core: it is never less than that of an
    # idle machine, and what else runs beside does not change it much. The best of three.
    best=0
    TIMEFORMAT='%U %S'
    for round in 1 2 3; do
      took=$({ time room 1; } 2>&1)
      room_s=$(sed -n 's/.*"virtual_s":\([0-9.]*\).*/\1/p' "$work/out")
      best=$(awk -v t="$took" -v v="$room_s" -v b="$best" 'BEGIN { split(t, p, " "); s = p[1] + p[2]; r = v / (s > 0 ? s : 0.001); print (r > b ? r : b) }')
    done
    holds 'one core' 'virtual seconds in a second' 'at least 20000' "$best" 'x >= 20000' ;;
  *) echo "no claim \"$claim\""; exit 2 ;;
esac
finish

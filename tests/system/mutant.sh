#!/bin/bash
# A rule is switched off, and the judge must notice: some seed below 20 breaks that rule, and in the same run one of the
# named figures of the model's ground truth is above zero. A check that cannot fail is no check.
# Usage: mutant.sh PROGRAM RULE [FIGURE...]. Exit 0 caught, 1 not, 2 no program.
set -eu
program=$1 rule=$2
shift 2
. "${BASH_SOURCE[0]%/*}/json.sh"

above_zero() { awk -v x="${1:-0}" 'BEGIN { exit !(x > 0) }'; }

broken=
for faults in all none; do
  for ((seed = 0; seed < 20; seed++)); do
    run demo --until-done --speed max --json --faults $faults --without "$rule" --seed $seed
    above_zero "$(field "$rule" "$(object violations "$line")")" || continue
    [ "$status" = 1 ] || wrong "seed $seed" 'exit code of a run with violations' 1 "$status"
    broken+=" $faults/$seed"
    [ $# -gt 0 ] || { echo "$rule: caught with faults $faults, seed $seed"; finish; }
    for figure in "$@"; do
      above_zero "$(field "$figure" "$line")" || continue
      echo "$rule: caught with faults $faults, seed $seed: $figure is $(field "$figure" "$line")"
      finish
    done
  done
done
wrong "without $rule" 'seeds 0 to 19, with all faults and with none' "violations of $rule${*:+ and one of: $*}" \
  "violations in${broken:- none}, the figures never"
finish

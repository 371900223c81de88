#!/bin/bash
# The same seed gives the same journal, twice and from both compilers: `chain`, the last hash of the journal, is compared.
# Usage: same_chain.sh GCC_PROGRAM CLANG_PROGRAM [SEED...]. Exit 0 same, 1 not, 2 a program is missing.
set -eu
gcc=$1 clang=$2
shift 2
[ $# -gt 0 ] || set -- 1 7
for program in "$gcc" "$clang"; do
  [ -x "$program" ] || { echo "same_chain: $program is not built; ./run test builds it" >&2; exit 2; }
done

# chain PROGRAM SEED FAULTS: the chain of one run, from the JSON object that is its last line. The demo's exit code is not
# judged here: a run that ends badly must end badly in the same way.
chain() {
  local line found
  line=$("$1" demo --until-done --speed max --json --seed "$2" --faults "$3" 2>/dev/null | tail -n 1)
  found=$(sed -n 's/.*"chain" *: *"\([0-9a-f][0-9a-f]*\)".*/\1/p' <<<"$line")
  [ -n "$found" ] || { echo "same_chain: no chain in the last line of $1, seed $2, faults $3: $line" >&2; exit 1; }
  echo "$found"
}

status=0
last=
for faults in none all; do
  for seed in "$@"; do
    first=$(chain "$gcc" "$seed" "$faults")
    again=$(chain "$gcc" "$seed" "$faults")
    other=$(chain "$clang" "$seed" "$faults")
    echo "seed $seed, faults $faults: gcc $first, gcc again $again, clang $other"
    [ "$first" = "$again" ] && [ "$first" = "$other" ] || { echo "DIFFERENT"; status=1; }
    [ "$first" != "$last" ] || { echo "two seeds gave one chain: the seed is not used"; status=1; }
    last=$first
  done
done
exit $status

#!/bin/bash
# The house's own lint: layers, coroutine traps, things that may not be written, honest words.
# Usage: check.sh [ROOT]. Prints `file:line: [rule] what and why` for each violation; exit 0 none, 1 some, 2 no tree.
# Bash and awk only, since a bare Debian has them, and it takes under a second.
set -euo pipefail
export LC_ALL=C
here=$(cd "$(dirname "$0")" && pwd)
cd "${1:-$here/../..}" || exit 2

# files FOLDER... -- PATTERN...: the files under the folders whose names fit, sorted. The lint's own rules and planted
# violations are not judged.
files() {
  local folders=() names=()
  while [ "$1" != -- ]; do [ ! -e "$1" ] || folders+=("$1"); shift; done
  shift
  for name in "$@"; do names+=(${names[0]:+-o} -name "$name"); done
  [ ${#folders[@]} = 0 ] || find "${folders[@]}" -path tests/lint -prune -o -type f \( "${names[@]}" \) -print | sort
}

# judge PROGRAM RULES FILES...: nothing to judge is nothing found.
judge() { [ $# -le 2 ] || awk -f "$here/$1" ${2:+"$here/$2"} "${@:3}"; }

product=(hw firmware-bridge controller config)
mapfile -t sources < <(files "${product[@]}" -- '*.cpp' '*.hpp')
mapfile -t code < <(files "${product[@]}" tests -- '*.cpp' '*.hpp' '*.sh')
mapfile -t cpp < <(files "${product[@]}" tests -- '*.cpp' '*.hpp')
mapfile -t texts < <(files README.md run docs "${product[@]}" tests -- '*.md' '*.cpp' '*.hpp' '*.toml' '*.csv' '*.txt' '*.sh' '*.html' run)
[ ${#texts[@]} -gt 0 ] || { echo "check.sh: nothing to check in $PWD" >&2; exit 2; }

found=$(
  judge layers.awk layers.txt "${sources[@]}"
  judge coroutines.awk '' "${cpp[@]}"
  judge patterns.awk patterns.txt "${code[@]}"
  judge words.awk words.txt "${texts[@]}"
)
if [ -n "$found" ]; then
  printf '%s\n' "$found"
  printf 'lint: %s violation(s)\n' "$(wc -l <<<"$found")" >&2
  exit 1
fi
echo "lint: ${#sources[@]} sources, ${#texts[@]} texts, nothing found" >&2

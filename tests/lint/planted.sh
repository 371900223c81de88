#!/bin/bash
# Proves that the lint finds what it claims to find. Usage: planted.sh CASE.txt
# A case holds files (`--- path`, then their lines) and what must be said about them (`expect file:line: [rule]`, one a
# violation, no other may be said). A case without `expect` holds near misses and must be found clean.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
case_file=$(realpath "$1")
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
mkdir "$tree/root"

file=
while IFS= read -r line; do
  case $line in
    '--- '*) file=$tree/root/${line#--- }; mkdir -p "$(dirname "$file")"; : >"$file" ;;
    'expect '*) echo "${line#expect }" >>"$tree/expected" ;;
    *) [ -z "$file" ] || printf '%s\n' "$line" >>"$file" ;;
  esac
done <"$case_file"

status=0
bash "$here/check.sh" "$tree/root" >"$tree/said" 2>"$tree/errors" || status=$?
touch "$tree/expected"
sed -E 's/^([^ ]+:[0-9]+: \[[a-z]+\]).*/\1/' "$tree/said" | sort >"$tree/places"
want=0; [ ! -s "$tree/expected" ] || want=1
if [ "$status" != "$want" ] || ! diff -u <(sort "$tree/expected") "$tree/places"; then
  echo "FAILED: exit $status, expected $want; the lint said:"
  cat "$tree/said" "$tree/errors"
  exit 1
fi

#!/bin/bash
# The report of a run is one HTML page that needs nothing else. Usage: report.sh PROGRAM. Exit 0 holds, 1 not, 2 no program.
set -eu
program=$1
. "${BASH_SOURCE[0]%/*}/json.sh"
run demo --until-done --speed max --json --seed 1
plain=$(field chain "$line")
run demo --until-done --speed max --json --seed 1 --report "$work/page.html"
expect 'with --report' 'exit code' 0 "$status"
expect 'with --report' 'chain, which a report does not change' "$plain" "$(field chain "$line")"
page=$work/page.html
[ -s "$page" ] || { wrong 'with --report' 'the page' 'a file with text' 'none'; finish; }
expect page 'its beginning' '<!doctype html>' "$(head -c 15 "$page" | tr A-Z a-z)"
expect page 'ends of pages' 1 "$(grep -ci '</html>' "$page")"
for tag in '<svg' '<title' 'branch' 'S1-01' '1-08'; do says page "$tag" "$page"; done
for count in svg html body; do
  expect page "closed $count" "$(grep -o "<$count[ >]" "$page" | wc -l)" "$(grep -o "</$count>" "$page" | wc -l)"
done
# The name of the SVG namespace is a name, not a place; nothing else may look like one, and nothing is loaded.
outside=$(sed 's|http://www.w3.org/[a-z0-9/]*||g' "$page" | grep -oiE '(https?:)?//[a-z0-9.-]+\.[a-z]+|src=.{0,40}|@import.{0,40}|<link.{0,40}' || true)
expect page 'what it asks of a network' '' "$outside"
finish

#!/bin/bash
# What is wrong is refused with words that say where and what to do, and a right exit code: 2 for a program used wrongly,
# 1 for a check that found errors. Nothing is half done: a refused demo prints no result.
# Usage: bad_input.sh PROGRAM EXAMPLES CLAIM. EXAMPLES: the folder of returns-room.toml and returns.csv.
# Exit 0 holds, 1 not, 2 no program.
set -eu
program=$1 examples=$2 claim=$3
. "${BASH_SOURCE[0]%/*}/json.sh"

# refused CODE PATTERN ARGUMENTS...
refused() {
  local code=$1 pattern=$2
  shift 2
  run "$@"
  expect "$*" 'exit code' "$code" "$status"
  says "$*" "$pattern" "$work/err"
  [ "$code" != 2 ] || expect "$*" 'lines on stdout' 0 "$(wc -l <"$work/out")"
}
# bad_batch FILE PATTERN: by the check, and by the demo with the same words.
bad_batch() { refused 1 "$2" batch check "$1"; refused 2 "$2" demo --until-done --speed max --json --batch "$1"; }
good_batch() {
  run batch check "$1"
  expect "batch check ${1##*/}" 'exit code' 0 "$status"
  says "batch check ${1##*/}" "good: $2 row" "$work/out"
}
list=$examples/returns.csv room=$examples/returns-room.toml

case $claim in
  options)
    refused 2 'no verb "frob"' frob
    for noun in '' usb mac firmware pdu; do   # a help that nobody gets is none
      status=0
      "$program" $noun --help >/dev/full 2>"$work/err" || status=$?
      expect "help of ${noun:-all}" 'exit code' 1 "$status"
      says "help of ${noun:-all}" 'stdout cannot be written: No space left on device' "$work/err"
    done
    refused 2 '--frob' demo --frob
    refused 2 'extra' demo extra
    for speed in 0 -1 abc '' nan 10x; do refused 2 '--speed takes a number above 0, or max' demo --speed "$speed"; done
    refused 2 '--seed' demo --seed seven
    for kills in -1 x 1.5; do refused 2 'a whole number from 0 is needed' demo --kills $kills; done
    refused 2 'none,some,all' demo --faults many
    refused 2 'planned,all-on,nameplate,timer' demo --planner best
    for rule in R15 R5 R3x r2; do refused 2 'takes one of R1 R2 R3 R4 R7 R8 R12 R13' demo --without $rule; done
    refused 2 '--seed' demo --seed -1
    refused 2 '--seed takes a whole number from 0 to 18446744073709551615' demo --seed 18446744073709551616
    refused 2 '--speed takes a number above 0, or max' demo --speed inf
    for verb in room recipe batch; do
      refused 2 "usage: greenroom $verb check FILE" "$verb"
      refused 2 usage "$verb" check
      run "$verb" check --help
      expect "$verb check --help" 'exit code' 0 "$status"
    done
    refused 2 '--room is required' room udev
    refused 2 'no slot has its data port on "nowhere", but on host: name that machine with --host' room udev --room "$room" --host nowhere
    run --help
    expect --help 'exit code' 0 "$status" ;;
  files)
    none=$work/none/at-all
    refused 2 "$none: there is no such file" demo --room "$none"
    refused 2 "$none: there is no such file" demo --batch "$none"
    for verb in room recipe batch; do refused 1 "$none: there is no such file" "$verb" check "$none"; done
    refused 1 "$none: there is no such file" room udev --room "$none"
    refused 1 'is a folder' room check "$work"
    mkfifo "$work/pipe"
    for verb in room recipe batch; do refused 1 'is a pipe, not a file' "$verb" check "$work/pipe"; done
    refused 2 'is a pipe, not a file' demo --batch "$work/pipe"
    mkdir "$work/own"
    sed 's/^dialect = "baytech-mmp"/dialect = "own\/strip.toml"/' "$room" >"$work/own.toml"
    refused 2 'own/strip.toml: there is no such file' demo --room "$work/own.toml"
    cp "$examples/../pdu/baytech-mmp.toml" "$work/own/strip.toml"
    for verb in 'room check' 'demo --until-done --speed max --json --room'; do
      run $verb "$work/own.toml"
      expect "$verb with a dialect of one's own" 'exit code' 0 "$status"
    done
    echo 'oops = 1' >>"$work/own/strip.toml"
    refused 1 'own/strip.toml:[0-9]*:1: unknown key "oops"' room check "$work/own.toml"
    for option in --report --journal; do
      refused 2 "$none cannot be written" demo --until-done --speed max --json $option "$none"
      expect "demo $option into no folder" 'a file' none "$([ -e "$none" ] && echo some || echo none)"
      cp "$room" "$work/room.toml"
      refused 2 'name one file' demo --until-done --speed max --json --room "$work/room.toml" $option "$work/room.toml"
      expect "demo $option over its room file" 'the room file' same "$(cmp -s "$room" "$work/room.toml" && echo same || echo lost)"
    done ;;
  room)
    awk '/^\[\[slot\]\]/ { held = $0; next } held != "" { if ($0 ~ /"P-01"/) { skip = 1 } else { print held; skip = 0 }; held = "" } /^$/ { skip = 0 } !skip' "$room" >"$work/nopack.toml"
    refused 2 'sends Macs to a pack_table, and the room has none' demo --until-done --speed max --json --room "$work/nopack.toml"
    sed -e 's/^rating_A = 20/ratng_A = 20/' -e 's/"right:11..16"/"right:1..6"/' -e 's/"pack_table"/"packtable"/' "$room" >"$work/bad.toml"
    at() { awk -v what="$1" 'index($0, what) == 1 { print FNR; exit }' "$work/bad.toml"; }
    for verb in check demo; do
      if [ $verb = check ]; then refused 1 'unknown key' room check "$work/bad.toml"; else refused 2 'unknown key' demo --room "$work/bad.toml"; fi
      says $verb "bad.toml:$(at ratng_A):1: unknown key \"ratng_A\".*did you mean \"rating_A\"?" "$work/err"
      says $verb "bad.toml:$(at '[[circuit]]'):1: .*lacks the key \"rating_A\"" "$work/err"
      says $verb 'bad.toml:[0-9]*:10: outlet "right:1" of slot "S1-07" already feeds slot "S1-01"' "$work/err"
      says $verb "bad.toml:$(at 'kind = "packtable"'):8: .*did you mean \"pack_table\"?" "$work/err"
      expect $verb 'complaints without a place' '' "$(grep -v '^[^:]*bad.toml:[0-9]*:[0-9]*: ' "$work/err")"
    done
    printf '[room\nname = "x"\n' >"$work/syntax.toml"
    refused 1 'syntax.toml:1:[0-9]*: not valid TOML' room check "$work/syntax.toml"
    run room check "$room"
    expect 'the example' 'exit code' 0 "$status" ;;
  recipe)
    sed -e 's/^version = .*/version = "one"/' -e '0,/^kind/s/^kind/knd/' -e '0,/^deadline_min = 1440/s//deadline_min = -5/' \
      "$examples/../recipes/full-t2.toml" >"$work/recipe.toml"
    at() { awk -v what="$1" 'index($0, what) == 1 { print FNR; exit }' "$work/recipe.toml"; }
    refused 1 "recipe.toml:$(at knd):1: unknown key \"knd\".*did you mean \"kind\"?" recipe check "$work/recipe.toml"
    says recipe "recipe.toml:$(at version):11: \"version\" must be a whole number" "$work/err"
    says recipe "recipe.toml:$(at 'deadline_min = -5'):[0-9]*: .*deadline_min" "$work/err"
    expect recipe 'complaints without a place' '' "$(grep -v '^[^:]*recipe.toml:[0-9]*:[0-9]*: ' "$work/err")"
    run recipe check "$examples"/../recipes/*.toml
    expect 'the recipes' 'exit code' 0 "$status" ;;
  lists)
    sed '1s/Serial,//' "$list" >"$work/missing.csv"
    bad_batch "$work/missing.csv" 'missing.csv:1:1: the header lacks the column Serial'
    sed '5s/^[^,]*/=1+1/' "$list" >"$work/formula.csv"
    bad_batch "$work/formula.csv" 'formula.csv:5:1: row 5, column "Asset Tag": "=1+1" is a formula'
    sed '$s/[^,]*$/"never closed/' "$list" >"$work/quote.csv"
    bad_batch "$work/quote.csv" 'quote.csv:49:.*quot'
    sed '7s/,[^,]*$//' "$list" >"$work/short.csv"
    bad_batch "$work/short.csv" 'short.csv:7:1: row 7 has'
    sed '1s/Serial/Serail/' "$list" >"$work/misspelt.csv"
    bad_batch "$work/misspelt.csv" 'did you mean "Serial" by "Serail"?'
    sed '2s/[^,]*$/caf\xe9/' "$list" >"$work/latin.csv"
    bad_batch "$work/latin.csv" 'latin.csv:2:1: the byte E9 is no UTF-8'
    : >"$work/empty.csv"
    bad_batch "$work/empty.csv" 'empty.csv: is empty'
    head -n 1 "$list" >"$work/header.csv"
    bad_batch "$work/header.csv" 'has a header and no row'
    printf 'Asset Tag,Serial\0' >"$work/nul.csv"
    bad_batch "$work/nul.csv" 'NUL byte' ;;
  encodings)   # one list in each form that spreadsheets write: the same rows, so the same run
    run demo --until-done --speed max --json
    chain=$(field chain "$line")
    { printf '\xff\xfe'; iconv -f UTF-8 -t UTF-16LE "$list"; } >"$work/le.csv"
    { printf '\xfe\xff'; iconv -f UTF-8 -t UTF-16BE "$list"; } >"$work/be.csv"
    { printf '\xef\xbb\xbf'; sed 's/$/\r/' "$list"; } >"$work/crlf.csv"
    sed 's/,\([^",]*;[^",]*\)$/,"\1"/' "$list" | awk '{ quoted = 0; out = ""   # a cell that holds a semicolon is quoted
           for (i = 1; i <= length($0); i++) { c = substr($0, i, 1); if (c == "\"") quoted = !quoted; out = out (c == "," && !quoted ? ";" : c) }
           print out }' >"$work/semicolons.csv"
    { printf 'sep=;\r\n'; sed 's/$/\r/' "$work/semicolons.csv"; } >"$work/sep.csv"
    good_batch "$work/sep.csv" 48
    for form in le be crlf semicolons; do
      good_batch "$work/$form.csv" 48
      run demo --until-done --speed max --json --batch "$work/$form.csv"
      expect "$form" 'chain of the run' "$chain" "$(field chain "$line")"
    done
    awk 'NR == 1; NR == 2 { sub(/^[^,]*,[^,]*/, ""); for (i = 1; i <= 100000; i++) printf "IT-%06d,GR%08d%s\n", i, i, $0 }' "$list" >"$work/large.csv"
    good_batch "$work/large.csv" 100000
    printf '%s\n' "$(head -n 1 "$list")" 'IT-1,GR109Q479Q,"MacBook Pro (M3 Pro, 16-inch, 2023)",A2991,Returned - Wipe,Cage,"lid' 'scratched"' >"$work/newline.csv"
    good_batch "$work/newline.csv" 1 ;;
  *) echo "no claim \"$claim\""; exit 2 ;;
esac
finish

#!/bin/bash
# The table of docs/powering.md against what the program itself says of its dialects.
# usage: pdu_docs.sh PROGRAM DOCS
set -u
program=$1 docs=$2
. "$(dirname "$0")/json.sh"

run pdu dialects --json
expect dialects status 0 "$status"
said=$(sed 's/{"id":/\n{"id":/g' <<<"$line" | grep '^{"id":' | while read -r one; do
  outlets=$(field meters_outlets "$one") banks=$(field meters_banks "$one")
  case $outlets,$banks in true,true) meters='outlets, banks' ;; true,*) meters=outlets ;; *,true) meters=banks ;; *) meters=nothing ;; esac
  echo "| \`$(field id "$one")\` | $(field outlets "$one") | $meters | $(field boot_policy "$one") |"
done | sort)
told=$(sed -n '/^| dialect | outlets | meters |/,/^$/p' "$docs/powering.md" | grep '^| `' | sort)
[ "$(wc -l <<<"$said")" -ge 15 ] || wrong dialects 'how many' 'at least 15' "$(wc -l <<<"$said")"
[ "$said" = "$told" ] || { wrong powering.md 'its table' 'as the program says' 'this'; diff <(echo "$told") <(echo "$said"); }
finish

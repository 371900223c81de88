#!/bin/bash
# The verbs of a room's journal, as a person uses them: an old journal becomes a database, is shown, proven, backed up, put
# back, copied and thinned out; and one changed letter is found. Exit codes: 0 done, 1 failed, 2 used wrongly.
# Usage: journal.sh PROGRAM JOURNAL CLAIM. JOURNAL: the lines of an old journal (tests/journals/v1/journal.jsonl).
# Exit 0 holds, 1 not, 2 no program.
set -eu
program=$1 lines=$2 claim=$3
. "${BASH_SOURCE[0]%/*}/json.sh"

data=$work/data
count=$(wc -l <"$lines")
# does CODE ARGUMENTS...: journal verb with its exit code.
does() {
  local code=$1
  shift
  run journal "$@"
  expect "journal $*" 'exit code' "$code" "$status"
}
have() { does 0 restore --data "$data" --from "$lines"; }

case $claim in
  show)
    have
    does 0 show --data "$data"
    expect show 'lines' "$count" "$(wc -l <"$work/out")"
    does 0 show --data "$data" --from 3 --to 5
    expect 'show --from 3 --to 5' 'first words' '3 4 5' "$(cut -d ' ' -f 1 "$work/out" | tr '\n' ' ' | sed 's/ $//')"
    does 0 show --data "$data" --type visit_opened --json
    expect 'show --type --json' 'lines' 1 "$(wc -l <"$work/out")"
    expect 'show --type --json' 'facts' "$(grep -c '"type":"visit_opened"' "$lines")" "$(grep -o '"type":"visit_opened"' "$work/out" | wc -l)"
    does 0 show --data "$data" --from 1 --limit 2 --json
    expect 'show --json' 'the facts as they are hashed' "{\"facts\":[$(sed -n 1p "$lines"),$(sed -n 2p "$lines")]}" "$line"
    does 2 show --data "$data" --type frob
    for wrong in '--from -1' '--to x' '--limit -1' '--limit 0' '--from 18446744073709551615'; do
      does 2 show --data "$data" $wrong
      says "show $wrong" 'a whole number from [01] is needed, not' "$work/err"
    done
    does 1 show --data "$work/none"
    says 'show --data none' 'none/journal.db: it cannot be opened: No such file or directory' "$work/err" ;;
  verify)
    have
    does 0 verify --data "$data" --json
    expect verify 'facts' "$count" "$(field facts "$line")"
    expect verify 'chain' "$(awk '$1 == "chain" { print $2 }' "${lines%/*}/expected.txt")" "$(field chain "$line")"
    # One letter of fact 5, in the file itself, wherever its text stands (a page that was split leaves an old copy).
    grep -abo -F "$(sed -n 5p "$lines")" "$data/journal.db" | cut -d : -f 1 | while read -r at; do
      printf '#' | dd of="$data/journal.db" bs=1 seek=$((at + 20)) conv=notrunc status=none
    done
    does 1 verify --data "$data" --json
    says verify 'fact 5: its text was changed; restore a backup (greenroom journal restore' "$work/err"
    says verify '"ok":false.*"seq":5' "$work/out"
    does 1 backup --data "$data" --to "$work/backup.db"
    expect backup 'a file' none "$([ -e "$work/backup.db" ] && echo some || echo none)" ;;
  backup)
    have
    (umask 022; does 0 backup --data "$data" --to "$work/backup.db" --json; does 0 restore --data "$work/anew" --from "$work/backup.db"; exit $failed) || failed=1
    expect 'backup and restore' 'files that others may read' '' "$(find "$work/backup.db" "$work/anew" -perm /077)"
    does 1 backup --data "$data" --to "$work/backup.db"
    says 'a second backup' 'backup.db: it exists already; give a new name' "$work/err"
    does 0 restore --data "$data" --from "$work/backup.db" --json
    expect restore 'last' "$count" "$(field last "$line")"
    says restore 'kept what stood there: .*journal.db.before-restore-1' "$work/err"
    printf 'not a journal\n' >"$work/text"
    does 1 restore --data "$data" --from "$work/text"
    does 0 verify --data "$data"
    exec 9>"$data/lock"
    flock 9
    does 1 restore --data "$data" --from "$work/backup.db"
    does 1 adopt --data "$data"
    exec 9>&- ;;
  retain)
    have
    does 0 retain --data "$data" --before 10 --json
    expect 'retain without a snapshot' 'facts' 0 "$(field facts "$line")"
    says 'retain without a snapshot' 'there is no snapshot yet' "$work/err"
    for wrong in "" "--before 5 --keep-days 3" "--before 0" "--before -1" "--keep-days x" "--keep-days 0" "--keep-days -1"; do does 2 retain --data "$data" $wrong; done ;;
  usage)
    does 2
    does 2 frob
    for verb in show verify backup restore adopt retain; do
      does 2 $verb
      does 2 $verb --data "$data" --frob
      does 0 $verb --help
    done ;;
  *) echo "no claim \"$claim\""; exit 2 ;;
esac
finish

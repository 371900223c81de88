# Shared by the scripts of this folder: running the program, and reading the one line of JSON that it ends with. bash, sed and
# awk only: a Debian with nothing but itself has neither jq nor python.
# Sourced after `program` is set. A script ends with `finish`, and fails if any `expect...` did.
[ -x "$program" ] || { echo "$program is not built; ./run test builds it" >&2; exit 2; }
work=$(mktemp -d)
# What a script leaves running is ended with it: it may have failed half-way.
service= world=
cleanup() {
  local pid
  for pid in $service $world; do kill -9 "$pid" 2>/dev/null || true; done
  rm -rf "$work"
}
trap cleanup EXIT
failed=0

# run ARGUMENTS...: the program's exit code in $status, its last line on stdout in $line, all of it in $work/out and $work/err.
run() {
  status=0
  "$program" "$@" >"$work/out" 2>"$work/err" </dev/null || status=$?
  line=$(tail -n 1 "$work/out")
}

# field NAME JSON: a number or a text. object, list: {..} or [..] without another inside. A key of this name must stand once.
field() { sed -n "s/.*\"$1\":\(\"[^\"]*\"\|[^,}]*\).*/\1/p" <<<"$2" | tr -d '"'; }
object() { sed -n "s/.*\"$1\":\({[^}]*}\).*/\1/p" <<<"$2"; }
list() { sed -n "s/.*\"$1\":\(\[[^]]*\]\).*/\1/p" <<<"$2"; }

# wrong WHERE WHAT EXPECTED SEEN
wrong() { echo "$1: $2: expected $3, seen ${4:-nothing}"; failed=1; }
# expect WHERE WHAT EXPECTED SEEN: the same text.
expect() { [ "$3" = "$4" ] || wrong "$@"; }
# holds WHERE WHAT EXPECTED SEEN CONDITION: an awk condition over the number x, which is SEEN.
holds() { [[ $4 =~ ^-?[0-9.]+(e[-+]?[0-9]+)?$ ]] && awk -v x="$4" "BEGIN { exit !($5) }" || wrong "$1" "$2" "$3" "$4"; }
zero() { holds "$1" "$2" 0 "$(field "$2" "$3")" 'x == 0'; }
# says WHERE PATTERN FILE: a line of the file matches.
says() { grep -q -- "$2" "$3" || wrong "$1" "${3##*/}" "a line with \"$2\"" "$(head -c 600 "$3")"; }

ours='trips protected_opens wrong_mac unerased_released stranded hard_limit_amp_seconds soft_over_seconds'

# clean WHERE JSON: every figure of ours is zero, and no rule was broken.
clean() {
  local name rule
  for name in $ours; do zero "$1" "$name" "$2"; done
  for rule in 1 2 3 4 5 6 7 8 9 10 12 13 14; do zero "$1" "R$rule" "$(object violations "$2")"; done
  expect "$1" first_violations '[]' "$(list first_violations "$2")"
}

finish() { exit $failed; }

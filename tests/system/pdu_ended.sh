#!/bin/bash
# How a verb of one PDU ends before its end: by a signal, by a device that dies, by a stdout that takes nothing, by a number
# that is none. What was switched is put back or said, and no exit code says that all is well.
# usage: pdu_ended.sh PROGRAM signals | dies | told | question | stdout | numbers | names | links | words
set -u
program=$1 what=$2
. "$(dirname "$0")/json.sh"
models=()
trap 'kill "${models[@]}" 2>/dev/null; cleanup' EXIT

# until_true SECONDS COMMAND...: it holds within that time, or the claim fails.
until_true() {
  local until=$((SECONDS + $1))
  shift
  until "$@"; do
    [ $SECONDS -lt $until ] || { wrong "$what" "$*" 'in time' "$(tail -n 3 "$work"/*.err)"; finish; }
    read -rt 0.02 <> <(:) || :
  done
}
# model NAME OPTIONS...: at $work/NAME when this returns, its pid in $model, its moves in $work/NAME.out.
model() {
  local name=$1
  shift
  "$program" pdu model --link "$work/$name" --moves "$@" >"$work/$name.out" 2>"$work/$name.err" & model=$!
  models+=($model)
  until_true 10 test -e "$work/$name"
}
# begin VERB NAME DIALECT OPTIONS...: goes on by itself, as $begun; end_of waits for it, as `run` does.
begin() {
  local verb=$1 name=$2 dialect=$3
  shift 3
  "$program" pdu "$verb" --line "pty:$work/$name" --dialect "$dialect" "$@" >"$work/out" 2>"$work/err" </dev/null & begun=$!
}
end_of() { status=0; wait $begun || status=$?; line=$(tail -n 1 "$work/out"); }
listens() {
  local caught
  [ "/proc/$begun/exe" -ef "$program" ] || return 1
  caught=$(sed -n 's/^SigCgt:\t//p' /proc/$begun/status)
  [ $((0x$caught & 2)) != 0 ]
}
said() { grep -q -- "$1" "$2"; }
asked() { local verb=$1 name=$2 dialect=$3; shift 3; run pdu "$verb" --line "pty:$work/$name" --dialect "$dialect" "$@"; }

case $what in
  signals)   # in the middle of a switch and back: the outlet goes back first
    for signal in INT TERM HUP QUIT; do
      model $signal --dialect baytech-rpc28-nc
      begin check $signal baytech-rpc28-nc --outlet 3 --reads 1 --yes-switch-everything --json
      until_true 30 said 'contact 3 closed' "$work/$signal.out"
      kill -$signal $begun
      end_of
      expect $signal 'exit code' 1 "$status"
      expect $signal 'the contact' 'contact 3 open' "$(tail -n 1 "$work/$signal.out")"
      says $signal '"id":3,"left_as_found":true' "$work/out"
      says $signal '{"what":"the test","verdict":"open","words":"was ended before its end"}' "$work/out"
    done
    # who reads its progress may leave, and under nohup the terminal may
    model pipe --dialect baytech-rpc28-nc
    status=0
    "$program" pdu check --line "pty:$work/pipe" --dialect baytech-rpc28-nc --outlet 3 --reads 1 --yes-switch-everything --json \
      </dev/null >"$work/out" 2> >(read -r _) || status=$?
    expect pipe 'exit code' 0 "$status"
    expect pipe 'the contact' 'contact 3 open' "$(tail -n 1 "$work/pipe.out")"
    (trap '' HUP; exec "$program" pdu read --line "pty:$work/pipe" --dialect baytech-rpc28-nc --json >"$work/out" 2>"$work/err") & begun=$!
    until_true 10 listens
    kill -HUP $begun
    end_of
    expect nohup 'exit code' 0 "$status"
    # and before anything was switched there is a sheet of what was seen
    begin check pipe baytech-rpc28-nc --look --reads 100 --json
    until_true 30 said 'reading 200 times' "$work/err"
    kill -INT $begun
    end_of
    expect 'in the readings' 'exit code' 1 "$status"
    says 'in the readings' '{"what":"the test","verdict":"open","words":"was ended before its end"}' "$work/out"
    expect 'in the readings' 'bad verdicts' 0 "$(grep -c '"verdict":"bad"' "$work/out")" ;;
  dies)   # the PDU goes away between two outlets, or in the readings
    model strip --dialect baytech-rpc28-nc
    begin check strip baytech-rpc28-nc --outlet 3 --outlet 4 --reads 1 --yes-switch-everything --json
    until_true 30 said 'outlet 4' "$work/err"
    kill $model
    end_of
    expect 'between two outlets' 'exit code' 1 "$status"
    says 'between two outlets' '{"what":"the test","verdict":"bad","words":"ended where the PDU did not answer any more' "$work/out"
    model other --dialect baytech-rpc28-nc
    begin check other baytech-rpc28-nc --look --reads 100 --json
    until_true 30 said 'reading 200 times' "$work/err"
    kill $model
    end_of
    expect 'in the readings' 'exit code' 1 "$status"
    says 'in the readings' '{"what":"the test","verdict":"bad","words":"ended where the PDU did not answer any more' "$work/out" ;;
  told)   # whoever ends a verb is told what it did
    model strip --dialect baytech-rpc28-nc
    model mute --dialect baytech-rpc28-nc --fault reply_lost=1
    for verb in read identify 'set 3 on' 'watch --count 5'; do
      read -r verb words <<<"$verb"
      begin "$verb" mute baytech-rpc28-nc $words
      until_true 10 listens
      kill -INT $begun
      end_of
      expect "$verb" 'exit code' 1 "$status"
      says "$verb" "^greenroom pdu $verb: pty:$work/mute (baytech-rpc28-nc): ended by a signal before it was done" "$work/err"
      [ "$verb" != set ] || says "$verb" 'before it was done; nothing was switched$' "$work/err"
    done
    begin watch mute baytech-rpc28-nc
    until_true 10 listens
    kill -INT $begun
    end_of
    expect 'an endless watch' 'exit code' 0 "$status"
    begin set strip baytech-rpc28-nc 3 on
    until_true 30 said 'contact 3 closed' "$work/strip.out"
    kill -INT $begun
    end_of
    expect 'after the order' 'exit code' 1 "$status"
    says 'after the order' 'the order was sent, and its state was not read back$' "$work/err"
    # a failure before the byte that commits the order says so as well
    asked set mute baytech-rpc28-nc 3 on
    expect 'no answer' 'exit code' 1 "$status"
    says 'no answer' 'nothing was switched$' "$work/err"
    asked set nowhere baytech-rpc28-nc 3 on
    expect 'no line' 'exit code' 1 "$status"
    says 'no line' 'nothing was switched$' "$work/err" ;;
  question)   # Ctrl-C at what only a person can answer: not tried, and the sheet is there
    model strip --dialect baytech-rpc28-nc
    mkfifo "$work/keys"
    script -qec "'$program' pdu check --line 'pty:$work/strip' --dialect baytech-rpc28-nc --look --reads 1 >'$work/out'" /dev/null \
      <"$work/keys" >"$work/err" & begun=$!
    exec 9>"$work/keys"
    until_true 30 said 'Enter for not tried' "$work/err"
    printf '\003' >&9
    end_of
    exec 9>&-
    expect question 'exit code' 0 "$status"
    says question '^COMMISSIONING SHEET' "$work/out"
    says question '^\[a person\]  power-on policy' "$work/out" ;;
  stdout)   # an answer that nobody gets is none
    model strip --dialect baytech-rpc28-nc
    there=(--line "pty:$work/strip" --dialect baytech-rpc28-nc)
    # unheard VERB WORDS...: on a full disk, and on a stdout that its caller closed
    unheard() {
      status=0
      "$program" pdu "$@" >/dev/full 2>"$work/err" </dev/null || status=$?
      expect "$* >/dev/full" 'exit code' 1 "$status"
      says "$* >/dev/full" 'stdout cannot be written: No space left on device$' "$work/err"
      status=0
      "$program" pdu "$@" >&- 2>"$work/err" </dev/null || status=$?
      expect "$* >&-" 'exit code' 1 "$status"
      says "$* >&-" 'stdout cannot be written: Bad file descriptor$' "$work/err"
    }
    unheard --help
    unheard read --help
    unheard dialects
    unheard dialects --json
    # without /sys there is another answer, which lines.sh has
    [ ! -d /sys/class ] || unheard ports --json
    unheard model --dialect vpcd --for 5
    unheard read "${there[@]}"
    unheard identify "${there[@]}" --json
    unheard set 3 on "${there[@]}"
    unheard watch "${there[@]}"
    unheard check "${there[@]}" --look --reads 1
    # whoever reads a watch may have had enough
    "$program" pdu watch "${there[@]}" --every 0.1 2>"$work/err" </dev/null | read -r _
    expect 'watch | head' 'exit code' 0 "${PIPESTATUS[0]}" ;;
  numbers)   # each is told in a short line
    refused() {
      run pdu "$@"
      expect "$*" 'exit code' 2 "$status"
      holds "$*" 'length of its words' 'at most 120' "$(head -n 1 "$work/err" | awk '{ print length }')" 'x > 0 && x <= 120'
    }
    there=(--line "pty:$work/none" --dialect vpcd)
    refused watch "${there[@]}" --every nan
    refused check "${there[@]}" --look --load nan
    refused check "${there[@]}" --look --volts nan
    refused check "${there[@]}" --look --reads -1
    refused read "${there[@]}" --outlets -1
    for wrong in '--for nan' '--for -1' '--for 1e300' '--for inf' '--load nan' '--seed -1' '--seed 99999999999999999999999' \
      '--outlets -1' '--outlets 65' '--baud -1'; do
      refused model --dialect vpcd $wrong
    done
    for wrong in relay_welded=1e30 relay_welded=0 relay_welded=1.9 relay_welded=17 relay_welded=nan relay_welded= meter_frozen=3 \
      pdu_reboot=inf pdu_reboot=-1 line_unplugged=nan reply_lost=2 reply_lost=nan reply_lst; do
      refused model --dialect vpcd --fault $wrong --for 1
      says "$wrong" "^greenroom pdu model: --fault $wrong: " "$work/err"
    done
    refused model --dialect eastron-sdm120 --fault relay_welded --for 1
    says 'a meter' 'this device has no outlets' "$work/err"
    run pdu model --dialect vpcd --fault relay_welded=16 --fault reply_lost=0.5 --fault meter_frozen --fault pdu_reboot=1 --for 0.1
    expect 'those that there are' 'exit code' 0 "$status" ;;
  names)   # a path is bytes, and JSON is UTF-8
    model strip --dialect baytech-rpc28-nc
    odd=$'str\xffp'
    ln -s "$(readlink "$work/strip")" "$work/$odd"
    for verb in read identify 'set 3 on' 'check --look --reads 1'; do
      read -r verb words <<<"$verb"
      asked "$verb" "$odd" baytech-rpc28-nc --json $words
      expect "$verb" 'exit code' 0 "$status"
      expect "$verb" 'UTF-8' 0 "$(iconv -f UTF-8 -t UTF-8 "$work/out" >/dev/null 2>&1; echo $?)"
    done ;;
  links)   # a model takes no other's link, and at its end removes none but its own
    model strip --dialect baytech-rpc28-nc
    leads=$(readlink "$work/strip")
    run pdu model --dialect vpcd --link "$work/strip" --for 5
    expect 'a second model' 'exit code' 1 "$status"
    says 'a second model' "$work/strip leads to $leads, which somebody has" "$work/err"
    expect 'the link' 'still the first one' "$leads" "$(readlink "$work/strip")"
    ln -sf /dev/null "$work/strip"
    kill $model
    wait $model
    expect 'at its end' 'a link that was turned elsewhere' /dev/null "$(readlink "$work/strip")"
    ln -sf "$work/gone" "$work/strip"
    run pdu model --dialect vpcd --link "$work/strip" --for 0.1
    expect 'over a link that leads nowhere' 'exit code' 0 "$status"
    expect 'at its end' 'its own link' '' "$(readlink "$work/strip")" ;;
  words)   # each fact once, and what to do
    model plugs --dialect vpcd
    asked read plugs wti-nps
    expect 'another device' 'exit code' 1 "$status"
    says 'another device' "^greenroom pdu read: pty:$work/plugs (wti-nps): no prompt .* It seems that another device answers: greenroom pdu identify --line URL says which$" "$work/err"
    model strip --dialect baytech-rpc28-nc
    begin watch strip baytech-rpc28-nc --every 0.1
    until_true 30 said outlet "$work/out"
    kill $model
    until_true 30 said closed "$work/err"
    kill $begun
    end_of
    says 'a model that ended' "^greenroom pdu watch: pty:$work/strip (baytech-rpc28-nc): the program at its far end closed .*; start it again, and a service opens" "$work/err" ;;
  *) echo "no claim \"$what\""; exit 2 ;;
esac
finish

# Checks files against patterns.txt. Usage: awk -f patterns.awk patterns.txt FILE...; prints `file:line: [rule] remedy`.

FNR == 1 { reading_rules = (FILENAME ~ /patterns\.txt$/) }
reading_rules && /^[a-z]/ {
  split($0, part, / ~ /)
  rules++; name[rules] = part[1]; files[rules] = part[2]; pattern[rules] = part[3]; remedy[rules] = part[4]
}
reading_rules { next }
FNR == 1 { for (i = 1; i <= rules; i++) applies[i] = (FILENAME ~ files[i] && !(name[i] == "timer" && FILENAME ~ /^hw\/async\/real_clock/)) }
{
  code = $0
  sub(/^[ \t]*(\/\/|# ).*/, "", code)
  for (i = 1; i <= rules; i++) if (applies[i] && code ~ pattern[i]) print FILENAME ":" FNR ": [" name[i] "] " remedy[i]
}

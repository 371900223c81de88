# Checks texts against words.txt. Usage: awk -f words.awk words.txt FILE...; prints `file:line: [words] the claim`.
# Each line is read alone and joined to the one before, so that a claim that wraps is found too, once.

function plain(line) { line = tolower(line); gsub(/^[ \t]*(\/\/+|#+|\*|>|-)?[ \t]*/, "", line); gsub(/[ \t]+/, " ", line); return line }

FNR == 1 { reading_words = (FILENAME ~ /words\.txt$/); before = "" }
reading_words { if ($0 ~ /^[^#]/) pattern[++count] = $0; next }
{
  now = plain($0)
  both = before " " now
  for (i = 1; i <= count; i++) {
    if (now ~ pattern[i] || (both ~ pattern[i] && before !~ pattern[i])) {
      match(both, pattern[i])
      print FILENAME ":" FNR ": [words] Greenroom keeps its own orders within the limits, the breaker protects; this claims more: " substr(both, RSTART, RLENGTH)
      break
    }
  }
  before = now
}

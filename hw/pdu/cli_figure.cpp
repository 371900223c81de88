#include "hw/pdu/cli_figure.hpp"

#include <limits>

namespace greenroom {

std::optional<std::int64_t> decimal(std::string_view text, std::int64_t scale) {
  constexpr std::int64_t finest = 1'000'000;
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max() / 100'000'000;
  std::int64_t digits = 0;
  std::int64_t parts = 1;
  bool point = false;
  bool any = false;
  for (const char c : text) {
    if (c == '.' && !point) {
      point = true;
      continue;
    }
    if (c < '0' || c > '9' || digits > most || (point && parts >= finest)) return std::nullopt;
    any = true;
    digits = digits * 10 + (c - '0');
    if (point) parts *= 10;
  }
  if (!any) return std::nullopt;
  return (digits * scale + parts / 2) / parts;
}

bool possible(Says says, std::int64_t milli) {
  constexpr std::int64_t amps_or_volts = 1'000'000, watts = 1'000'000'000;
  return milli <= (says == Says::current || says == Says::voltage ? amps_or_volts : watts);
}

}  // namespace greenroom

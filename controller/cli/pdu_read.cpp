// greenroom pdu read | watch
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "controller/cli/options.hpp"
#include "controller/cli/pdu_line.hpp"
#include "controller/cli/pdu_verbs.hpp"

namespace greenroom::cli {
namespace {

Result<void> print(const PduOptions& options, const DialectFacts& known, const PduReading& reading, TimePoint now) {
  return put_out(options.json ? reading_json(options, known, reading, now) : reading_text(known, reading, now));
}

Task<void> watch_pdu(const PduOptions& options, const DialectFacts& known, Pdu& pdu, Clock& clock, Duration every,
                     std::uint64_t count) {
  TimePoint next = clock.now();
  for (std::uint64_t n = 0; count == 0 || n < count; ++n) {
    if (const auto slept = co_await clock.sleep_until(next); !slept) co_return slept;
    next += every;
    const auto reading = co_await pdu.read(Depth::full);
    if (!reading && reading.error().code == Errc::cancelled) co_return fail(reading.error());
    if (reading) {
      if (const auto put = print(options, known, *reading, clock.now()); !put) co_return put;
      continue;
    }
    // A void poll ends nothing: what a watch is for is to see them.
    std::fprintf(stderr, "greenroom pdu watch: %s\n", told(options, known, reading.error()).c_str());
  }
  co_return Result<void>{};
}

// Without a count it goes on until it is told to end, or nobody reads it any more: that is no failure.
Task<void> watch_until_told(const PduOptions& options, const DialectFacts& known, Pdu& pdu, Clock& clock, Duration every,
                            std::uint64_t count) {
  auto ended = co_await watch_pdu(options, known, pdu, clock, every, count);
  if (!ended && ended.error().code == Errc::cancelled && count == 0) co_return Result<void>{};
  co_return ended;
}

}  // namespace

int pdu_read(const std::vector<std::string>& arguments) {
  PduOptions options;
  CLI::App app{"Every outlet and bank of a PDU, once.", "greenroom pdu read"};
  add_pdu_options(app, options);
  if (const auto code = parsed(app, arguments)) return *code;
  return with_pdu(options, "greenroom pdu read",
                  [&options](Pdu& pdu, const DialectFacts& known, Clock& clock) -> Task<void> {
                    const auto reading = co_await pdu.read(Depth::full);
                    if (!reading) co_return fail(reading.error());
                    co_return print(options, known, *reading, clock.now());
                  });
}

int pdu_watch(const std::vector<std::string>& arguments) {
  PduOptions options;
  double every = 5;
  std::uint64_t count = 0;
  CLI::App app{"Reads a PDU again and again, until it is told to end.", "greenroom pdu watch"};
  add_pdu_options(app, options);
  app.add_option("--every", every, "seconds between readings")->check(finite_number(0.1, 3600.0))->capture_default_str();
  app.add_option("--count", count, "ends after so many readings")->check(whole_number(1));
  if (const auto code = parsed(app, arguments)) return *code;
  return with_pdu(options, "greenroom pdu watch",
                  [&options, every, count](Pdu& pdu, const DialectFacts& known, Clock& clock) {
                    return watch_until_told(options, known, pdu, clock, seconds_of(every), count);
                  });
}

}  // namespace greenroom::cli

// greenroom pdu read | watch
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "controller/cli/options.hpp"
#include "controller/cli/pdu_line.hpp"
#include "controller/cli/pdu_verbs.hpp"

namespace greenroom::cli {
namespace {

void print(const PduOptions& options, const DialectFacts& known, const PduReading& reading, TimePoint now) {
  const std::string text =
      options.json ? reading_json(options, known, reading, now) + "\n" : reading_text(known, reading, now);
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

Task<void> watch_pdu(const PduOptions& options, const DialectFacts& known, Pdu& pdu, Clock& clock, Duration every,
                     std::uint64_t count) {
  TimePoint next = clock.now();
  for (std::uint64_t n = 0; count == 0 || n < count; ++n) {
    if (const auto slept = co_await clock.sleep_until(next); !slept) co_return slept;
    next += every;
    const auto reading = co_await pdu.read(Depth::full);
    if (!reading && reading.error().code == Errc::cancelled) co_return fail(reading.error());
    if (reading) print(options, known, *reading, clock.now());
    // A void poll ends nothing: what a watch is for is to see them.
    else std::fprintf(stderr, "greenroom pdu watch: %s: %s\n", options.line.c_str(), reading.error().message.c_str());
  }
  co_return Result<void>{};
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
                    print(options, known, *reading, clock.now());
                    co_return Result<void>{};
                  });
}

int pdu_watch(const std::vector<std::string>& arguments) {
  PduOptions options;
  double every = 5;
  std::uint64_t count = 0;
  CLI::App app{"Reads a PDU again and again, until it is told to end.", "greenroom pdu watch"};
  add_pdu_options(app, options);
  app.add_option("--every", every, "seconds between readings")->check(CLI::Range(0.1, 3600.0))->capture_default_str();
  app.add_option("--count", count, "ends after so many readings")->check(whole_number(1));
  if (const auto code = parsed(app, arguments)) return *code;
  return with_pdu(options, "greenroom pdu watch",
                  [&options, every, count](Pdu& pdu, const DialectFacts& known, Clock& clock) {
                    return watch_pdu(options, known, pdu, clock, seconds_of(every), count);
                  });
}

}  // namespace greenroom::cli

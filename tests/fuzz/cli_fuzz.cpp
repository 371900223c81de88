// What a line may bring, read by any shipped CLI dialect: the first bytes draw the dialect, the exchange and how the rest is
// cut into pieces. A reply that is taken is whole, and its end is the prompt.
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "config/dialects.hpp"
#include "hw/pdu/cli_text.hpp"
#include "hw/pdu/dialect.hpp"

namespace {

using namespace greenroom;

const std::vector<CliDialect>& all_dialects() {
  static const std::vector<CliDialect> all = [] {
    std::vector<CliDialect> found;
    for (const std::string& id : known_dialects()) {
      PduConfig config;
      config.dialect = id;
      const auto source = dialect_text(config);
      if (!source) abort();
      auto dialect = parse_dialect(source->text, source->file);
      if (!dialect) abort();
      if (auto* cli = std::get_if<CliDialect>(&*dialect)) found.push_back(std::move(*cli));
    }
    return found;
  }();
  return all;
}

const Exchange& drawn(const CliDialect& d, std::uint8_t which) {
  switch (which % 6) {
    case 0: return d.on;
    case 1: return d.off;
    case 2: return d.meters ? *d.meters : d.supervise;
    case 4: return d.identify ? *d.identify : d.supervise;
    case 5: return d.power_policy ? *d.power_policy : d.supervise;
    default: return d.supervise;
  }
}

// No rack carries more, and no meter says less than nothing.
template <class Reading>
void check_figures(const Reading& r) {
  const auto within = [](const auto& figure, std::int64_t most) {
    if (figure && (figure->milli < 0 || figure->milli > most)) abort();
  };
  within(r.current, 1'000'000);
  within(r.voltage, 1'000'000);
  within(r.power, 1'000'000'000);
  within(r.apparent, 1'000'000'000);
}

void check(const CliDialect& d, const Exchange& x, ReplyParser& parser) {
  const bool prompt = parser.end() == ReplyParser::End::prompt;
  const bool complete = prompt && parser.complete();
  const auto reply = parser.take();
  if (!complete || !reply) return;
  const bool switches = &x == &d.on || &x == &d.off;
  for (const OutletReading& o : reply->outlets) check_figures(o);
  for (const BankReading& b : reply->banks) check_figures(b);
  if (!switches && (x.states || x.outlet_meters) && reply->outlets.size() != d.outlets()) abort();
  if (switches || !x.states) return;
  for (std::size_t i = 0; i < reply->outlets.size(); ++i) {
    if (reply->outlets[i].number != d.first + i || reply->outlets[i].state == OutletState::unknown) abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 4) return 0;
  const CliDialect& d = all_dialects()[data[0] % all_dialects().size()];
  const Exchange& x = drawn(d, data[1]);
  const bool switches = &x == &d.on || &x == &d.off;
  ReplyParser parser(d);
  parser.begin(
      x, switches ? std::optional<OutletNumber>(static_cast<OutletNumber>(d.first + data[2] % d.outlets())) : std::nullopt);
  parser.sent(x.send, d.echo);
  const std::size_t piece = 1 + data[3];
  std::string_view rest(reinterpret_cast<const char*>(data + 4), size - 4);
  // What an honest device would have sent first, so that the interesting part is reached.
  if (d.echo == Echo::always && data[3] % 2 == 0) parser.feed(x.send + "\r\n");
  while (!rest.empty()) {
    parser.feed(rest.substr(0, piece));
    if (parser.end() == ReplyParser::End::question) {
      (void)parser.may_confirm();
      parser.answered();
    }
    rest.remove_prefix(std::min(piece, rest.size()));
  }
  check(d, x, parser);
  return 0;
}

#include "hw/pdu/dialect.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "hw/pdu/dialect_reader.hpp"

namespace greenroom {
namespace {

enum class Kind { cli, modbus };

void read_outlets(const Table& t, DialectFacts& d) {
  d.first = static_cast<OutletNumber>(t.integer("first", {0, 999}));
  d.names.clear();
  for (const auto& name : t.texts("names")) d.names.push_back(name.value);
  const auto last = t.integer("last", {0, 999});
  if (last < d.first) {
    t.complain("last", fmt::format("last ({}) is before first ({})", last, d.first));
    return;
  }
  d.count = static_cast<std::uint16_t>(last - d.first + 1);
  d.most = static_cast<std::uint16_t>(t.integer("most", {1, 999}, d.count));
  if (d.most < d.count) t.complain("most", fmt::format("most ({}) is fewer than first to last ({})", d.most, d.count));
  if (!d.names.empty() && d.names.size() != d.most)
    t.complain("names", fmt::format("{} names for {} outlets", d.names.size(), d.most));
}

void read_bank(const Table& t, DialectFacts& d) {
  Bank b{t.text("id"), 0, 0};
  if (d.count > 0) {
    b.first = static_cast<OutletNumber>(t.integer("first", {0, 999}));
    b.last = static_cast<OutletNumber>(t.integer("last", {0, 999}));
    if (b.last < b.first) t.complain("last", fmt::format("last ({}) is before first ({})", b.last, b.first));
    if (b.first < d.first || b.last > d.last()) {
      t.complain(fmt::format("bank {}: outlets {} to {} are not all outlets {} to {} of the device", b.id, b.first, b.last,
                             d.first, d.last()));
    }
  }
  for (const Bank& other : d.banks) {
    if (other.id == b.id) t.complain("id", fmt::format("bank {} stands twice", b.id));
    else if (d.count > 0 && b.first <= other.last && other.first <= b.last)
      t.complain(fmt::format("bank {} and bank {} share outlets", other.id, b.id));
  }
  d.banks.push_back(std::move(b));
}

void read_line(const Table& t, LineSettings& line) {
  line.baud = static_cast<std::uint32_t>(t.integer("baud", {50, 4'000'000}));
  line.bits = static_cast<std::uint8_t>(t.integer("bits", {7, 8}, 8));
  line.parity =
      t.choice<Parity>("parity", {{"none", Parity::none}, {"even", Parity::even}, {"odd", Parity::odd}}, Parity::none);
  line.stop = static_cast<std::uint8_t>(t.integer("stop", {1, 2}, 1));
}

LoadedDialect load(Document doc) {
  const Table root = doc.root();
  Kind kind{};
  if (const auto about = root.table("dialect"))
    kind = about->choice<Kind>("kind", {{"cli", Kind::cli}, {"modbus-rtu", Kind::modbus}});
  Dialect d;
  if (kind == Kind::modbus) d = read_modbus_dialect(doc);
  else d = read_cli_dialect(doc);
  std::vector<Complaint> wrong = doc.complaints();
  std::erase_if(wrong, [](const Complaint& c) { return c.warning; });
  if (!wrong.empty()) return tl::unexpected(std::move(wrong));
  return d;
}

}  // namespace

std::optional<Table> dialect_section(const Table& in, std::string_view key) {
  auto t = in.table(key);
  if (!t) in.complain(fmt::format("[{}] is missing", key));
  return t;
}

void read_facts(const Table& root, DialectFacts& d) {
  if (const auto t = dialect_section(root, "dialect")) {
    d.id = t->text("id");
    d.name = t->text("name");
    for (const auto& sentence : t->texts("left_out")) d.left_out.push_back(sentence.value);
  }
  if (const auto t = root.table("outlets")) read_outlets(*t, d);
  for (const Table& t : root.tables("bank")) read_bank(t, d);
  if (const auto t = dialect_section(root, "line")) read_line(*t, d.line);
  const bool switches = d.count > 0;
  if (const auto t = switches ? dialect_section(root, "switching") : std::nullopt) {
    d.relay = t->duration("relay_ms", {0, 60'000});
    d.longest_queue = t->duration("longest_queue_ms", {0, 600'000});
  }
  if (const auto t = root.table("meter")) {
    d.meter_lag = t->duration("lag_ms", {0, 600'000});
    d.meter_floor = t->amps("floor_A", {0, 10});
    d.meter_error_per_mille = t->integer("error_per_mille", {0, 500});
  }
  if (const auto t = switches ? dialect_section(root, "boot") : std::nullopt) {
    d.boot = t->choice<BootPolicy>("policy", {{"off", BootPolicy::off},
                                              {"previous", BootPolicy::previous},
                                              {"on", BootPolicy::on},
                                              {"unknown", BootPolicy::unknown}});
  }
}

void read_evidence(Document& doc, const Table& root, const std::vector<std::string>& needed, DialectFacts& d) {
  std::vector<std::string> open = needed;
  for (const Table& t : root.tables("evidence")) {
    DialectEvidence e;
    for (const auto& fact : t.texts("facts")) {
      e.facts.push_back(fact.value);
      if (std::find(needed.begin(), needed.end(), fact.value) == needed.end()) {
        doc.complain(fact.place, fmt::format("{} is no fact of this dialect; facts are {}", quoted(fact.value),
                                             fmt::join(needed, ", ")));
      }
      std::erase(open, fact.value);
    }
    e.trust = t.choice<Trust>(
        "trust",
        {{"peer", Trust::peer}, {"capture", Trust::capture}, {"manual", Trust::manual}, {"unverified", Trust::unverified}});
    e.source = t.text("source");
    d.evidence.push_back(std::move(e));
  }
  if (!open.empty()) {
    root.complain(fmt::format("no [[evidence]] for {}; who says so? \"unverified\" is an answer", fmt::join(open, ", ")));
  }
}

LoadedDialect load_dialect(const std::string& path) { return load(Document::from_file(path)); }

LoadedDialect parse_dialect(std::string_view text, const std::string& file) { return load(Document::from_text(text, file)); }

}  // namespace greenroom

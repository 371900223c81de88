#include "hw/pdu/dialect.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "hw/pdu/dialect_reader.hpp"

namespace greenroom {
namespace {

enum class Kind { cli, modbus };

// Nothing where no number of an outlet stands, which is told then.
std::optional<OutletNumber> outlet_number(const Table& t, std::string_view key) {
  constexpr Range kNumbers{0, 999};
  if (!t.has(key)) {
    t.integer(key);
    return {};
  }
  const std::int64_t n = t.integer(key, kNumbers, -1);
  return n < 0 ? std::nullopt : std::optional(static_cast<OutletNumber>(n));
}

std::string wrong_name(const DialectFacts& d, std::size_t at, const std::string& name) {
  if (name.empty()) return fmt::format("outlet {} has an empty name", d.first + at);
  if (has_control(name)) return fmt::format("{} holds a control character", quoted(name));
  if (name.find_first_of("{}") != name.npos) return fmt::format("{}: a name holds no brace", quoted(name));
  const auto same = std::find(d.names.begin(), d.names.end(), name);
  if (same != d.names.end())
    return fmt::format("{} is the name of outlet {} already", quoted(name), d.first + (same - d.names.begin()));
  for (std::size_t other = 0; other < d.most; ++other) {
    if (other != at && name == std::to_string(d.first + other))
      return fmt::format("{} is the number of another outlet than {}", quoted(name), d.first + at);
  }
  return {};
}

// A slip leaves count 0, and nothing is measured against it.
void read_outlets(const Document& doc, const Table& t, DialectFacts& d) {
  const auto first = outlet_number(t, "first");
  const auto last = outlet_number(t, "last");
  const auto names = t.texts("names");
  const auto most = t.integer("most", {1, 999}, 0);
  if (!first || !last) return;
  d.first = *first;
  if (*last < *first) return t.complain("last", fmt::format("last ({}) is before first ({})", *last, *first));
  d.count = static_cast<std::uint16_t>(*last - *first + 1);
  d.most = most == 0 ? d.count : static_cast<std::uint16_t>(most);
  if (d.most < d.count) t.complain("most", fmt::format("most ({}) is fewer than first to last ({})", d.most, d.count));
  d.names.clear();
  for (const auto& name : names) {
    if (const std::string wrong = wrong_name(d, d.names.size(), name.value); !wrong.empty()) doc.complain(name.place, wrong);
    d.names.push_back(name.value);
  }
  if (!d.names.empty() && d.names.size() != d.most)
    t.complain("names", fmt::format("{} names for {} outlets", d.names.size(), d.most));
}

void read_bank(const Table& t, bool of_outlets, DialectFacts& d) {
  Bank b{shown(t, "id"), 0, 0};
  const auto first = of_outlets ? outlet_number(t, "first") : std::nullopt;
  const auto last = of_outlets ? outlet_number(t, "last") : std::nullopt;
  const bool placed = first && last && d.count > 0;
  if (placed) {
    b.first = *first;
    b.last = *last;
    if (b.last < b.first) t.complain("last", fmt::format("last ({}) is before first ({})", b.last, b.first));
    if (b.first < d.first || b.last > d.last()) {
      t.complain(fmt::format("bank {}: outlets {} to {} are not all outlets {} to {} of the device", b.id, b.first, b.last,
                             d.first, d.last()));
    }
  }
  for (const Bank& other : d.banks) {
    if (other.id == b.id) t.complain("id", fmt::format("bank {} stands twice", b.id));
    else if (placed && b.first <= other.last && other.first <= b.last)
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
  if (in.has(key)) return in.table(key);  // which tells what is no table
  const std::string& label = in.label();  // "[exchange]"
  in.complain(label.empty() ? fmt::format("[{}] is missing", key)
                            : fmt::format("{}.{}] is missing", std::string_view(label).substr(0, label.size() - 1), key));
  return {};
}

// Below a space, DEL, and in UTF-8 the second row of them, U+0080 to U+009F.
bool has_control(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x20 || c == 0x7f) return true;
    if (c == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0) return true;
  }
  return false;
}

std::string shown(const Table& t, std::string_view key, std::optional<std::string> fallback) {
  std::string text = t.text(key, std::move(fallback));
  if (!has_control(text)) return text;
  t.complain(key, fmt::format("{} holds a control character", quoted(text)));
  return quoted(text);  // for the other complaints
}

void read_facts(Document& doc, const Table& root, bool switches, DialectFacts& d) {
  if (const auto t = dialect_section(root, "dialect")) {
    d.id = shown(*t, "id");
    d.name = shown(*t, "name");
    for (const auto& sentence : t->texts("left_out")) {
      if (has_control(sentence.value))
        doc.complain(sentence.place, fmt::format("{} holds a control character", quoted(sentence.value)));
      d.left_out.push_back(sentence.value);
    }
  }
  if (const auto t = root.table("outlets")) read_outlets(doc, *t, d);
  for (const Table& t : root.tables("bank")) read_bank(t, switches, d);
  if (const auto t = dialect_section(root, "line")) read_line(*t, d.line);
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
    e.source = shown(t, "source");
    d.evidence.push_back(std::move(e));
  }
  if (!open.empty()) {
    root.complain(fmt::format("no [[evidence]] for {}; who says so? \"unverified\" is an answer", fmt::join(open, ", ")));
  }
}

LoadedDialect load_dialect(const std::string& path) { return load(Document::from_file(path)); }

LoadedDialect parse_dialect(std::string_view text, const std::string& file) { return load(Document::from_text(text, file)); }

}  // namespace greenroom

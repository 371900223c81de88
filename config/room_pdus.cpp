#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "config/dialects.hpp"
#include "config/room_draft.hpp"
#include "hw/serial/line_url.hpp"

namespace greenroom::draft {
namespace {

const Choices<PowerOnPolicy> kPowerOn{{"all_off", PowerOnPolicy::all_off},
                                      {"sequenced", PowerOnPolicy::sequenced},
                                      {"last_state", PowerOnPolicy::last_state},
                                      {"unknown", PowerOnPolicy::unknown}};

constexpr Range kOutlets{1, 96};

// "1-10" or "7"; nothing when malformed.
std::optional<std::pair<int, int>> outlet_range(const std::string& text) {
  const std::size_t dash = text.find('-');
  const std::string low = text.substr(0, dash);
  const std::string high = dash == std::string::npos ? low : text.substr(dash + 1);
  int a = 0;
  int b = 0;
  const auto ra = std::from_chars(low.data(), low.data() + low.size(), a);
  const auto rb = std::from_chars(high.data(), high.data() + high.size(), b);
  const bool whole = ra.ec == std::errc{} && ra.ptr == low.data() + low.size() && rb.ec == std::errc{} &&
                     rb.ptr == high.data() + high.size();
  if (!whole || a < 0 || b < a) return {};
  return std::pair{a, b};
}

std::optional<CircuitId> plug_of(RoomDraft& d, const Table& t, const std::string& pdu,
                                 const std::vector<std::string>& pdu_names) {
  const std::string name = t.text("circuit");
  if (const auto at = d.circuit_named.find(name); at != d.circuit_named.end()) return at->second;
  const std::string head = name.substr(0, name.find_first_of(":/"));
  if (std::count(pdu_names.begin(), pdu_names.end(), head) > 0) {
    t.complain("circuit",
               fmt::format("pdu {} is plugged into pdu {}: PDUs are not chained; plug it into a circuit of its own",
                           quoted(pdu), quoted(head)));
  } else if (!name.empty()) {
    std::vector<std::string> known;
    for (const auto& [n, id] : d.circuit_named) known.push_back(n);
    const auto guess = nearest(name, known);
    t.complain("circuit", fmt::format("there is no circuit {}{}", quoted(name),
                                      guess ? fmt::format("; did you mean {}?", quoted(*guess)) : ""));
  }
  return {};
}

CircuitId add_circuit(RoomDraft& d, Circuit c, const Table& t) {
  d.room.circuits.push_back(std::move(c));
  d.circuits.push_back(t);
  return CircuitId{static_cast<std::uint32_t>(d.room.circuits.size() - 1)};
}

// PDU inputs and banks: the listed amps are both limits, no further 0.8 (rules.md R2).
Circuit listed(std::string name, CircuitKind kind, CircuitId parent, Amps amps, const Circuit& above) {
  Circuit c;
  c.name = std::move(name);
  c.kind = kind;
  c.parent = parent;
  c.hard = c.continuous = amps;
  c.nominal = above.nominal;
  c.phase = above.phase;
  return c;
}

// The circuit of each outlet, in the device's order; banks claim theirs, the input has the rest.
std::vector<CircuitId> read_banks(RoomDraft& d, const Table& t, const PduConfig& pdu, PduId id, CircuitId input, int first,
                                  int outlets) {
  std::vector<CircuitId> of(static_cast<std::size_t>(outlets), input);
  std::vector<std::string> names;
  for (const Table& b : t.tables("bank")) {
    const std::string name = b.text("name");
    if (std::count(names.begin(), names.end(), name) > 0)
      b.complain("name", fmt::format("bank {} stands in pdu {} twice", quoted(name), quoted(pdu.name)));
    names.push_back(name);
    const Circuit above = d.room.circuits[input.value];
    Circuit c = listed(pdu.name + "/" + name, CircuitKind::bank, input, b.amps("rating_A", {0.5, 100}, above.hard), above);
    if (b.flag("metered", true)) {
      c.meter_pdu = id;
      c.meter_bank = name;
    }
    const CircuitId bank = add_circuit(d, std::move(c), b);
    const std::string text = b.text("outlets");
    const auto range = outlet_range(text);
    if (!range) {
      if (!text.empty())
        b.complain("outlets", fmt::format("\"outlets\" of a bank is a range as \"1-10\", not {}", quoted(text)));
      continue;
    }
    if (range->first < first || range->second >= first + outlets) {
      const bool end = range->second >= first + outlets;
      b.complain("outlets", fmt::format("pdu {} has {} outlets{}; bank {} {} at {}", quoted(pdu.name), outlets,
                                        first == 1 && end ? "" : fmt::format(", from {}", first), quoted(name),
                                        end ? "ends" : "begins", end ? range->second : range->first));
      continue;
    }
    for (int n = range->first; n <= range->second; ++n) {
      CircuitId& slot = of[static_cast<std::size_t>(n - first)];
      if (slot != input) b.complain("outlets", fmt::format("outlet {} of pdu {} is in two banks", n, quoted(pdu.name)));
      slot = bank;
    }
  }
  return of;
}

// Which outlets such a device has, by its dialect file; a meter has none. What is asked of a board on Modbus is fixed.
struct Sold {
  int first{1}, count{}, least{}, most{};
};

// Nothing of a text that is no TOML: check_wires tells its mistakes.
std::optional<Sold> as_sold(const std::string& dialect, std::string_view text) {
  const Document doc = Document::from_text(text, dialect);
  if (doc.root().keys().empty()) return std::nullopt;
  const auto t = doc.root().table("outlets");
  if (!t) return Sold{};
  const auto first = static_cast<int>(t->integer("first", {}, 1));
  const int count = std::max(0, static_cast<int>(t->integer("last", {}, 0)) - first + 1);
  const auto about = doc.root().table("dialect");
  const bool fixed = about && about->text("kind", "") == "modbus-rtu";
  return Sold{first, count, fixed ? count : 1, fixed ? count : static_cast<int>(t->integer("most", {}, count))};
}

// The name stays; a path is made to count from the room file's folder. Nothing when there is no such dialect.
std::optional<Sold> read_dialect(const RoomDraft& d, const Table& t, PduConfig& p) {
  const std::string given = t.text("dialect");
  p.dialect = dialect_path(given, d.doc.file());
  if (given.empty()) return {};
  const auto source = dialect_text(p);
  if (source) return as_sold(given, source->text);
  if (given.find('/') != std::string::npos) {
    t.complain("dialect", source.error().message);
    return {};
  }
  const std::vector<std::string> known = known_dialects();
  const auto guess = nearest(given, known);
  t.complain("dialect", fmt::format("there is no dialect {}; known are {}{}", quoted(given), fmt::join(known, ", "),
                                    guess ? fmt::format("; did you mean {}?", quoted(*guess)) : ""));
  return {};
}

// How many outlets this unit has: what the room file says, else what its dialect says. None when either is wrong, and told.
int read_count(const Table& t, const std::optional<Sold>& sold) {
  if (!t.has("outlets")) return sold ? sold->count : 0;
  const int given = static_cast<int>(t.integer("outlets", kOutlets));
  if (!sold || given == 0 || (sold->least <= given && given <= sold->most)) return given;
  const std::string dialect = t.text("dialect");
  const std::string has = sold->least == sold->most ? std::to_string(sold->count) : fmt::format("at most {}", sold->most);
  t.complain("outlets",
             sold->most == 0
                 ? fmt::format("a {} is a meter and has no outlets: leave \"outlets\" out", dialect)
                 : fmt::format("\"outlets\" is {}, and a {} has {}: say how many this unit has, or leave it out for {}",
                               given, dialect, has, sold->count));
  return given;
}

// Nothing is made of a pdu that hangs nowhere; its other keys are right all the same.
void know_the_rest(const Table& t) {
  static_cast<void>(t.has("input_A"));
  for (const Table& b : t.tables("bank")) {
    for (const char* key : {"name", "rating_A", "metered", "outlets"}) static_cast<void>(b.has(key));
  }
}

void read_pdu(RoomDraft& d, const Table& t, const std::vector<std::string>& pdu_names) {
  const PduId id{static_cast<std::uint32_t>(d.room.pdus.size())};
  PduConfig p;
  p.name = t.text("name");
  if (p.name.find_first_of(":/") != std::string::npos)
    t.complain("name", "the name of a pdu holds no \":\" and no \"/\": they part it from its outlets and banks");
  const bool twice =
      std::any_of(d.room.pdus.begin(), d.room.pdus.end(), [&](const PduConfig& e) { return e.name == p.name; });
  if (twice) t.complain("name", fmt::format("pdu {} stands in this file twice", quoted(p.name)));
  const std::optional<Sold> sold = read_dialect(d, t, p);
  p.line = t.text("line");
  const auto line = parse_line_url(p.line);
  if (!line && !p.line.empty()) t.complain("line", line.error().message);
  p.power_on = t.choice<PowerOnPolicy>("power_on", kPowerOn, PowerOnPolicy::unknown);
  p.supervise = t.duration("supervise_s", {0.5, 60}, p.supervise);
  p.full_poll = t.duration("full_poll_s", {0.5, 300}, p.full_poll);
  if (p.full_poll < p.supervise)
    t.complain("full_poll_s", "full_poll_s is shorter than supervise_s; a full poll holds all that a short one does");
  const std::optional<CircuitId> plug = plug_of(d, t, p.name, pdu_names);
  const int outlets = read_count(t, sold);
  const int first = sold ? sold->first : 1;
  const bool metered_input = t.has("input_meter");
  const std::string input_meter = metered_input ? t.text("input_meter") : "";
  // Without a known plug read on under the first circuit, so that the rest of the file is checked too.
  if (!plug && d.room.circuits.empty()) return know_the_rest(t);
  p.circuit = plug.value_or(CircuitId{0});
  const Circuit above = d.room.circuits[p.circuit.value];
  Circuit in = listed(p.name, CircuitKind::pdu_input, p.circuit, t.amps("input_A", {0.5, 200}, above.hard), above);
  if (metered_input) {
    in.meter_pdu = id;
    in.meter_bank = input_meter;
  }
  const CircuitId input = add_circuit(d, std::move(in), t);
  const std::vector<CircuitId> of = read_banks(d, t, p, id, input, first, outlets);
  for (int n = first; n < first + outlets; ++n) {
    Outlet o;
    o.name = fmt::format("{}:{}", p.name, n);
    o.pdu = id;
    o.number = static_cast<std::uint16_t>(n);
    o.circuit = of[static_cast<std::size_t>(n - first)];
    d.outlet_named.emplace(o.name, OutletId{static_cast<std::uint32_t>(d.room.outlets.size())});
    d.room.outlets.push_back(std::move(o));
  }
  d.room.pdus.push_back(std::move(p));
  d.pdus.push_back(t);
}

// [[circuit]] meter = { pdu, bank }: a meter upstream of everything on that circuit.
void read_meters(RoomDraft& d) {
  for (std::size_t i = 0; i < d.room.circuits.size(); ++i) {
    Circuit& c = d.room.circuits[i];
    if (c.kind != CircuitKind::panel && c.kind != CircuitKind::breaker) continue;
    const auto meter = d.circuits[i].table("meter");
    if (!meter) continue;
    const std::string name = meter->text("pdu");
    c.meter_bank = meter->text("bank");
    for (std::size_t p = 0; p < d.room.pdus.size(); ++p) {
      if (d.room.pdus[p].name == name) c.meter_pdu = PduId{static_cast<std::uint32_t>(p)};
    }
    if (!c.meter_pdu && !name.empty()) meter->complain("pdu", fmt::format("there is no pdu {}", quoted(name)));
    const CircuitId self{static_cast<std::uint32_t>(i)};
    if (c.meter_pdu && below(d.room, d.room.pdus[c.meter_pdu->value].circuit, self)) {
      meter->complain("pdu", fmt::format("pdu {} hangs on circuit {} and cannot see what else does: it is no meter of it",
                                         quoted(name), quoted(c.name)));
    }
  }
}

}  // namespace

void read_pdus(RoomDraft& d) {
  const std::vector<Table> tables = d.doc.root().tables("pdu");
  std::vector<std::string> names;
  for (const Table& t : tables) names.push_back(t.text("name", ""));
  for (const Table& t : tables) read_pdu(d, t, names);
  read_meters(d);
}

}  // namespace greenroom::draft

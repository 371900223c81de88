#include <fmt/format.h>

#include <algorithm>

#include "config/room_draft.hpp"

namespace greenroom::draft {
namespace {

enum class Standard { nec, iec };

struct Row {
  Circuit circuit;
  std::string parent;
  Table table;
  bool placed{};
};

const Choices<CircuitKind> kKinds{
    {"panel", CircuitKind::panel}, {"breaker", CircuitKind::breaker}, {"neutral", CircuitKind::neutral}};
const Choices<Standard> kStandards{{"NEC", Standard::nec}, {"IEC", Standard::iec}};
const Choices<std::string> kPhases{{"L1", "L1"},
                                   {"L2", "L2"},
                                   {"L3", "L3"},
                                   {"L1-L2", "L1-L2"},
                                   {"L2-L3", "L2-L3"},
                                   {"L3-L1", "L3-L1"},
                                   {"L1-L2-L3", "L1-L2-L3"}};

// Continuous limits: NEC 210.20(A) and 215.3 allow 80 % of a breaker that is not listed for 100 %; IEC 60898-1 lets a
// breaker carry its rating, less what a warm board takes off.
Amps continuous_of(const Table& t, const Circuit& c, Standard standard) {
  const double derate = t.number("ambient_derate", {0.5, 1}, 1.0);
  if (standard == Standard::nec && t.has("ambient_derate")) {
    t.complain("ambient_derate", "\"ambient_derate\" belongs to standard = \"IEC\"; under NEC give \"continuous_A\" itself");
  }
  const Amps by_standard =
      standard == Standard::nec ? Amps::from_milli(c.hard.milli * 8 / 10) : Amps::of(c.hard.value() * derate);
  const Amps given = t.amps("continuous_A", {0.1, 6300}, by_standard);
  if (given > c.hard) {
    t.complain("continuous_A", fmt::format("continuous_A is {} A, above the rating of {} A", given.value(), c.hard.value()));
  }
  return given;
}

Row read_circuit(const Table& t) {
  for (const char* wrong : {"amp_limit", "amps", "limit_A", "breaker_A", "max_A"}) t.hint(wrong, "rating_A");
  for (const char* wrong : {"volts", "voltage"}) t.hint(wrong, "voltage_V");
  Circuit c;
  c.name = t.text("name");
  c.kind = t.choice<CircuitKind>("kind", kKinds);
  c.hard = t.amps("rating_A", {0.5, 6300});
  c.continuous = continuous_of(t, c, t.choice<Standard>("standard", kStandards, Standard::nec));
  if (t.has("voltage_V")) c.nominal = t.volts("voltage_V", {90, 480});
  c.phase = t.choice<std::string>("phase", kPhases, std::string{});
  c.dedicated = t.flag("dedicated", false);
  c.foreign_reserve = t.amps("foreign_reserve_A", {0, 6300}, Amps{});
  if (c.foreign_reserve > Amps{} && c.foreign_reserve >= c.hard && c.hard > Amps{}) {
    t.complain("foreign_reserve_A", fmt::format("foreign_reserve_A is {} A and leaves nothing of the rating of {} A",
                                                c.foreign_reserve.value(), c.hard.value()));
  }
  if (c.kind != CircuitKind::neutral && t.has("phases")) t.complain("phases", "\"phases\" belongs to kind = \"neutral\"");
  if (c.kind == CircuitKind::neutral && t.has("parent"))
    t.complain("parent", "a neutral has no parent: name its three circuits with \"phases\"");
  const bool hangs = c.kind != CircuitKind::neutral && t.has("parent");
  Row row{std::move(c), hangs ? t.text("parent") : "", t, false};
  return row;
}

// Follows parents from `start`; the names of the loop if one is closed at it.
std::vector<std::string> loop_at(const std::vector<Row>& rows, const Row& start) {
  std::vector<std::string> path{start.circuit.name};
  const Row* at = &start;
  while (path.size() <= rows.size()) {
    const auto up = std::find_if(rows.begin(), rows.end(), [&](const Row& r) { return r.circuit.name == at->parent; });
    if (up == rows.end()) return {};
    path.push_back(up->circuit.name);
    if (up->circuit.name == start.circuit.name) return path;
    at = &*up;
  }
  return {};
}

void place(RoomDraft& d, Row& row) {
  Circuit& c = row.circuit;
  const bool has_parent = !row.parent.empty();
  if (has_parent) {
    c.parent = d.circuit_named.at(row.parent);
    const Circuit& above = d.room.circuits[c.parent->value];
    if (c.nominal == Volts{}) c.nominal = above.nominal;
  }
  if (c.nominal == Volts{} && !row.table.has("voltage_V")) {
    row.table.complain(fmt::format("circuit {} lacks the key \"voltage_V\", and no circuit above gives it", quoted(c.name)));
  }
  d.circuit_named.emplace(c.name, CircuitId{static_cast<std::uint32_t>(d.room.circuits.size())});
  d.room.circuits.push_back(c);
  d.circuits.push_back(row.table);
  row.placed = true;
}

// After its phases, and under no name that a PDU or a circuit could hang on.
void place_neutral(RoomDraft& d, Row& row) {
  Circuit& c = row.circuit;
  for (const auto& phase : row.table.texts("phases")) {
    const auto at = d.circuit_named.find(phase.value);
    if (at == d.circuit_named.end()) {
      row.table.complain("phases", fmt::format("there is no circuit {}", quoted(phase.value)));
      return;
    }
    if (std::find(c.phases.begin(), c.phases.end(), at->second) == c.phases.end()) c.phases.push_back(at->second);
  }
  if (c.phases.size() != 3) {
    row.table.complain("phases",
                       fmt::format("neutral {} needs \"phases\": the names of its three circuits", quoted(c.name)));
    return;
  }
  for (const Circuit& other : d.room.circuits) {
    for (const CircuitId shared : other.phases) {
      if (std::find(c.phases.begin(), c.phases.end(), shared) == c.phases.end()) continue;
      row.table.complain("phases", fmt::format("circuit {} is a phase of neutral {} already",
                                               quoted(d.room.circuits[shared.value].name), quoted(other.name)));
      return;
    }
  }
  c.nominal = d.room.circuits[c.phases.front().value].nominal;
  d.room.circuits.push_back(c);
  d.circuits.push_back(row.table);
  row.placed = true;
}

// Without a parent that can be found, read on as if it were a root, so that what hangs below is not complained of.
void make_root(Row& row) {
  row.parent.clear();
  if (row.circuit.nominal == Volts{}) row.circuit.nominal = Volts::of(120);
}

// Each loop is told once, at its first circuit, and opened there.
void open_loops(std::vector<Row>& rows) {
  for (Row& row : rows) {
    const std::vector<std::string> loop = loop_at(rows, row);
    if (loop.empty()) continue;
    row.table.complain("parent", fmt::format("the circuit tree has a loop: {}", fmt::join(loop, " -> ")));
    make_root(row);
  }
}

}  // namespace

void read_circuits(RoomDraft& d) {
  std::vector<Row> rows;
  for (const Table& t : d.doc.root().tables("circuit")) {
    Row row = read_circuit(t);
    const bool twice =
        std::any_of(rows.begin(), rows.end(), [&](const Row& r) { return r.circuit.name == row.circuit.name; });
    if (twice && !row.circuit.name.empty())
      t.complain("name", fmt::format("circuit {} stands in this file twice", quoted(row.circuit.name)));
    if (!twice) rows.push_back(std::move(row));
  }
  std::vector<std::string> names;
  for (const Row& r : rows) {
    if (r.circuit.kind != CircuitKind::neutral) names.push_back(r.circuit.name);
  }
  for (Row& r : rows) {
    if (r.parent.empty() || std::count(names.begin(), names.end(), r.parent) > 0) continue;
    const auto guess = nearest(r.parent, names);
    r.table.complain("parent", fmt::format("there is no circuit {}{}", quoted(r.parent),
                                           guess ? fmt::format("; did you mean {}?", quoted(*guess)) : ""));
    make_root(r);
  }
  open_loops(rows);
  // Parents before children, else in the order of the file.
  bool any = true;
  while (any) {
    any = false;
    for (Row& r : rows) {
      if (r.placed || r.circuit.kind == CircuitKind::neutral || (!r.parent.empty() && !d.circuit_named.contains(r.parent)))
        continue;
      place(d, r);
      any = true;
    }
  }
  for (Row& r : rows) {
    if (r.circuit.kind == CircuitKind::neutral) place_neutral(d, r);
  }
  if (rows.empty()) d.doc.complain({}, "has no [[circuit]]: name at least the breaker that feeds the PDUs");
}

std::vector<CircuitId> upward(const Room& room, CircuitId low) {
  std::vector<CircuitId> out;
  for (std::optional<CircuitId> at = low; at; at = room.circuits[at->value].parent) out.push_back(*at);
  return out;
}

bool below(const Room& room, CircuitId low, CircuitId high) {
  const auto all = upward(room, low);
  return std::find(all.begin(), all.end(), high) != all.end();
}

}  // namespace greenroom::draft

// Cases of the planner as files: tests/cases/power/*.txt. The format is told in tests/cases/power/FORMAT.md.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "controller/domain/power/planner.hpp"
#include "controller/domain/power/sums.hpp"

namespace greenroom {
namespace {

using namespace std::chrono_literals;
constexpr TimePoint now = TimePoint{} + 10000s;

struct Case {
  std::string name;
  std::vector<std::string> circuit_names, outlet_names;
  Room room;
  std::vector<OutletView> outlets;
  std::vector<CircuitView> circuits;
  PowerMemory memory;
  RuleSet rules = RuleSet::all();
  std::set<std::string> expected;
  std::map<std::string, double> expected_hard;

  std::uint32_t circuit(const std::string& n) const { return index(circuit_names, n); }
  static std::uint32_t index(const std::vector<std::string>& names, const std::string& n) {
    const auto found = std::find(names.begin(), names.end(), n);
    if (found == names.end()) throw std::runtime_error("no such name: " + n);
    return static_cast<std::uint32_t>(found - names.begin());
  }
};

using Words = std::vector<std::string>;

double number(const Words& w, const std::string& key, double otherwise) {
  const auto at = std::find(w.begin(), w.end(), key);
  return at == w.end() || at + 1 == w.end() ? otherwise : std::stod(*(at + 1));
}
std::string text(const Words& w, const std::string& key) {
  const auto at = std::find(w.begin(), w.end(), key);
  return at == w.end() || at + 1 == w.end() ? "" : *(at + 1);
}
bool has(const Words& w, const std::string& key) { return std::find(w.begin(), w.end(), key) != w.end(); }

void add_circuit(Case& c, const Words& w) {
  Circuit circuit;
  circuit.name = w[1];
  if (has(w, "under")) circuit.parent = CircuitId{c.circuit(text(w, "under"))};
  c.room.circuits.push_back(circuit);
  c.circuit_names.push_back(w[1]);
  CircuitView v;
  v.hard = Amps::of(number(w, "hard", 1000));
  v.soft = Amps::of(number(w, "soft", v.hard.value()));
  v.foreign = Amps::of(number(w, "foreign", 0));
  v.mean_A = number(w, "mean", 0);
  v.error_per_mille = static_cast<std::int64_t>(number(w, "error", 0));
  v.close_in_flight = has(w, "close_in_flight");
  if (has(w, "last_close")) v.last_close = now - seconds_of(number(w, "last_close", 0));
  if (has(w, "reading")) {
    v.reading = Amps::of(number(w, "reading", 0));
    v.began = now - seconds_of(number(w, "age", 1));
  }
  c.circuits.push_back(v);
}

WaitReason reason(const std::string& word) {
  for (int i = 0; i <= static_cast<int>(WaitReason::being_opened); ++i) {
    if (to_string(static_cast<WaitReason>(i)) == word) return static_cast<WaitReason>(i);
  }
  throw std::runtime_error("no such reason: " + word);
}

void add_outlet(Case& c, const Words& w) {
  static const std::map<std::string, Counts> kinds{{"off", Counts::nothing},       {"unsettled", Counts::unsettled},
                                                   {"unknown", Counts::unsettled}, {"held", Counts::held},
                                                   {"at_draw", Counts::at_draw},   {"through_meter", Counts::through_meter}};
  Outlet o;
  o.name = w[1];
  o.circuit = CircuitId{c.circuit(text(w, "on"))};
  c.room.outlets.push_back(o);
  c.outlet_names.push_back(w[1]);
  OutletView v;
  v.counts = kinds.at(w[2]);
  v.unknown = w[2] == "unknown";
  v.on = v.counts != Counts::nothing && !v.unknown;
  v.nameplate = Amps::of(number(w, "nameplate", 1.5));
  v.nominal = Amps::of(number(w, "nominal", v.nameplate.value() * 0.9));
  v.own_meter = has(w, "draw");
  v.draw = Amps::of(number(w, "draw", 0));
  v.expected = Amps::of(number(w, "expected", v.nominal.value()));
  v.error_per_mille = static_cast<std::int64_t>(number(w, "error", 0));
  v.settled_from = v.counts == Counts::unsettled ? never : now - 1h;
  v.is_protected = has(w, "protected");
  v.is_foreign = has(w, "foreign");
  v.opening = has(w, "opening");
  v.closing = has(w, "closing");
  v.may_open = !has(w, "fixed") && !v.unknown;
  v.may_lease = v.on && !has(w, "no_lease");
  if (has(w, "min_on")) v.min_on_until = now + seconds_of(number(w, "min_on", 0));
  const std::string want = text(w, "wants");
  v.want = want == "charge" ? Want::charge : want == "protect" ? Want::protect : Want::nothing;
  v.solo = seconds_of(number(w, "solo", 0));
  if (has(w, "deadline")) v.deadline = now + seconds_of(number(w, "deadline", 0));
  if (has(w, "block")) v.block = reason(text(w, "block"));
  c.outlets.push_back(v);
}

std::vector<Case> read_cases(const std::filesystem::path& file) {
  std::vector<Case> cases;
  std::ifstream in(file);
  std::string line;
  while (std::getline(in, line)) {
    std::istringstream split(line);
    Words w;
    for (std::string word; split >> word && word[0] != '#';) w.push_back(word);
    if (w.empty()) continue;
    if (w[0] == "case") {
      cases.emplace_back().name = line.substr(5);
    } else if (w[0] == "circuit") {
      add_circuit(cases.back(), w);
    } else if (w[0] == "outlet") {
      add_outlet(cases.back(), w);
    } else if (w[0] == "without") {
      cases.back().rules = cases.back().rules.without(static_cast<Rule>(std::stoi(w[1].substr(1))));
    } else if (w[0] == "expect" && w[1] == "hard") {
      cases.back().expected_hard[w[2]] = std::stod(w[3]);
    } else if (w[0] == "expect" && w[1] != "nothing") {
      std::string all;
      for (std::size_t i = 1; i < w.size(); ++i) all += (i > 1 ? " " : "") + w[i];
      cases.back().expected.insert(all);
    }
  }
  return cases;
}

std::set<std::string> told(const Case& c, const Plan& p) {
  std::set<std::string> said;
  for (const Order& o : p.orders)
    said.insert((o.on ? "close " : "open ") + c.outlet_names[o.outlet] + (o.on ? "" : " " + std::string(o.reason)));
  for (const std::uint32_t o : p.leases) said.insert("lease " + c.outlet_names[o]);
  for (const Wait& w : p.waits) {
    said.insert("wait " + c.outlet_names[w.outlet] + " " + std::string(to_string(w.reason)) +
                (w.circuit == no_circuit ? "" : " " + c.circuit_names[w.circuit]));
  }
  return said;
}

std::string lines(const std::set<std::string>& all) {
  std::string s;
  for (const std::string& l : all) s += "    " + l + "\n";
  return s.empty() ? "    nothing\n" : s;
}

void run(const Case& c) {
  SCOPED_TRACE("case " + c.name);
  const CircuitTree tree = make_tree(c.room);
  PowerMemory memory = c.memory;
  memory.planned_at = now;  // no time passes: the mean stays as the case gives it
  memory.loads.resize(c.circuits.size());
  for (std::size_t i = 0; i < c.circuits.size(); ++i) memory.loads[i].mean_A = c.circuits[i].mean_A;
  const Plan p = plan_power(tree, c.outlets, c.circuits, memory, Timings{}, c.rules, now);
  const std::set<std::string> said = told(c, p);
  EXPECT_EQ(c.expected, said) << "  expected\n" << lines(c.expected) << "  planned\n" << lines(said);
  for (const auto& [name, amps] : c.expected_hard) {
    const CircuitLoad& load = p.memory.loads[c.circuit(name)];
    EXPECT_EQ(Amps::of(amps), load.present + load.reserve)
        << name << ": present " << load.present.value() << " A, reserve " << load.reserve.value() << " A";
  }
}

TEST(PlannerCases, EveryFileHolds) {
  const std::filesystem::path folder = std::filesystem::path(GREENROOM_SOURCE_DIR) / "tests/cases/power";
  std::vector<std::filesystem::path> files;
  for (const auto& f : std::filesystem::directory_iterator(folder)) {
    if (f.path().extension() == ".txt") files.push_back(f.path());
  }
  std::sort(files.begin(), files.end());
  std::size_t cases = 0;
  for (const auto& file : files) {
    SCOPED_TRACE(file.filename().string());
    for (const Case& c : read_cases(file)) {
      run(c);
      ++cases;
    }
  }
  EXPECT_GE(cases, 20U);
}

}  // namespace
}  // namespace greenroom

#include "controller/domain/power/circuit_tree.hpp"

namespace greenroom {

CircuitTree make_tree(const Room& room) {
  CircuitTree t;
  const std::size_t n = room.circuits.size();
  for (std::uint32_t c = 0; c < n; ++c) {
    const Circuit& circuit = room.circuits[c];
    const bool below_another = circuit.parent && circuit.parent->value < c;
    t.parent.push_back(below_another ? circuit.parent->value : no_circuit);
    t.root.push_back(below_another ? t.root[circuit.parent->value] : c);
    t.hard.push_back(circuit.hard);
    t.continuous.push_back(circuit.continuous);
    t.neutral.push_back(no_circuit);
    t.phases.push_back({no_circuit, no_circuit, no_circuit});
    if (circuit.phases.size() != t.phases[c].size()) continue;
    for (std::size_t p = 0; p < circuit.phases.size(); ++p) {
      const std::uint32_t phase = circuit.phases[p].value;
      if (phase >= c) break;
      t.phases[c][p] = phase;
      t.neutral[phase] = c;
    }
  }
  std::vector<std::uint32_t> direct(n, 0), total(n, 0);
  for (const Outlet& o : room.outlets) {
    t.lowest.push_back(o.circuit.value);
    ++direct[o.circuit.value];
  }
  total = direct;
  for (std::size_t c = n; c-- > 0;) {
    if (t.parent[c] != no_circuit) total[t.parent[c]] += total[c];
  }
  // A circuit's range holds its own outlets first, then its children's ranges in the order of circuits.
  t.first.assign(n, 0);
  t.last.assign(n, 0);
  std::vector<std::uint32_t> next_child(n, 0), next_own(n, 0);
  std::uint32_t next_root = 0;
  for (std::uint32_t c = 0; c < n; ++c) {
    std::uint32_t& from = t.parent[c] == no_circuit ? next_root : next_child[t.parent[c]];
    t.first[c] = from;
    t.last[c] = from + total[c];
    from += total[c];
    next_own[c] = t.first[c];
    next_child[c] = t.first[c] + direct[c];
  }
  t.below.assign(room.outlets.size(), 0);
  for (std::uint32_t o = 0; o < room.outlets.size(); ++o) t.below[next_own[t.lowest[o]]++] = o;
  return t;
}

}  // namespace greenroom

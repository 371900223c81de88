// The rules R1 to R14 as switches. The product runs with all of them; a campaign switches one off to prove that its
// judge would notice (each is then a "mutant").
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <string_view>

namespace greenroom {

enum class Rule : std::uint8_t { r1 = 1, r2, r3, r4, r5, r6, r7, r8, r9, r10, r11, r12, r13, r14 };

// R4 and R9 clause by clause: any of them alone must be missed when it is off. Without a rule, none of its clauses holds.
enum class Clause : std::uint8_t {
  serial,     // R4 a: the Mac's own serial is on an approved batch and on no deny list
  ecid,       // R4 b: its ECID is the one that was seen in DFU at that port in this run
  model,      // R4 c: chip and board fit the row's model
  binding,    // R4 d: a person bound that serial to that slot
  one_visit,  // R4 e: no other open visit holds that serial or ECID
  nodes,      // R9: an engine may open its own slot's nodes alone; the system's to enforce, not the domain's
  exclusive,  // R9: what may take another Mac for its own is alone on its host
  arrival,    // R9: what arrives on that host meanwhile is unidentified
};
struct ClauseName {
  Clause clause;
  Rule rule;
  std::string_view name;
};
inline constexpr std::array clause_names{
    ClauseName{Clause::serial, Rule::r4, "R4a"},
    ClauseName{Clause::ecid, Rule::r4, "R4b"},
    ClauseName{Clause::model, Rule::r4, "R4c"},
    ClauseName{Clause::binding, Rule::r4, "R4d"},
    ClauseName{Clause::one_visit, Rule::r4, "R4e"},
    ClauseName{Clause::nodes, Rule::r9, "R9nodes"},
    ClauseName{Clause::exclusive, Rule::r9, "R9exclusive"},
    ClauseName{Clause::arrival, Rule::r9, "R9arrival"},
};

class RuleSet {
 public:
  static RuleSet all() { return RuleSet{}; }
  [[nodiscard]] RuleSet without(Rule r) const {
    RuleSet s = *this;
    s.off_.set(static_cast<std::size_t>(r));
    return s;
  }
  [[nodiscard]] RuleSet without(Clause c) const {
    RuleSet s = *this;
    s.clauses_off_.set(static_cast<std::size_t>(c));
    return s;
  }
  [[nodiscard]] bool holds(Rule r) const { return !off_.test(static_cast<std::size_t>(r)); }
  [[nodiscard]] bool holds(Clause c) const {
    const auto number = static_cast<std::size_t>(c);
    return !clauses_off_.test(number) && holds(clause_names.at(number).rule);
  }

 private:
  std::bitset<16> off_;
  std::bitset<clause_names.size()> clauses_off_;
};

}  // namespace greenroom

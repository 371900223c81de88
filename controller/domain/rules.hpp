// The rules R1 to R14 as switches. The product runs with all of them; a campaign switches one off to prove that its
// judge would notice (each is then a "mutant").
#pragma once

#include <bitset>
#include <cstdint>

namespace greenroom {

enum class Rule : std::uint8_t { r1 = 1, r2, r3, r4, r5, r6, r7, r8, r9, r10, r11, r12, r13, r14 };

class RuleSet {
 public:
  static RuleSet all() { return RuleSet{}; }
  [[nodiscard]] RuleSet without(Rule r) const {
    RuleSet s = *this;
    s.off_.set(static_cast<std::size_t>(r));
    return s;
  }
  [[nodiscard]] bool holds(Rule r) const { return !off_.test(static_cast<std::size_t>(r)); }

 private:
  std::bitset<16> off_;
};

}  // namespace greenroom

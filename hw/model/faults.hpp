// The envelope: how often each fault may strike, how long it lasts, and how hard. Printed with every run, so that a
// result says what it held against. A schedule draws from one stream for each kind: a draw more in one place shifts
// no other, and the same seed gives the same faults.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "hw/base/random.hpp"
#include "hw/model/event.hpp"

namespace greenroom::model {

struct FaultRate {
  double per_hour{};     // for kinds that strike by themselves; exponential gaps
  double per_draw{};     // for kinds drawn at an occasion: a reply, an engine run, a scan
  std::uint64_t most{};  // in one run; 0: no bound
  Duration shortest{};
  Duration longest{};
};

struct FaultEnvelope {
  std::array<FaultRate, fault_kinds> rates{};
  Amps heater{6000};      // at most this and at most the circuit's foreign_most
  double drift{0.02};     // a drifting meter's gain goes this far, over its whole time
  double disagree{0.10};  // a disagreeing outlet meter reads this much low; only where another meter sums it
  unsigned surge_k{3};    // wake-ups beyond this many at once count as injected current

  [[nodiscard]] FaultRate& operator[](FaultKind k) { return rates[static_cast<std::size_t>(k)]; }
  [[nodiscard]] const FaultRate& operator[](FaultKind k) const { return rates[static_cast<std::size_t>(k)]; }

  static FaultEnvelope none();
  static FaultEnvelope some();                 // a bad day: lines, readings, people
  static FaultEnvelope all();                  // every kind
  [[nodiscard]] std::string describe() const;  // one line for each kind that may strike, for people
};

// What an engine run suffers, drawn at its start.
struct EngineFault {
  enum class Kind { none, hang, fail, false_success };
  Kind kind{Kind::none};
  double at{};  // share of the run after which it strikes, [0, 1)
};

// What a reply on a line suffers. The last two come on a benchtop only (benchtop.hpp): the reply before this one in its
// place, and the end of the one before, with its prompt, amid noise ahead of it.
enum class LineFault { none, lost, late, garbled, doubled, request_lost, stale, prompt_in_noise };

class FaultDice {
 public:
  FaultDice(const FaultEnvelope&, const Random&);
  LineFault next_reply(Duration& late_by);  // late_by is set for `late`
  EngineFault next_engine();
  // Strikes by chance per draw, within `most`; counts. For kinds that the plant does not carry out.
  bool strikes(FaultKind);
  // The gap to the next strike of a kind that comes by the hour; nothing when it never does, or its bound is reached.
  std::optional<Duration> next_gap(FaultKind);
  Duration lasts(FaultKind);
  std::uint64_t pick(FaultKind, std::uint64_t n);  // [0, n)
  double amount(FaultKind, double low, double high);
  void count(FaultKind k) { ++counts_[static_cast<std::size_t>(k)]; }
  [[nodiscard]] const FaultCounts& counts() const { return counts_; }
  [[nodiscard]] const FaultEnvelope& envelope() const { return envelope_; }

 private:
  [[nodiscard]] bool bounded(FaultKind) const;
  Random& dice(FaultKind k) { return dice_[static_cast<std::size_t>(k)]; }
  FaultEnvelope envelope_;
  std::vector<Random> dice_;
  Random line_;
  FaultCounts counts_{};
};

}  // namespace greenroom::model

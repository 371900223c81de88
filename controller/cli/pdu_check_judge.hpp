// What a commissioning test concludes from what it saw: pure, so that it can be tested without a line. `greenroom pdu check`
// and its walk (pdu_check_walk.hpp) gather; these functions decide.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hw/pdu/dialect_facts.hpp"
#include "hw/pdu/pdu.hpp"

namespace greenroom::cli {

// good: shown. bad: shown to be otherwise. open: it could not be shown, and why. person: only a person can see it.
enum class Verdict { good, bad, open, person };
std::string_view to_string(Verdict);

struct CheckItem {
  std::string what;
  Verdict verdict{};
  std::string words;
};

// What a person saw when the mains of the PDU were cut and came back; nothing: nobody looked.
struct OutageNotes {
  std::optional<BootPolicy> came_back;
  std::optional<bool> held;  // while the PDU had no power: the contacts held (latching) or opened
};

// One outlet, switched and switched back. A full reading each: as it was found, switched, and as it was left.
struct Toggle {
  OutletNumber outlet{};
  std::optional<PduReading> found, switched, left;
  std::optional<OutletState> there, back;  // read back by the orders themselves
  Duration took_there{}, took_back{};
  bool left_as_found{};
  std::string trouble;  // what ended it before its time; empty: nothing
};

// A load of known watts in each outlet that is switched. It draws watts / volts: a heater or a lamp, power factor 1.
struct KnownLoad {
  Watts watts;
  std::optional<Volts> volts;  // where no meter of the PDU tells them
};

// By how much each meter's current differs between the outlet on and the outlet off, largest first; those that do not
// tell a current are left out.
struct MeterStep {
  std::string meter;                   // "outlet 3", "bank A"
  std::optional<OutletNumber> outlet;  // none: a bank
  std::string bank;
  Amps on, off;
  [[nodiscard]] Amps step() const { return on - off; }
};
std::vector<MeterStep> meter_steps(const Toggle&, const DialectFacts&);
// Of the meters that may show this outlet, the one that moved most; nothing: none was read with the outlet on and off.
std::optional<MeterStep> own_step(const Toggle&, const DialectFacts&);
// By more than the meter can be wrong by, at what it shows.
bool moved(const MeterStep&, const DialectFacts&);

// Is a step of this size what the load makes it? The bound: the meter's error of what is expected, and its floor.
// A load below the floor shows nothing, whatever the meter is worth.
struct StepBound {
  Amps expected, off_by;
  bool visible{};
  [[nodiscard]] bool fits(Amps step) const { return step >= expected - off_by && step <= expected + off_by; }
};
StepBound step_bound(Watts, Volts, const DialectFacts&);

CheckItem judge_identity(const PduTraits&, const DialectFacts&, const std::optional<PduReading>&);
CheckItem judge_power_on(const PduTraits&, const DialectFacts&, const OutageNotes&);  // rules.md R8
CheckItem judge_latching(const OutageNotes&);                                         // reference/power.md 1.6
CheckItem judge_switching(const Toggle&, const DialectFacts&);
CheckItem judge_metering(const Toggle&, const DialectFacts&, const std::optional<KnownLoad>&);

std::optional<Duration> median(std::vector<Duration>);  // of an even number: the later of the two in the middle

}  // namespace greenroom::cli

// A switched power distribution unit as its driver shows it. One driver owns one line; calls are queued by the driver
// and never overlap on the wire. A driver never uses a device's own reboot, cycle or "all on".
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "hw/async/task.hpp"
#include "hw/base/time.hpp"
#include "hw/base/units.hpp"

namespace greenroom {

enum class Switch { off, on };
// What the device says of an outlet. `pending`: it has accepted an order and not carried it out (APC "*", WTI busy).
enum class OutletState { off, on, pending, fault, unknown };

using OutletNumber = std::uint16_t;  // the device's own number

struct OutletReading {
  OutletReading() = default;
  OutletReading(OutletNumber n, OutletState s, std::optional<Amps> a = {}, std::optional<Watts> w = {})
      : number(n), state(s), current(a), power(w) {}
  OutletNumber number{};
  OutletState state{OutletState::unknown};  // as it is sensed
  std::optional<Switch> commanded;          // what the device was last told, where it says so apart
  std::optional<Amps> current;
  std::optional<Watts> power;
  std::optional<Volts> voltage;
  std::optional<VoltAmperes> apparent;
};

struct BankReading {
  BankReading() = default;
  explicit BankReading(std::string id, std::optional<Amps> a = {}, std::optional<Watts> w = {})
      : bank(std::move(id)), current(a), power(w) {}
  std::string bank;  // the dialect's own name of the bank, "A" when there is one
  std::optional<Amps> current;
  std::optional<Watts> power;
  std::optional<Volts> voltage;
  std::optional<VoltAmperes> apparent;
};

struct PduReading {
  TimePoint began;  // when the request's first byte went out: no sample in it is older
  TimePoint received;
  std::vector<OutletReading> outlets;  // every outlet, once, in the device's order; or the read is an error
  std::vector<BankReading> banks;
  bool states{true};  // false: of meters alone, and every outlet's state is unknown
};

struct PduTraits {
  std::string model;     // as the device names itself
  std::string identity;  // what re-proves that it is the same device: name, firmware, serial if it has one
  std::uint16_t outlets{};
  bool meters_outlets{};
  bool meters_banks{};
  bool meters_apart{};       // in an exchange of its own: a full reading is `supervise`, then `meters`
  bool boots_all_off{};      // power-on policy read back as "all off"
  Duration longest_queue{};  // an order the device accepted may act this late (dialect file)
  Duration meter_lag{};      // a meter shows a change after this (dialect file)
  Amps meter_floor{};        // below this the meter reads zero
  std::int64_t meter_error_per_mille{};
};

// States and branch meter only; what is left of everything that the device can meter (a device that meters apart, else
// Errc::usage); both.
enum class Depth { supervise, meters, full };

// One order for one outlet. `still_allowed` is asked at the byte that commits the order, and again before every
// resend; its refusal ends the order unsent (rules.md R1, R7).
struct SwitchOrder {
  SwitchOrder(OutletNumber n, Switch s, TimePoint e, std::function<Result<void>()> allowed)
      : number(n), to(s), expires(e), still_allowed(std::move(allowed)) {}
  OutletNumber number;
  Switch to;
  TimePoint expires;  // unsent by then: Errc::expired, nothing was switched
  std::function<Result<void>()> still_allowed;
};

struct Pdu {
  virtual ~Pdu() = default;
  // Logs in if needed and proves who answers. Errc::refused: somebody else than the dialect expects.
  virtual Task<PduTraits> identify() = 0;
  virtual Task<PduReading> read(Depth) = 0;
  // Switches one outlet and returns what was READ BACK, which may differ from the order. Errc::timeout after the
  // committing byte means in doubt: the order may still act until longest_queue has passed.
  virtual Task<OutletReading> set(SwitchOrder) = 0;
};

}  // namespace greenroom

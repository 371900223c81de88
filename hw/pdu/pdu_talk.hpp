// What one kind of dialect can do on its line: the seam between the queue, which decides what comes next, and the wire.
// Who calls: the queue alone, one call at a time, never two.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "hw/async/clock.hpp"
#include "hw/async/task.hpp"
#include "hw/base/time.hpp"
#include "hw/pdu/pdu.hpp"

namespace greenroom {

// What became of an order on the wire, whether or not its reply was whole.
struct Sent {
  TimePoint began;   // right before the order's first byte
  TimePoint ended;   // right after its last
  bool committed{};  // the order is with the device: it may act, whatever follows
};

// Who answered.
struct Named {
  Named() = default;
  std::string model, identity;  // empty: it does not say
  bool boots_all_off{};         // its power-on policy, read back
};

struct PduTalk {
  virtual ~PduTalk() = default;
  // Errc::refused: somebody else than the dialect expects.
  virtual Task<Named> name() = 0;
  // Every outlet's state, once, in the device's order, and what the branch meter says.
  virtual Task<PduReading> states() = 0;
  // Everything else the device can meter, in the same order; only if has_meters().
  virtual Task<PduReading> meters() = 0;
  [[nodiscard]] virtual bool has_meters() const = 0;
  // How many of these orders to open, from the first, can go in one message that moves no other contact. At least 1.
  [[nodiscard]] virtual std::size_t together(std::span<SwitchOrder* const>) const { return 1; }
  // Sends one order, or several that together() allows. Each is asked for permission (may_commit) at every byte that
  // commits it. Without sent.committed an error says that nothing was switched, and is never Errc::timeout. Errc::refused
  // and Errc::busy after it: the device said so. Any other error after it: the read-back tells.
  virtual Task<void> switch_outlets(std::span<SwitchOrder* const>, Sent&) = 0;
};

// Errc::expired (rules.md R7), or why the order is not allowed any more (R1).
Result<void> may_commit(const SwitchOrder&, TimePoint now);

}  // namespace greenroom

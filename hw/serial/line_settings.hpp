// How a line is set up before its first byte. Who says so: the dialect of the device at its far end, and the room file's
// ?baud=. Callers: hw/pdu (from the dialect), whoever opens a line.
#pragma once

#include <cstdint>

#include "hw/base/time.hpp"

namespace greenroom {

enum class Parity { none, even, odd };

struct LineSettings {
  std::uint32_t baud{9600};
  std::uint8_t bits{8};
  Parity parity{Parity::none};
  std::uint8_t stop{1};
  // After the first byte, so long a real line gathers what follows before it hands it on: read byte by byte, 64 busy lines
  // cost 23 % of a core (measured). Frames whose end is awaited to the byte want less.
  Duration gather{std::chrono::milliseconds{8}};

  // On the wire: a start bit, the data, the parity bit, the stop bits.
  [[nodiscard]] Duration byte_time() const {
    const int bits_each = 1 + bits + (parity == Parity::none ? 0 : 1) + stop;
    return std::chrono::duration_cast<Duration>(std::chrono::nanoseconds{1'000'000'000LL * bits_each / baud});
  }
};

}  // namespace greenroom

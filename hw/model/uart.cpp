#include "hw/model/uart.hpp"

#include <cmath>
#include <cstddef>
#include <cstdint>

namespace greenroom::model {
namespace {

constexpr std::size_t frame = 10;  // start, eight bits, stop

// The line's level in one bit time of the sender: a start bit is low, the bits follow from the lowest, a stop bit is high.
bool level(std::string_view bytes, std::size_t bit) {
  const std::size_t at = bit / frame;
  const std::size_t part = bit % frame;
  if (at >= bytes.size() || part == frame - 1) return true;
  return part > 0 && (static_cast<std::uint8_t>(bytes[at]) >> (part - 1) & 1) != 0;
}

}  // namespace

std::string heard(std::string_view bytes, double sent_baud, double heard_baud) {
  if (sent_baud == heard_baud) return std::string(bytes);
  const double each = sent_baud / heard_baud;  // the receiver's bit, in bits of the sender
  const std::size_t end = bytes.size() * frame;
  const auto sampled = [&](double t) { return level(bytes, static_cast<std::size_t>(std::floor(t))); };
  std::string out;
  std::size_t bit = 0;
  const auto rest = [&] {
    while (bit < end && !level(bytes, bit)) ++bit;
  };
  for (;;) {
    while (bit < end && level(bytes, bit)) ++bit;
    if (bit >= end) return out;
    const auto edge = static_cast<double>(bit);
    if (sampled(edge + each / 2)) {  // too short for a start bit
      rest();
      continue;
    }
    unsigned byte = 0;
    for (unsigned k = 0; k < 8; ++k) byte |= (sampled(edge + (1.5 + k) * each) ? 1U : 0U) << k;
    out += static_cast<char>(byte);
    bit = static_cast<std::size_t>(std::floor(edge + 9.5 * each));
    rest();  // at once, or after a bad stop bit
  }
}

}  // namespace greenroom::model

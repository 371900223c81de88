// A seeded generator whose numbers are the same on every compiler and library (xoshiro256**, Blackman and Vigna 2018;
// seeded by SplitMix64 as its authors advise). The standard distributions are not used: their output is unspecified.
// Never draw twice inside one call's arguments: the order of evaluation is not specified.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace greenroom {

class Random {
 public:
  explicit Random(std::uint64_t seed);
  // An independent stream for one purpose, so that a draw more in one place does not shift every other.
  [[nodiscard]] Random stream(std::string_view purpose) const;

  std::uint64_t next();
  double uniform();                         // [0, 1)
  double uniform(double low, double high);  // [low, high)
  std::uint64_t below(std::uint64_t n);     // [0, n), n > 0
  bool chance(double probability) { return uniform() < probability; }
  double normal(double mean, double deviation);  // by Box and Muller, one draw pair a call
  double exponential(double mean);

 private:
  std::uint64_t seed_;
  std::array<std::uint64_t, 4> state_{};
};

}  // namespace greenroom

#include "hw/base/random.hpp"

#include <bit>
#include <cmath>
#include <numbers>

namespace greenroom {
namespace {

std::uint64_t split_mix(std::uint64_t& x) {
  std::uint64_t z = (x += 0x9E3779B97F4A7C15ULL);
  z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
  return z ^ (z >> 31U);
}

}  // namespace

Random::Random(std::uint64_t seed) : seed_(seed) {
  for (auto& word : state_) word = split_mix(seed);
}

Random Random::stream(std::string_view purpose) const {
  std::uint64_t hash = 0xCBF29CE484222325ULL ^ seed_;  // FNV-1a over the purpose, mixed with the seed
  for (const char c : purpose) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;
  return Random(split_mix(hash));
}

std::uint64_t Random::next() {
  const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
  const std::uint64_t t = state_[1] << 17U;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= t;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

double Random::uniform() { return static_cast<double>(next() >> 11U) * 0x1.0p-53; }
double Random::uniform(double low, double high) { return low + (high - low) * uniform(); }
std::uint64_t Random::below(std::uint64_t n) { return static_cast<std::uint64_t>(uniform() * static_cast<double>(n)); }

double Random::normal(double mean, double deviation) {
  const double u = 1.0 - uniform();
  const double v = uniform();
  return mean + deviation * std::sqrt(-2.0 * std::log(u)) * std::cos(2.0 * std::numbers::pi * v);
}

double Random::exponential(double mean) { return -mean * std::log(1.0 - uniform()); }

}  // namespace greenroom

#include "firmware-bridge/engine_watchdog.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace greenroom {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

// The longest that idevicerestore (git, February 2026) waits without a word is for restore mode: 300 s, since it was 180 s
// until September 2025 (its source). It gives up by itself then; so whoever is silent for longer has hung.
constexpr Duration longest_silence = seconds{330};
constexpr std::uint64_t most_bytes = 64U << 20;  // a whole run with debugging wrote 20 kB

// Twice and more of what the engine's own waits in a stage add up to, as it was seen or is written in its source.
Duration longest(RestoreStage stage) {
  switch (stage) {
    case RestoreStage::detect: return minutes{2};       // gives up after 10 s
    case RestoreStage::prepare: return minutes{30};     // takes an image of 20 GB out of its archive; tickets 30 s
    case RestoreStage::boot_images: return minutes{5};  // two re-enumerations, 60 s each from recovery
    case RestoreStage::recovery: return minutes{15};    // some hundred MB at USB 2, two re-enumerations
    case RestoreStage::waiting_for_restore_mode: return seconds{360};  // gives up after 30 s and 300 s
    default: return Duration::max();
  }
}

std::string stage_words(const EngineSigns& s, std::string_view what) {
  return fmt::format("the engine {} at stage {} and was ended", what, to_string(s.stage));
}

}  // namespace

EngineVerdict judge(const EngineSigns& s, TimePoint now) {
  if (s.past_erase_point) return {};
  if (s.bytes > most_bytes) return {stage_words(s, fmt::format("wrote more than {} MB", most_bytes >> 20)), never};
  const auto in_seconds = [](Duration d) { return std::chrono::duration_cast<seconds>(d).count(); };
  const TimePoint silent = s.last_word + longest_silence;
  if (now >= silent) return {stage_words(s, fmt::format("said nothing for {} s", in_seconds(longest_silence))), never};
  const Duration most = longest(s.stage);
  if (most == Duration::max()) return {{}, silent};
  const TimePoint stuck = s.stage_since + most;
  if (now >= stuck) return {stage_words(s, fmt::format("stayed for {} s", in_seconds(most))), never};
  return {{}, std::min(silent, stuck)};
}

}  // namespace greenroom

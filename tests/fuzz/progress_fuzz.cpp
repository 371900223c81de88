// Hostile engine output, of both generations: the log never confirms an erasure without the device's whole checkpoint line
// in a job that erases, percent never falls, and whatever did not complete has a cause, a remedy and an owner.
//
// Input: a byte for the kind of job, a byte for how the engine ended (0: killed; else the exit code plus 1), then lines,
// each after a byte for its stream (`2`, or any even one: stderr). The kept corpus began as the captures of
// tests/firmware-bridge.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>

#include "firmware-bridge/progress.hpp"

using namespace greenroom;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const RestoreKind kinds[] = {RestoreKind::erase, RestoreKind::revive, RestoreKind::erase_only};
  const RestoreKind kind = kinds[data[0] % 3];
  const auto exit = data[1] == 0 ? std::nullopt : std::optional<int>(data[1] - 1);
  const std::string all(data + 2, data + size);
  RestoreLog log(kind, Ecid{0xC11223344556E});
  int percent = 0;
  bool past = false;
  std::size_t at = 0;
  while (at < all.size()) {
    const std::size_t end = std::min(all.find('\n', at), all.size());
    const EngineStream stream = all[at] % 2 == 0 ? EngineStream::err : EngineStream::out;
    if (end > at) log.line(stream, std::string_view(all).substr(at + 1, end - at - 1));
    require(log.progress().percent >= percent && log.progress().percent <= 100);
    require(log.past_erase_point() || !past);  // what may be erased stays so
    percent = log.progress().percent;
    past = log.past_erase_point();
    at = end + 1;
  }
  const auto outcome = log.finish(exit);
  const bool erased = outcome.evidence.erased == Erased::confirmed;
  require(!erased || (all.find("format_effaceable_storage") != std::string::npos && kind != RestoreKind::revive));
  require(!erased || !outcome.evidence.checkpoint.empty());
  require(!outcome.completed || (exit == 0 && all.find("DONE") != std::string::npos));
  require(outcome.completed || (!outcome.cause.empty() && !outcome.remedy.empty() && !outcome.owner.empty()));
  return 0;
}

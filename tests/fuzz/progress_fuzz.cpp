// Hostile engine output: the log never confirms an erasure without the device's whole checkpoint line, and percent
// never falls.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "firmware-bridge/progress.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace greenroom;
  const std::string all(data, data + size);
  RestoreLog log(size % 2 == 0 ? RestoreKind::erase : RestoreKind::revive, Ecid{0xC11223344556E});
  int percent = 0;
  std::size_t at = 0;
  while (at < all.size()) {
    const std::size_t end = std::min(all.find('\n', at), all.size());
    const std::string line = all.substr(at, end - at);
    log.line(line.size() % 2 == 0 ? EngineStream::err : EngineStream::out, line);
    if (log.progress().percent < percent || log.progress().percent > 100) std::abort();
    percent = log.progress().percent;
    at = end + 1;
  }
  const auto outcome = log.finish(0);
  if (outcome.evidence.erased == Erased::confirmed && all.find("format_effaceable_storage") == std::string::npos)
    std::abort();
  if (!outcome.completed && (outcome.cause.empty() || outcome.remedy.empty() || outcome.owner.empty())) std::abort();
  return 0;
}

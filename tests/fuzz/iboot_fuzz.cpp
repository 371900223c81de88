// Hostile iBoot strings and nonces: what is taken out of one stands in it, whatever else does.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "firmware-bridge/iboot_string.hpp"

using namespace greenroom;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(data, data + size);
  if (const auto words = parse_iboot(text)) {
    for (const std::string* part : {&words->serial, &words->tag, &words->exploit}) {
      require(text.find(*part) != std::string::npos);
      // In brackets it ends at the bracket, without at the blank.
      require(part->find(']') == std::string::npos || part->find(' ') == std::string::npos);
    }
    require(!words->ecid || text.find("ECID:") != std::string::npos);
    require(text.size() <= 255);
  } else {
    require(words.error().code == Errc::protocol && !words.error().message.empty());
  }
  if (const auto nonces = parse_nonces(text)) {
    require(!nonces->ap.empty() || !nonces->sep.empty());
    require(2 * (nonces->ap.size() + nonces->sep.size()) <= text.size());
  }
  return 0;
}

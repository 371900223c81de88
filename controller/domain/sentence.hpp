// Cases and waits are read as sentences, one after the other; the cause of an engine or of an error ends without a full
// stop.
#pragma once

#include <string>
#include <string_view>

namespace greenroom {

inline std::string sentence(std::string words) {
  if (!words.empty() && std::string_view(".!?").find(words.back()) == std::string_view::npos) words += '.';
  return words;
}

}  // namespace greenroom

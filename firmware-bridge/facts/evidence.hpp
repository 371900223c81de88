// What a device itself said about its erasure in one engine run (rules.md R10, R12). Never inferred from an exit code.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "firmware-bridge/facts/identity.hpp"

namespace greenroom {

enum class Erased { confirmed, failed, unconfirmed };
enum class OsState { installed, none, unknown };
std::string_view to_string(Erased);
std::string_view to_string(OsState);

struct Evidence {
  std::string serial;  // as the Mac reported it in that run; empty if it never did
  Ecid ecid{};
  Erased erased{Erased::unconfirmed};
  OsState os{OsState::unknown};
  std::string checkpoint;  // the line it rests on: "Checkpoint completed id: 0x61F ... result=0"
};

}  // namespace greenroom

#include "firmware-bridge/facts/evidence.hpp"

namespace greenroom {

std::string_view to_string(Erased erased) {
  switch (erased) {
    case Erased::confirmed: return "confirmed";
    case Erased::failed: return "failed";
    case Erased::unconfirmed: return "unconfirmed";
  }
  return "unconfirmed";
}

std::string_view to_string(OsState os) {
  switch (os) {
    case OsState::installed: return "installed";
    case OsState::none: return "none";
    case OsState::unknown: return "unknown";
  }
  return "unknown";
}

}  // namespace greenroom

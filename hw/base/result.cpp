#include "hw/base/result.hpp"

namespace greenroom {

std::string_view to_string(Errc code) {
  switch (code) {
    case Errc::timeout: return "timeout";
    case Errc::device_gone: return "device_gone";
    case Errc::busy: return "busy";
    case Errc::protocol: return "protocol";
    case Errc::refused: return "refused";
    case Errc::cancelled: return "cancelled";
    case Errc::expired: return "expired";
    case Errc::bad_config: return "bad_config";
    case Errc::storage: return "storage";
    case Errc::usage: return "usage";
  }
  return "unknown";
}

}  // namespace greenroom

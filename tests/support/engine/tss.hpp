// Apple's signing server as the stand-in engine asks it.
#pragma once

#include <string>

#include "tests/support/plist_json.hpp"

namespace greenroom::test::engine {

// To `server` (http://HOST:PORT, git's -s), or where that is empty to gs.apple.com by http_proxy; never to anything else, so
// that nothing leaves the machine. Nothing where no ticket came.
std::optional<Plist> ask_tss(const std::string& server, const Plist& request);

}  // namespace greenroom::test::engine

// The secret that a write over HTTP needs.
#pragma once

#include <string>

#include "hw/base/result.hpp"

namespace greenroom {

// 32 random bytes of the kernel (getrandom(2)) as 64 letters. Errc::storage when there are none.
Result<std::string> new_token();

// DATA/token, made at the first call, for its user alone (mode 0600). Who calls: greenroom serve, which holds DATA's lock.
// Errc::storage names the file: unreadable, readable by others, or no token.
Result<std::string> token_of(const std::string& data_directory);

}  // namespace greenroom

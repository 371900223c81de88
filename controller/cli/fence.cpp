#include "controller/cli/fence.hpp"

#include <pwd.h>

#include "config/usb_fence.hpp"
#include "firmware-bridge/gate_process.hpp"

namespace greenroom::cli {

Fence find_fence(const Room& room, const std::string& host) {
  Fence fence;
  const auto slots = slot_users(room, host);
  if (!slots) {
    fence.missing = slots.error().message;
    return fence;
  }
  FenceSigns signs;
  for (const SlotUser& one : *slots) {
    const passwd* known = getpwnam(one.user.c_str());
    if (known != nullptr) fence.users.emplace(one.slot, EngineUser(one.user, known->pw_uid, known->pw_gid));
    else signs.absent.push_back(one.user);
  }
  if (auto rules = read_whole(std::string(rules_path))) signs.rules = std::move(*rules);
  if (!fence.users.empty()) {
    if (const auto may = check_may_become(fence.users.begin()->second); !may) signs.cannot_become = may.error().message;
  }
  fence.missing = fence_missing(*slots, signs);
  return fence;
}

}  // namespace greenroom::cli

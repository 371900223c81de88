// The verbs under `greenroom mac`, one function each; exit codes as in verbs.hpp.
#pragma once

#include <string>
#include <vector>

namespace greenroom::cli {

int mac_identify(const std::vector<std::string>& arguments);
int mac_dfu(const std::vector<std::string>& arguments);
int mac_put_back(const std::vector<std::string>& arguments);
int mac_restore(const std::vector<std::string>& arguments);
int mac_revive(const std::vector<std::string>& arguments);
int mac_rehearse(const std::vector<std::string>& arguments);

}  // namespace greenroom::cli

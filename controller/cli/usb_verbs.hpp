// The verbs under `greenroom usb`, one function each; exit codes as in verbs.hpp.
#pragma once

#include <string>
#include <vector>

namespace greenroom::cli {

int usb_list(const std::vector<std::string>& arguments);
int usb_watch(const std::vector<std::string>& arguments);
int usb_trace(const std::vector<std::string>& arguments);

}  // namespace greenroom::cli

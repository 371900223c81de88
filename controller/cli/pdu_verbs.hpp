// The verbs under `greenroom pdu`, one function each; exit codes as in verbs.hpp.
#pragma once

#include <string>
#include <vector>

namespace greenroom::cli {

int pdu_dialects(const std::vector<std::string>& arguments);
int pdu_identify(const std::vector<std::string>& arguments);
int pdu_ports(const std::vector<std::string>& arguments);
int pdu_read(const std::vector<std::string>& arguments);
int pdu_set(const std::vector<std::string>& arguments);
int pdu_check(const std::vector<std::string>& arguments);
int pdu_watch(const std::vector<std::string>& arguments);
int pdu_model(const std::vector<std::string>& arguments);

}  // namespace greenroom::cli

#include "hw/pdu/greeting.hpp"

#include <re2/re2.h>

#include <algorithm>

#include "hw/pdu/cli_text.hpp"

namespace greenroom {

bool greets_like(const CliDialect& d, std::string_view heard) {
  const std::size_t end = heard.find_last_of("\r\n");
  const std::string_view last = end == std::string_view::npos ? heard : heard.substr(end + 1);
  if (last.empty()) return false;
  return is_prompt(d, last) || std::any_of(d.login.begin(), d.login.end(), [last](const LoginStep& step) {
           return re2::RE2::FullMatch({last.data(), last.size()}, *step.see);
         });
}

}  // namespace greenroom

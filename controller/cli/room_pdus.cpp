#include "controller/cli/room_pdus.hpp"

#include <algorithm>

#include "hw/pdu/make_pdu.hpp"
#include "hw/serial/open_line.hpp"

namespace greenroom::cli {

Result<std::vector<PduLogin>> pdu_logins(const Room& room, const std::string& data) {
  std::vector<std::string> names;
  for (const PduConfig& pdu : room.pdus) names.push_back(pdu.name);
  return load_credentials(data + "/credentials.toml", names);
}

Result<std::unique_ptr<Pdu>> open_pdu(const PduConfig& config, Dialect dialect, const std::vector<PduLogin>& logins,
                                      asio::any_io_executor executor, Clock& clock, const char* verb) {
  const auto url = parse_line_url(config.line);
  if (!url) return fail(url.error());
  auto line = open_line(std::move(executor), clock, *url, facts(dialect).line, verb);
  if (!line) return fail(line.error());
  const auto known = std::find_if(logins.begin(), logins.end(), [&](const PduLogin& l) { return l.pdu == config.name; });
  Credentials login = known == logins.end() ? Credentials() : Credentials(known->user, known->password);
  return make_pdu(std::move(dialect), std::move(*line), clock, std::move(login));
}

}  // namespace greenroom::cli

#include "config/credentials.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>

#include "config/reader/reader.hpp"

namespace greenroom {

Result<std::vector<PduLogin>> load_credentials(const std::string& path, const std::vector<std::string>& pdus) {
  std::error_code absent;
  const auto status = std::filesystem::status(path, absent);
  if (!std::filesystem::exists(status)) return std::vector<PduLogin>{};
  using std::filesystem::perms;
  if ((status.permissions() & (perms::group_all | perms::others_all)) != perms::none) {
    return fail(Errc::bad_config, fmt::format("{} holds passwords and others may read it: chmod 600 {}", path, path));
  }
  const Document doc = Document::from_file(path);
  std::vector<PduLogin> logins;
  if (const auto all = doc.root().table("pdu")) {
    for (const std::string& name : all->keys()) {
      const auto t = all->table(name);
      if (!t) continue;
      if (std::find(pdus.begin(), pdus.end(), name) == pdus.end()) {
        const auto guess = nearest(name, pdus);
        t->complain(fmt::format("the room has no pdu {}{}", greenroom::quoted(name),
                                guess ? "; did you mean " + greenroom::quoted(*guess) + "?" : ""));
      }
      logins.push_back({name, t->text("user", ""), t->text("password")});
    }
  }
  const auto wrong = doc.complaints();
  if (!wrong.empty()) return fail(Errc::bad_config, to_string(wrong.front()));
  return logins;
}

}  // namespace greenroom

#include "config/dialects.hpp"

#include <filesystem>

#include "config/embedded.hpp"
#include "config/reader/file.hpp"

namespace greenroom {
namespace {

constexpr std::size_t kMostMiB = 4;
constexpr std::string_view kSuffix = ".toml";

}  // namespace

std::string dialect_path(const std::string& dialect, const std::string& room_file) {
  if (dialect.find('/') == std::string::npos) return dialect;
  const std::filesystem::path given(dialect);
  if (given.is_absolute()) return dialect;
  const std::string path = (std::filesystem::path(room_file).parent_path() / given).lexically_normal().string();
  return path.find('/') == std::string::npos ? "./" + path : path;  // a path keeps its slash, which tells it from a name
}

Result<DialectText> dialect_text(const PduConfig& pdu) {
  if (pdu.dialect.find('/') != std::string::npos) {
    auto text = read_file(pdu.dialect, kMostMiB);
    if (!text) return fail(text.error().within(pdu.dialect));
    return DialectText{pdu.dialect, std::move(*text)};
  }
  const std::string file = "config/pdu/" + pdu.dialect + std::string(kSuffix);
  const auto text = embedded(file);
  if (!text) return fail(Errc::usage, "there is no dialect \"" + pdu.dialect + "\"");
  return DialectText{file, std::string(*text)};
}

std::vector<std::string> known_dialects() {
  std::vector<std::string> known;
  for (const DataFile& f : embedded_in("config/pdu")) {
    const std::string_view name = f.path.substr(f.path.rfind('/') + 1);
    if (name.ends_with(kSuffix)) known.emplace_back(name.substr(0, name.size() - kSuffix.size()));
  }
  return known;
}

}  // namespace greenroom

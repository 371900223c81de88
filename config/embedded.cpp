#include "config/embedded.hpp"

#include <algorithm>
#include <filesystem>

#include "config/reader/file.hpp"

namespace greenroom {
namespace {

constexpr std::size_t kMostMiB = 64;  // a list of 100,000 Macs has some 20 MB

}  // namespace

std::optional<std::string_view> embedded(std::string_view path) {
  const auto files = embedded_files();
  const auto at = std::find_if(files.begin(), files.end(), [&](const DataFile& f) { return f.path == path; });
  if (at == files.end()) return {};
  return at->text;
}

std::vector<DataFile> embedded_in(std::string_view folder) {
  std::vector<DataFile> out;
  for (const DataFile& f : embedded_files()) {
    const bool inside = f.path.starts_with(folder) && f.path.substr(folder.size()).starts_with('/');
    if (inside && f.path.find('/', folder.size() + 1) == std::string_view::npos) out.push_back(f);
  }
  return out;
}

Result<std::string> read_data(const std::string& path) {
  std::error_code none;
  if (std::filesystem::exists(path, none)) {
    auto text = read_file(path, kMostMiB);
    return text ? std::move(text) : fail(text.error().within(path));
  }
  if (const auto text = embedded(path)) return std::string(*text);
  return fail(Errc::usage, path + ": there is no such file, and none of this name travels with the program");
}

}  // namespace greenroom

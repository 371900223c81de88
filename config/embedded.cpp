#include "config/embedded.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>

namespace greenroom {
namespace {

// A list of 100,000 Macs has some 20 MB; a device given by mistake has no end.
constexpr std::size_t kLargestFile = 64U << 20U;

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
  std::error_code ignored;
  if (std::filesystem::exists(path, ignored)) {
    if (std::filesystem::is_directory(path, ignored)) return fail(Errc::usage, path + ": is a folder, not a file");
    std::ifstream in(path, std::ios::binary);
    std::string text;
    std::array<char, 65536> buffer{};
    while (text.size() <= kLargestFile && in.read(buffer.data(), buffer.size()).gcount() > 0) {
      text.append(buffer.data(), static_cast<std::size_t>(in.gcount()));
    }
    if (text.size() > kLargestFile) return fail(Errc::usage, path + ": is larger than 64 MiB; is it the right file?");
    if (!in.eof()) return fail(Errc::usage, path + ": cannot be read; check its rights");
    return text;
  }
  if (const auto text = embedded(path)) return std::string(*text);
  return fail(Errc::usage, path + ": there is no such file, and none of this name travels with the program");
}

}  // namespace greenroom

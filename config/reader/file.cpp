#include "config/reader/file.hpp"

#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <fstream>

namespace greenroom {

Result<std::string> read_file(const std::string& path, std::size_t most_MiB) {
  std::error_code none;
  const auto kind = std::filesystem::status(path, none).type();
  if (kind == std::filesystem::file_type::not_found) return fail(Errc::usage, "there is no such file");
  if (kind == std::filesystem::file_type::directory) return fail(Errc::usage, "is a folder, not a file");
  if (kind == std::filesystem::file_type::fifo)
    return fail(Errc::usage, "is a pipe, not a file; write its text into a file and name that");
  if (kind != std::filesystem::file_type::regular) return fail(Errc::usage, "is a device, not a file");
  std::ifstream in(path, std::ios::binary);
  std::string text;
  std::array<char, 65536> buffer{};
  while (text.size() <= most_MiB << 20U && in.read(buffer.data(), buffer.size()).gcount() > 0) {
    text.append(buffer.data(), static_cast<std::size_t>(in.gcount()));
  }
  if (text.size() > most_MiB << 20U)
    return fail(Errc::usage, fmt::format("is larger than {} MiB; is it the right file?", most_MiB));
  if (!in.eof()) return fail(Errc::usage, "cannot be read; check its rights");
  return text;
}

}  // namespace greenroom

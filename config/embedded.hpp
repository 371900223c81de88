// The data files that travel inside the program: config/*.toml, config/pdu, config/recipes, config/examples, named by
// their paths in the source tree ("config/pdu/baytech-mmp.toml"). Written at build time by config/embed.cmake.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "hw/base/result.hpp"

namespace greenroom {

struct DataFile {
  std::string_view path;
  std::string_view text;
};

std::span<const DataFile> embedded_files();  // in the order of paths
std::optional<std::string_view> embedded(std::string_view path);
std::vector<DataFile> embedded_in(std::string_view folder);  // "config/recipes": the files directly in it

// A file on disk if there is one at this path, else the embedded one. Errc::usage when there is neither.
Result<std::string> read_data(const std::string& path);

}  // namespace greenroom

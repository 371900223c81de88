// The one way in which a file that a person names is read: whole, and only a file. Callers: reader.cpp, embedded.cpp.
#pragma once

#include <cstddef>
#include <string>

#include "hw/base/result.hpp"

namespace greenroom {

// The bytes of a regular file of at most `most_MiB`. Errc::usage, in words that follow "PATH: ". A folder, a pipe or a
// device is refused before it is opened: a pipe that nobody writes to would hold the reader for ever.
Result<std::string> read_file(const std::string& path, std::size_t most_MiB);

}  // namespace greenroom

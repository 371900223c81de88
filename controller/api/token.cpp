#include "controller/api/token.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace greenroom {
namespace {

constexpr std::size_t letters = 64;

struct Descriptor {
  int number;
  ~Descriptor() {
    if (number >= 0) ::close(number);
  }
};

tl::unexpected<Error> cannot(const std::string& path, std::string_view what) {
  return fail(Errc::storage, fmt::format("{}: {}: {}", path, what, std::strerror(errno)));
}

// Whole, on disk, and never seen half-written: a name of its own first, then the name that counts.
Result<std::string> make(const std::string& path) {
  auto token = new_token();
  if (!token) return token;
  const std::string beginning = path + ".new";
  ::unlink(beginning.c_str());
  const Descriptor file{::open(beginning.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
  if (file.number < 0) return cannot(beginning, "cannot be made");
  if (::write(file.number, token->data(), token->size()) != static_cast<ssize_t>(token->size()) || ::fsync(file.number) != 0)
    return cannot(beginning, "cannot be written");
  if (::rename(beginning.c_str(), path.c_str()) != 0) return cannot(path, "cannot be made");
  return token;
}

}  // namespace

Result<std::string> new_token() {
  std::array<unsigned char, letters / 2> bytes{};
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
    return fail(Errc::storage, fmt::format("no random bytes for a token: {}", std::strerror(errno)));
  return fmt::format("{:02x}", fmt::join(bytes, ""));
}

Result<std::string> token_of(const std::string& data_directory) {
  const std::string path = data_directory + "/token";
  const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)};
  if (file.number < 0) return errno == ENOENT ? make(path) : cannot(path, "cannot be read");
  struct stat about {};
  if (::fstat(file.number, &about) != 0) return cannot(path, "cannot be read");
  if ((about.st_mode & 077U) != 0)
    return fail(Errc::storage,
                fmt::format("{}: others may read it (mode {:o}); remove it, and the next start makes a new one", path,
                            about.st_mode & 0777U));
  std::string token(letters + 1, '\0');
  const ssize_t n = ::read(file.number, token.data(), token.size());
  if (n < 0) return cannot(path, "cannot be read");
  token.resize(static_cast<std::size_t>(n));
  if (token.size() != letters || token.find_first_not_of("0123456789abcdef") != std::string::npos)
    return fail(Errc::storage, fmt::format("{}: it holds no token; remove it, and the next start makes a new one", path));
  return token;
}

}  // namespace greenroom

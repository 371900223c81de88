#include "controller/journal/home.hpp"

#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <fstream>

namespace greenroom {
namespace {

// machine-id(5): 32 hex digits on one line, made at the installation, the same until the next.
std::string this_machine() {
  std::ifstream file("/etc/machine-id");
  std::string id;
  std::getline(file, id);
  return id.empty() ? "unknown" : id;
}

}  // namespace

Result<std::string> home_of(const std::filesystem::path& file, const std::string& machine) {
  struct stat seen {};
  if (::stat(file.c_str(), &seen) != 0) {
    return fail(Errc::storage, file.string() + ": it cannot be looked at: " + std::strerror(errno) +
                                   "; may this user read the DATA directory?");
  }
  return "inode " + std::to_string(seen.st_ino) + " of machine " + (machine.empty() ? this_machine() : machine);
}

Result<void> at_home(const std::filesystem::path& file, const std::string& kept, const std::string& machine) {
  const auto here = home_of(file, machine);
  if (!here) return fail(here.error());
  if (*here == kept) return {};
  const std::string what = kept.empty() ? "this is a backup, no room's journal" : "this is a copy of a room's journal";
  return fail(Errc::refused, file.string() + ": " + what +
                                 "; two services must never run one room. If the first will never run again: "
                                 "greenroom journal adopt --data " +
                                 file.parent_path().string());
}

}  // namespace greenroom

// One owner of a thing on disk (rules.md R14): flock(2), which the kernel gives back when its process ends, however it
// ends. The file stays and holds the owner's name and pid for whoever asks in vain; without the lock its text means
// nothing, so a copied directory is nobody's.
#pragma once

#include <string>
#include <string_view>

#include "hw/base/result.hpp"

namespace greenroom {

class FileLock {
 public:
  // `thing` is how people call what the lock guards, `owner` who we are ("greenroom serve"), `otherwise` what to do
  // instead of ending the other owner ("use another --data"). Makes the file where it is missing, for its user alone.
  // Errc::busy: "/srv/a is owned by greenroom serve, process 1234; end it or use another --data".
  static Result<FileLock> take(const std::string& path, std::string_view thing, std::string_view owner,
                               std::string_view otherwise);
  ~FileLock();
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&& other) noexcept;

 private:
  explicit FileLock(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace greenroom

// The IPSW as the stand-in engine reads it: the manifest, any file of it, and a component wrapped for one Mac.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/support/plist_json.hpp"

struct zip;

namespace greenroom::test::engine {

class Ipsw {
 public:
  explicit Ipsw(const std::string& path);  // throws std::runtime_error where it cannot be opened
  ~Ipsw();
  Ipsw(const Ipsw&) = delete;
  Ipsw& operator=(const Ipsw&) = delete;

  [[nodiscard]] bool has(const std::string& path) const;
  [[nodiscard]] Octets file(const std::string& path) const;
  [[nodiscard]] const Plist& manifest() const { return manifest_; }
  // The erase-install identity for that board; nothing where there is none.
  [[nodiscard]] Plist identity(const std::string& board) const;

 private:
  ::zip* zip_;
  Plist manifest_;
};

// Parts of a build identity.
std::string path_of(const Plist& identity, const std::string& component);
std::vector<std::string> loaded_by_iboot(const Plist& identity, bool in_the_first_recovery);

// Some images are sent under another tag than their file has: iBoot knows by it what they are for.
Octets with_tag_of(const std::string& component, Octets im4p);

}  // namespace greenroom::test::engine

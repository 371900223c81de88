// What the stand-in engine sends to one Mac: parts of the IPSW, personalised by the tickets that it was given.
#pragma once

#include <functional>
#include <string>

#include "tests/support/engine/ipsw.hpp"

namespace greenroom::test::engine {

struct Tickets {
  Octets restore, local_policy, recovery_os;
};

class Images {
 public:
  // spoil: what is sent under that name has one other byte.
  Images(const Ipsw& ipsw, Plist identity, std::string spoil)
      : ipsw_(ipsw), identity_(std::move(identity)), spoil_(std::move(spoil)) {}

  Tickets tickets;
  [[nodiscard]] const Plist& identity() const { return identity_; }
  [[nodiscard]] Octets personalised(const std::string& component) const;
  [[nodiscard]] Octets policy(const Octets& ticket) const;  // wrapped with one of its tickets
  [[nodiscard]] static Octets bare_policy();
  [[nodiscard]] Octets plain(const std::string& component) const;  // as the IPSW has it
  [[nodiscard]] Octets file(const std::string& path) const { return ipsw_.file(path); }
  [[nodiscard]] Octets as_told(const std::string& name, Octets bytes) const;

 private:
  const Ipsw& ipsw_;
  Plist identity_;
  std::string spoil_;
};

}  // namespace greenroom::test::engine

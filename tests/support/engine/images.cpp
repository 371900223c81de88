#include "tests/support/engine/images.hpp"

#include "tests/support/img4.hpp"

namespace greenroom::test::engine {

Octets Images::as_told(const std::string& name, Octets bytes) const {
  if (name == spoil_ && !bytes.empty()) bytes[bytes.size() / 2] ^= 1;
  return bytes;
}

Octets Images::plain(const std::string& component) const {
  return as_told(component, ipsw_.file(path_of(identity_, component)));
}

Octets Images::personalised(const std::string& component) const {
  return as_told(component, img4(with_tag_of(component, ipsw_.file(path_of(identity_, component))), tickets.restore));
}

Octets Images::bare_policy() { return im4p("lpol", {0}); }

Octets Images::policy(const Octets& ticket) const { return as_told("Ap,LocalPolicy", img4(bare_policy(), ticket)); }

}  // namespace greenroom::test::engine

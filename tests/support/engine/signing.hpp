// The tickets that the stand-in engine asks for: three before iBSS, two more when the Mac's restore OS wants them
// (engine.md 3).
#pragma once

#include <cstdint>

#include "tests/support/engine/images.hpp"
#include "tests/support/engine/talk.hpp"

namespace greenroom::test::engine {

class Signing {
 public:
  Signing(Talk& talk, std::string server, const Images& images) : talk_(talk), server_(std::move(server)), images_(images) {}

  // ecid: the Mac's own.
  Tickets for_restore(std::uint64_t ecid, const Octets& ap_nonce, const Octets& sep_nonce);
  Octets for_port(std::uint64_t port_ecid, const Octets& nonce);
  Octets for_recovery_policy(const Plist& named_by_mac);
  Octets for_updater(const Plist& named_by_mac);

 private:
  [[nodiscard]] Plist of_chip() const;
  [[nodiscard]] Plist of_mac() const;
  void add_component(Plist& request, const std::string& name) const;
  Octets ask(const Plist& request, const std::string& name = "ApImg4Ticket");
  Talk& talk_;
  std::string server_;
  const Images& images_;
  std::uint64_t ecid_ = 0;
};

}  // namespace greenroom::test::engine

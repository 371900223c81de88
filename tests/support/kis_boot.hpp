// A model Mac in KIS that takes its first boot image: the two writes that open it, its inner descriptor, and the image in
// pieces that follow one another, then the word to start it with its whole length. Requests as libirecovery makes them
// (macs.md 2.3), strictly; that a Mac judges them so is unverified. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tests/support/kis_model.hpp"

namespace greenroom::test {

class KisBoot {
 public:
  explicit KisBoot(std::string iboot, std::string nonces) : info_(std::move(iboot)) { info_.nonces = std::move(nonces); }
  // Bulk OUT takes a request, bulk IN gives its answer; nothing for a stall.
  std::optional<Octets> bulk(std::uint8_t endpoint, const Octets& data);
  [[nodiscard]] bool booted() const { return booted_; }  // it was told to start what image() has
  [[nodiscard]] const Octets& image() const { return image_; }
  std::vector<std::string> wrong;

 private:
  Octets answer_to(const Octets& request, std::uint8_t endpoint);
  Octets refuse(std::string why);
  Octets piece(const Octets& request);
  KisModel info_;
  bool enabled_a_ = false, enabled_b_ = false, booted_ = false;
  Octets image_, reply_;
};

}  // namespace greenroom::test

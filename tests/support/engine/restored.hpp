// The stand-in engine's half of the talk with a Mac's restore OS: it answers what the Mac asks for, at the port that the Mac
// names (engine.md 8 to 10).
#pragma once

#include <cstdint>
#include <string>

#include "tests/support/engine/images.hpp"
#include "tests/support/engine/mux.hpp"
#include "tests/support/engine/signing.hpp"
#include "tests/support/engine/talk.hpp"

namespace greenroom::test::engine {

class Restored {
 public:
  Restored(Talk& talk, const Images& images, Signing& signing, std::uint64_t device)
      : talk_(talk), images_(images), signing_(signing), device_(device) {}

  // The device's ECID, by its HardwareInfo.
  [[nodiscard]] std::uint64_t ecid() const;
  void restore();

 private:
  void take_progress(const Plist& message);
  void take_checkpoint(const Plist& message);
  bool take_status(const Plist& message);
  void answer(const Plist& request);
  [[nodiscard]] Plist answer_to(const std::string& type, const Plist& arguments);
  [[nodiscard]] Plist flash() const;
  void send_file(const Socket& port, const std::string& type, const std::string& image);
  void send_image();
  Talk& talk_;
  const Images& images_;
  Signing& signing_;
  std::uint64_t device_;
  Socket restored_;
  std::uint64_t last_operation_ = 0;
};

}  // namespace greenroom::test::engine

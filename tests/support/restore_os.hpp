// The restore OS of a model Mac: restored on port 62078 (each message a big-endian length and an XML property list) and
// ASR on port 12345. It asks for what idevicerestore 1.0.0 answers in line, compares every byte with the IPSW and with
// this Mac's own ticket, and does not go on after an answer that is wrong. The order of its requests is our choice: no real
// Mac was recorded.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tests/support/model_firmware.hpp"
#include "tests/support/usb_model_mac.hpp"
#include "tests/support/usbmuxd_stand_in.hpp"

namespace greenroom::test {

class RestoreOs final : public MuxDevice {
 public:
  RestoreOs(ModelMac mac, Octets ticket, const ModelFirmware& firmware)
      : mac_(std::move(mac)), ticket_(std::move(ticket)), firmware_(firmware) {}

  [[nodiscard]] std::string udid() const override;
  [[nodiscard]] bool listens(std::uint16_t port) const override;
  asio::awaitable<void> serve(std::uint16_t port, MuxSocket) override;

  bool lies = false;               // says that all is well at once, and does nothing
  int starts = 0;                  // StartRestore, which is the erase point
  bool erased = false;             // a StartRestore came, and the system image after it, whole
  std::vector<std::string> seen;   // requests and data types, in order
  std::vector<std::string> wrong;  // what a Mac would not have taken

 private:
  asio::awaitable<void> restored(MuxSocket&);
  asio::awaitable<bool> restore(MuxSocket&);
  asio::awaitable<bool> ask(MuxSocket&, std::string type, Plist arguments);
  asio::awaitable<bool> ask_for_image(MuxSocket&);
  asio::awaitable<void> take_image(MuxSocket&);
  asio::awaitable<std::string> what_is_wrong_with_the_image(MuxSocket&) const;
  [[nodiscard]] std::string what_is_wrong(const std::string& type, const Plist& answer) const;
  [[nodiscard]] std::string image_is_wrong(const Octets& sent, std::string_view component) const;

  ModelMac mac_;
  Octets ticket_;
  const ModelFirmware& firmware_;
  bool image_asked_ = false, image_whole_ = false;
  Event image_ended_;
};

}  // namespace greenroom::test

// The restore OS of a model Mac: restored on port 62078 (each message a big-endian length and an XML property list), ASR on
// port 12345, and on Apple silicon a port of its own for each answer. It says what its script has (restore_script.hpp),
// compares every byte with the IPSW and with this Mac's own tickets, and does not go on after an answer that is wrong.
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
  RestoreOs(ModelMac mac, Octets ticket, const ModelFirmware& firmware, Octets recovery_os_ticket = {})
      : mac_(std::move(mac)), ticket_(std::move(ticket)), os_ticket_(std::move(recovery_os_ticket)), firmware_(firmware) {}

  [[nodiscard]] std::string udid() const override;
  [[nodiscard]] bool listens(std::uint16_t port) const override;
  asio::awaitable<void> serve(std::uint16_t port, MuxSocket) override;

  bool lies = false;                    // says that all is well at once, and does nothing
  std::size_t cable_out_at = SIZE_MAX;  // the byte of the system image from which on nothing arrives
  int starts = 0;                       // StartRestore, which is the erase point
  bool erased = false;                  // a StartRestore came, and the system image after it, whole
  std::vector<std::string> seen;        // requests and data types, in order
  std::vector<std::string> wrong;       // what a Mac would not have taken

 private:
  asio::awaitable<void> restored(MuxSocket&);
  asio::awaitable<bool> restore(MuxSocket&);
  asio::awaitable<bool> ask(MuxSocket&, Plist message);
  asio::awaitable<void> take_answer(MuxSocket&);
  asio::awaitable<bool> take_refusal(MuxSocket&);
  asio::awaitable<bool> ask_for_image(MuxSocket&, const Plist& message);
  asio::awaitable<void> take_image(MuxSocket&);
  asio::awaitable<std::string> what_is_wrong_with_the_image(MuxSocket&) const;
  // restore_answers.cpp
  [[nodiscard]] std::string what_is_wrong(const std::string& type, const Plist& arguments, const Plist& answer) const;
  [[nodiscard]] std::string flash_is_wrong(const Plist& answer) const;
  [[nodiscard]] std::string file_is_wrong(const std::string& type, const std::string& image, const Octets& sent) const;
  [[nodiscard]] std::string policy_is_wrong(const Octets& sent) const;
  [[nodiscard]] std::string image_is_wrong(const Octets& sent, std::string_view component) const;

  ModelMac mac_;
  Octets ticket_, os_ticket_;
  const ModelFirmware& firmware_;
  bool image_asked_ = false, image_whole_ = false;
  Event image_ended_;
  std::uint16_t open_port_ = 0, last_port_ = 50000;  // as the Mac of the captures counts; 0: none
  bool pieces_ = false;
  Plist answer_;
  Event answered_;
};

}  // namespace greenroom::test

// A model Mac, T2 or Apple silicon as its firmware is, from DFU to the restore OS, as USB requests see it: iBSS by DFU, iBEC
// in the first recovery, the rest in the second, each command only in its place (boot_places.hpp) and each image only where
// it belongs, whole and with this Mac's own ticket. Pure. It also takes what puts it back, in that order, wherever it stands
// in recovery.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "tests/support/boot_places.hpp"
#include "tests/support/img4.hpp"
#include "tests/support/kis_boot.hpp"
#include "tests/support/usb_boot_model.hpp"
#include "tests/support/usb_model_mac.hpp"

namespace greenroom::test {

class MacBoot {
 public:
  enum class Stage { port_dfu, dfu, ibss, ibec, restore, recovery, booted };  // recovery: by its own iBoot

  // As what it arrives: Macs from about M3 on show their DFU in KIS, with the same strings inside; of M4 Macs the port
  // controller asks for its own firmware before, under an ECID of its own (macs.md 1.1, 2.4).
  enum class Arrival { dfu, kis, port_dfu };

  // What it says of its serial number in recovery.
  struct SerialShown {
    std::string text;
    Stage since = Stage::ibss;
    bool kept = true;  // false: the kernel has not read it
  };

  MacBoot(ModelMac, const ModelFirmware&, Arrival = Arrival::dfu);

  [[nodiscard]] UsbFace face() const;  // of this stage; who puts it on a port adds what answers
  std::optional<Octets> control(const UsbSetup&, const Octets& data);
  std::optional<Octets> bulk(std::uint8_t endpoint, const Octets& data);

  // It was told to start what it was sent; leaves() is true from then until leave() has put it into the next stage.
  [[nodiscard]] bool leaves() const { return leaves_; }
  void reset();
  void leave();
  void restart();   // by its power button, into what its saved auto-boot says
  void into_dfu();  // by its keys
  void restored();  // its restore OS is done and starts it, auto-boot on

  [[nodiscard]] Stage stage() const { return stage_; }
  [[nodiscard]] Octets ticket(TicketKind = TicketKind::restore) const;
  [[nodiscard]] std::uint64_t port_ecid() const;
  std::vector<std::string> commands;  // as they came
  std::vector<std::string> images;    // that it took: name, size, CRC-32 as gzip has it
  std::vector<std::string> wrong;     // what no Mac would have taken
  SerialShown shown;

 private:
  bool take(const std::string& line, std::uint8_t request);
  bool in_its_place(const std::string& line, std::uint8_t request);
  bool refuse(std::string why);
  [[nodiscard]] std::string dfu_string() const;
  [[nodiscard]] std::string who() const;
  bool accept_port(const Octets& image);
  bool accept(const Octets& image, const std::string& component);
  [[nodiscard]] std::string what_is_wrong(const Octets& image, const std::string& component) const;

  ModelMac mac_;
  const ModelFirmware& firmware_;
  Stage stage_;
  bool leaves_ = false, sent_ = false;
  Arrival arrival_;
  DfuModel port_{DfuModel::Of::port_controller};
  DfuModel dfu_;
  KisBoot kis_;
  RecoveryModel recovery_;
  std::deque<BootPlace> due_;
};

}  // namespace greenroom::test

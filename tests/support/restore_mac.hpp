// A model Mac, of the family that its firmware is for, that can be restored: its stages on a port of a testbed, and, once
// its restore OS runs, on a stand-in for usbmuxd. It re-enumerates by itself while the loop turns.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include "hw/async/task_group.hpp"
#include "tests/support/mac_boot.hpp"
#include "tests/support/restore_os.hpp"
#include "tests/support/usb_testbed.hpp"

namespace greenroom::test {

class RestoreMac {
 public:
  // At a port ("1-4.2") whose hubs stand there already.
  RestoreMac(asio::any_io_executor, unsigned number, const ModelFirmware&, UsbmuxdStandIn&, UsbTestbed&, std::string port,
             MacBoot::Arrival = MacBoot::Arrival::dfu);
  ~RestoreMac();
  RestoreMac(const RestoreMac&) = delete;
  RestoreMac& operator=(const RestoreMac&) = delete;
  void end();
  [[nodiscard]] bool ended() const { return tasks_.size() == 0; }

  // What makes another program see its testbed: variables for env(1).
  [[nodiscard]] std::vector<std::string> environment() const;
  [[nodiscard]] std::string root() const { return bed_.root(); }  // UMOCKDEV_DIR, for one that is linked to it
  [[nodiscard]] const std::string& port() const { return port_; }
  void unplug();                               // its cable, while it stands in DFU
  void cut_at(MacBoot::Stage, int transfers);  // it goes off its port after so many of that stage
  void shows(MacBoot::SerialShown);            // from its next arrival on
  void restart();                              // somebody holds its power button
  void hold_dfu_keys();
  void restart_restored();  // its restore OS is done
  [[nodiscard]] const ModelMac& identity() const { return identity_; }
  [[nodiscard]] std::uint64_t port_ecid() const { return boot_.port_ecid(); }
  [[nodiscard]] Octets ticket() const { return boot_.ticket(); }
  [[nodiscard]] MacBoot::Stage stage() const;
  [[nodiscard]] bool moving() const;                        // to its next stage
  [[nodiscard]] std::vector<std::string> commands() const;  // of recovery, as they came
  [[nodiscard]] std::vector<std::string> images() const;    // that it took
  [[nodiscard]] std::vector<std::string> wrong() const;     // of all its parts; empty when all was as it must be
  RestoreOs& os() { return os_; }

 private:
  void plug();
  void look();
  using Into = void (MacBoot::*)();
  void come_anew(Into);
  bool is_cut();
  asio::awaitable<void> re_enumerate(Into);

  ModelMac identity_;
  UsbmuxdStandIn& usbmuxd_;
  UsbTestbed& bed_;
  std::string port_;
  asio::any_io_executor executor_;
  mutable std::mutex mutex_;  // the testbed asks on a thread of its own
  MacBoot boot_;
  bool moving_ = false;
  bool plugged_ = false;  // the loop alone asks
  std::optional<MacBoot::Stage> cut_;
  int until_cut_ = 0;
  RestoreOs os_;
  TaskGroup tasks_;
};

}  // namespace greenroom::test

// What a testbed keeps of its devices and of what they were asked for. For usb_testbed.cpp alone.
#pragma once

#include <linux/usbdevice_fs.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "tests/support/usb_testbed.hpp"

namespace greenroom::test {

struct UsbTestbed::Urb {
  Urb(UMockdevIoctlClient* c, UMockdevIoctlData* u, UMockdevIoctlData* b, Steady::time_point d)
      : client(c), urb(umockdev_ioctl_data_ref(u)), buffer(b != nullptr ? umockdev_ioctl_data_ref(b) : nullptr), due(d) {}
  ~Urb() {
    umockdev_ioctl_data_unref(urb);
    if (buffer != nullptr) umockdev_ioctl_data_unref(buffer);
  }
  Urb(const Urb&) = delete;
  Urb& operator=(const Urb&) = delete;
  [[nodiscard]] usbdevfs_urb& fields() const { return *reinterpret_cast<usbdevfs_urb*>(urb->data); }
  UMockdevIoctlClient* client;  // whose it is: an open file of a program's has its own
  UMockdevIoctlData* urb;
  UMockdevIoctlData* buffer;
  Steady::time_point due;
  bool ended = false;
};

struct UsbTestbed::Device {
  UsbFace face;
  std::string port, node, sys;
  int devnum = 0, master = -1, far = -1;
  Steady::duration delay{};
  Steady::time_point plugged;
  bool gone = false, silent = false;
  int transfers = 0, opens = 0;
  std::vector<UMockdevIoctlClient*> clients;  // who has the node open
  std::vector<std::string> calls;
  std::deque<std::unique_ptr<Urb>> urbs;

  // Past the preload library, which takes every ioctl on what lies in /dev for a device's.
  void writable(bool yes) const { syscall(SYS_ioctl, far, TCXONC, yes ? TCOON : TCOOFF); }
  void show() const {
    if (!gone) writable(std::any_of(urbs.begin(), urbs.end(), [](const auto& u) { return u->ended; }));
  }
  // With an open file goes what was asked for by it.
  void forget_the_closed() {
    std::erase_if(clients, [this](UMockdevIoctlClient* client) {
      if (umockdev_ioctl_client_get_connected(client)) return false;
      std::erase_if(urbs, [client](const auto& u) { return u->client == client; });
      g_object_unref(client);
      return true;
    });
    show();
  }
};

}  // namespace greenroom::test

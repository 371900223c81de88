// A USB host with hubs and model devices, made by umockdev(7): the real libusb finds, opens and drives them. In a test
// program of its own, because the preload library is in the way of every open and ioctl.
//
// What is true to the kernel: sysfs and its cached strings, the messages of hot-plug, usbfs with URBs that end later, come
// back cancelled, or are refused when the device has left; a new devnum at each enumeration. A node is a pty's far end: it
// is writable when an URB can be reaped and hung up when the device has left, as usbfs's poll(2) says it.
#pragma once

#include <umockdev.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "tests/support/usb_face.hpp"

namespace greenroom::test {

class UsbTestbed {
 public:
  using Steady = std::chrono::steady_clock;

  UsbTestbed();  // with the root hub of bus 1
  ~UsbTestbed();
  UsbTestbed(const UsbTestbed&) = delete;
  UsbTestbed& operator=(const UsbTestbed&) = delete;

  // A device at "1-4.2"; its hubs stand there already. Each transfer takes `delay`. The devnum it got.
  int plug(const std::string& port, UsbFace face, Steady::duration delay = Steady::duration::zero());
  void unplug(const std::string& port);
  // Gives back what devices held that left and that nobody has open any more; plug() does so too. How many still are.
  int sweep();
  // The device never answers from now on; its transfers come back when they are cancelled.
  void hush(const std::string& port);

  // Called with each class, vendor and bulk transfer that a device was asked for, and with "reset", on a thread of the
  // testbed's, as all of a face is: it may not call back into the testbed. "21 01 0000 0000 68656c6c6f" goes out, "a1 03
  // 0000 0000 in 6" comes in, "bulk 04 ..." either way.
  std::function<void(const std::string& port, const std::string& what)> on_transfer;

  [[nodiscard]] Steady::time_point plugged(const std::string& port) const;  // when the message of its arrival went out
  [[nodiscard]] int transfers(const std::string& port) const;               // that it was asked for, since it was plugged in
  [[nodiscard]] int opens(const std::string& port) const;                   // of its node, since it was plugged in
  [[nodiscard]] std::vector<std::string> calls(const std::string& port) const;  // claim 0, alternate 1 1, reset ...
  [[nodiscard]] std::string root() const { return root_; }

 private:
  struct Urb;
  struct Device;

  static gboolean on_ioctl(UMockdevIoctlBase*, UMockdevIoctlClient*, gpointer self);
  static void on_connected(UMockdevIoctlBase*, UMockdevIoctlClient*, gpointer self);
  bool serve(UMockdevIoctlClient*);
  bool submit(Device&, UMockdevIoctlClient*, UMockdevIoctlData* urb);
  bool reap(Device&, UMockdevIoctlClient*, UMockdevIoctlData* pointer);
  void discard(Device&, UMockdevIoctlClient*);
  void complete_due();
  void carry_out(Device&, Urb&) const;
  void enter() const;
  void add(const std::string& text) const;
  void say(const std::string& port, const UsbFace&, int devnum) const;
  Device& at(const std::string& port);

  UMockdevTestbed* bed_;
  UMockdevIoctlBase* ioctls_;
  std::string root_;
  mutable std::mutex mutex_;
  std::condition_variable due_;
  std::map<std::string, std::shared_ptr<Device>> ports_;  // by port
  std::map<std::string, std::shared_ptr<Device>> nodes_;  // by node; those that left too, while somebody has them open
  int last_devnum_ = 1;
  bool ending_ = false;
  std::thread timer_;  // gives transfers back when they are due
};

}  // namespace greenroom::test

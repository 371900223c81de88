// Serial ports of a USB adapter as the kernel shows them, made by umockdev(7): the real libserialport lists and opens them.
// Their far end is the master of a pty. Linked into a test program of its own, because the preload library is in the way of
// every open and ioctl.
#pragma once

#include <gtest/gtest.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <umockdev.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

namespace greenroom::test {

class MockPorts {
 public:
  MockPorts() : bed_(umockdev_testbed_new()), ioctls_(umockdev_ioctl_base_new()) {
    g_signal_connect(ioctls_, "handle-ioctl", G_CALLBACK(&MockPorts::answer), this);
    root_ = take(umockdev_testbed_get_root_dir(bed_));
  }
  ~MockPorts() {
    g_object_unref(ioctls_);
    g_object_unref(bed_);
  }
  MockPorts(const MockPorts&) = delete;
  MockPorts& operator=(const MockPorts&) = delete;

  // An FT232R whose serial number is `serial`, as /dev/NAME. The far end's descriptor.
  int plug(const std::string& name, const std::string& serial) {
    const std::string usb = "/devices/pci0000:00/0000:00:14.0/usb1/1-" + name.substr(6);
    add("P: " + usb + "\nE: SUBSYSTEM=usb\nE: DEVTYPE=usb_device\n" +
        "A: idVendor=0403\\n\nA: idProduct=6001\\n\nA: product=FT232R USB UART\\n\nA: serial=" + serial +
        "\\n\nA: busnum=1\\n\nA: devnum=4\\n\n\n");
    add("P: " + usb + "/" + usb.substr(usb.rfind('/') + 1) + ":1.0\nE: SUBSYSTEM=usb\nE: DEVTYPE=usb_interface\n\n");
    const std::string interface = usb + "/" + usb.substr(usb.rfind('/') + 1) + ":1.0/" + name;
    add("P: " + interface + "\nE: SUBSYSTEM=usb-serial\n\n");
    add("P: " + interface + "/tty/" + name + "\nN: " + name + "\nE: DEVNAME=/dev/" + name +
        "\nE: SUBSYSTEM=tty\nE: MAJOR=188\nE: MINOR=" + name.substr(6) + "\nA: dev=188:" + name.substr(6) +
        "\\n\nL: device=../../../" + name + "\n\n");
    GError* error = nullptr;
    if (!umockdev_testbed_attach_ioctl(bed_, ("/dev/" + name).c_str(), ioctls_, &error)) ADD_FAILURE() << error->message;
    at_ = "/sys" + interface + "/tty/" + name;
    return umockdev_testbed_get_dev_fd(bed_, ("/dev/" + name).c_str());
  }
  // As udev does: /dev/serial/by-id/LINK leads to the port, or to nothing once it is unplugged.
  void link(const std::string& link, const std::string& name) const {
    const std::filesystem::path by_id = root_ + "/dev/serial/by-id";
    std::filesystem::create_directories(by_id);
    std::filesystem::remove(by_id / link);
    std::filesystem::create_symlink("../../" + name, by_id / link);
  }
  void unplug(int far) const {
    close(far);  // the port is hung up
    umockdev_testbed_remove_device(bed_, at_.c_str());
    std::filesystem::remove_all(root_ + "/dev/.ptymap/");  // stays behind, and in the way of the next port on that pty
    std::filesystem::create_directory(root_ + "/dev/.ptymap");
  }
  [[nodiscard]] std::string folder() const { return root_; }
  int exclusive{};  // ports taken with TIOCEXCL

 private:
  static std::string take(char* text) {
    std::string s(text);
    g_free(text);
    return s;
  }
  void add(const std::string& text) const {
    GError* error = nullptr;
    if (!umockdev_testbed_add_from_string(bed_, text.c_str(), &error)) ADD_FAILURE() << error->message;
  }
  // A pty has no modem lines. What is not answered here is refused with ENOTTY.
  static gboolean answer(UMockdevIoctlBase*, UMockdevIoctlClient* client, gpointer self) {
    switch (umockdev_ioctl_client_get_request(client)) {
      case TIOCEXCL: ++static_cast<MockPorts*>(self)->exclusive; break;
      case FIONBIO:  // Asio's; libserialport has opened the port so
      case TIOCMGET:
      case TIOCMBIC:
      case TIOCMBIS:
      case TIOCMSET: break;
      default: return FALSE;
    }
    umockdev_ioctl_client_complete(client, 0, 0);
    return TRUE;
  }

  UMockdevTestbed* bed_;
  UMockdevIoctlBase* ioctls_;
  std::string root_, at_;
};

}  // namespace greenroom::test

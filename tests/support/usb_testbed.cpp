#include <fcntl.h>
#include <fmt/format.h>
#include <linux/usbdevice_fs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <utility>

#include "tests/support/usb_testbed_parts.hpp"

namespace greenroom::test {

namespace {

std::string hex(const Octets& bytes) {
  std::string text;
  for (const std::uint8_t b : bytes) text += fmt::format("{:02X}", b);
  return text;
}

// "1-4.2" hangs below "1-4", and that below the root hub.
std::string sys_of(const std::string& port) {
  std::string path = "/devices/pci0000:00/0000:00:14.0/usb1";
  for (std::size_t dot = port.find('.'); port != "usb1"; dot = port.find('.', dot + 1)) {
    path += "/" + port.substr(0, dot);
    if (dot == std::string::npos) break;
  }
  return path;
}

}  // namespace

UsbTestbed::UsbTestbed() : bed_(umockdev_testbed_new()), ioctls_(umockdev_ioctl_base_new()) {
  g_signal_connect(ioctls_, "handle-ioctl", G_CALLBACK(&UsbTestbed::on_ioctl), this);
  g_signal_connect(ioctls_, "client-connected", G_CALLBACK(&UsbTestbed::on_connected), this);
  char* root = umockdev_testbed_get_root_dir(bed_);
  root_ = root;
  g_free(root);
  std::filesystem::create_directories(root_ + "/dev/bus/usb/001");
  close(creat((root_ + "/dev/bus/usb/001/001").c_str(), 0600));
  UsbFace hub = hub_face();
  hub.vendor = 0x1d6b;
  hub.product = 2;
  say("usb1", hub, 1);
  timer_ = std::thread([this] { complete_due(); });
}

UsbTestbed::~UsbTestbed() {
  std::vector<std::string> there;
  for (const auto& [port, device] : ports_) there.push_back(port);
  for (auto it = there.rbegin(); it != there.rend(); ++it) unplug(*it);  // a hub after what hangs below it
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  due_.notify_all();
  timer_.join();
  g_object_unref(ioctls_);
  g_object_unref(bed_);
  for (const auto& [node, device] : nodes_) {
    for (UMockdevIoctlClient* client : device->clients) g_object_unref(client);
    close(device->far);
  }
}

// A program may have several testbeds, and what sends the messages of hot-plug looks a device up where this says.
void UsbTestbed::enter() const {
  const char* now = std::getenv("UMOCKDEV_DIR");
  if (now == nullptr || root_ != now) setenv("UMOCKDEV_DIR", root_.c_str(), 1);
}

void UsbTestbed::add(const std::string& text) const {
  enter();
  GError* error = nullptr;
  if (umockdev_testbed_add_from_string(bed_, text.c_str(), &error)) return;
  const std::string why = error->message;
  g_error_free(error);
  throw std::runtime_error(why);
}

void UsbTestbed::say(const std::string& port, const UsbFace& face, int devnum) const {
  std::string text = fmt::format(
      "P: {}\nE: SUBSYSTEM=usb\nE: DEVTYPE=usb_device\nE: DEVNAME=/dev/bus/usb/001/{:03}\n"
      "E: BUSNUM=001\nE: DEVNUM={:03}\nE: MAJOR=189\nE: MINOR={}\nA: busnum=1\\n\nA: devnum={}\\n\n"
      "A: idVendor={:04x}\\n\nA: idProduct={:04x}\\n\nA: speed={}\\n\nA: bConfigurationValue=1\\n\nH: descriptors={}\n",
      sys_of(port), devnum, devnum, devnum - 1, devnum, face.vendor, face.product, face.speed_Mbps,
      hex(descriptors_of(face)));
  if (face.kept && !face.serial().empty()) text += "A: serial=" + face.serial() + "\\n\n";
  add(text + "\n");
}

UsbTestbed::Device& UsbTestbed::at(const std::string& port) {
  const auto found = ports_.find(port);
  if (found == ports_.end()) throw std::logic_error("nothing is plugged in at " + port);
  return *found->second;
}

int UsbTestbed::plug(const std::string& port, UsbFace face, Steady::duration delay) {
  const auto device = std::make_shared<Device>();
  device->port = port;
  device->sys = sys_of(port);
  device->delay = delay;
  sweep();
  {
    const std::lock_guard lock(mutex_);
    if (nodes_.size() >= 126) throw std::logic_error("a bus has 127 numbers, and all are in use");
    do {
      last_devnum_ = last_devnum_ % 127 + 1;  // as the kernel numbers: upwards, over those in use
      device->node = fmt::format("/dev/bus/usb/001/{:03}", last_devnum_);
    } while (last_devnum_ == 1 || nodes_.contains(device->node));
  }
  device->devnum = last_devnum_;
  device->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  char far[64] = {};
  if (grantpt(device->master) != 0 || unlockpt(device->master) != 0 || ptsname_r(device->master, far, sizeof far) != 0)
    throw std::runtime_error(std::string("no pty: ") + std::strerror(errno));
  // Past the preload library, which keeps count of all that is open in /dev, and has room for 50.
  device->far = static_cast<int>(syscall(SYS_openat, AT_FDCWD, far, O_RDWR | O_NOCTTY | O_CLOEXEC));
  device->writable(false);
  std::filesystem::create_symlink(far, root_ + device->node);
  GError* error = nullptr;
  if (!umockdev_testbed_attach_ioctl(bed_, device->node.c_str(), ioctls_, &error)) throw std::runtime_error(error->message);
  device->face = face;
  device->plugged = Steady::now();
  {
    const std::lock_guard lock(mutex_);
    ports_[port] = device;
    nodes_[device->node] = device;
  }
  say(port, face, device->devnum);  // last: from here it may be opened
  return device->devnum;
}

void UsbTestbed::unplug(const std::string& port) {
  std::shared_ptr<Device> device;
  {
    const std::lock_guard lock(mutex_);
    device = ports_.at(port);
    device->gone = true;
    for (const auto& urb : device->urbs) {
      if (!std::exchange(urb->ended, true)) urb->fields().status = -ESHUTDOWN;
    }
    ports_.erase(port);
    close(device->master);  // the far end is hung up
  }
  enter();
  umockdev_testbed_uevent(bed_, ("/sys" + device->sys).c_str(), "remove");
  umockdev_testbed_remove_device(bed_, ("/sys" + device->sys).c_str());
  std::filesystem::remove(root_ + device->node);
}

// A node of a device that left goes when nobody has it open any more; its number is free again then.
int UsbTestbed::sweep() {
  int still = 0;
  std::vector<std::shared_ptr<Device>> over;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [node, device] : nodes_) {
      device->forget_the_closed();
      if (!device->gone) continue;
      if (device->clients.empty()) over.push_back(device);
      else ++still;
    }
    for (const auto& device : over) nodes_.erase(device->node);
  }
  for (const auto& device : over) {
    umockdev_testbed_detach_ioctl(bed_, device->node.c_str(), nullptr);
    close(device->far);
  }
  return still;
}

void UsbTestbed::hush(const std::string& port) {
  const std::lock_guard lock(mutex_);
  at(port).silent = true;
}

UsbTestbed::Steady::time_point UsbTestbed::plugged(const std::string& port) const {
  const std::lock_guard lock(mutex_);
  return ports_.at(port)->plugged;
}
int UsbTestbed::transfers(const std::string& port) const {
  const std::lock_guard lock(mutex_);
  return ports_.at(port)->transfers;
}
int UsbTestbed::opens(const std::string& port) const {
  const std::lock_guard lock(mutex_);
  return ports_.at(port)->opens;
}
std::vector<std::string> UsbTestbed::calls(const std::string& port) const {
  const std::lock_guard lock(mutex_);
  return ports_.at(port)->calls;
}

// ---- usbfs ----

gboolean UsbTestbed::on_ioctl(UMockdevIoctlBase*, UMockdevIoctlClient* client, gpointer self) {
  return static_cast<UsbTestbed*>(self)->serve(client) ? TRUE : FALSE;
}

void UsbTestbed::on_connected(UMockdevIoctlBase*, UMockdevIoctlClient* client, gpointer self) {
  auto& bed = *static_cast<UsbTestbed*>(self);
  const std::lock_guard lock(bed.mutex_);
  const auto found = bed.nodes_.find(umockdev_ioctl_client_get_devnode(client));
  if (found != bed.nodes_.end()) found->second->clients.push_back(UMOCKDEV_IOCTL_CLIENT(g_object_ref(client)));
}

bool UsbTestbed::serve(UMockdevIoctlClient* client) {
  const std::lock_guard lock(mutex_);
  const auto found = nodes_.find(umockdev_ioctl_client_get_devnode(client));
  if (found == nodes_.end()) return false;
  Device& device = *found->second;
  const unsigned long request = umockdev_ioctl_client_get_request(client);
  // A caller's pointer as bytes of its own memory, as long as the request says (_IOC_SIZE); nothing where it passes none.
  UMockdevIoctlData* argument = nullptr;
  const bool passes = _IOC_SIZE(request) > 0 && request != USBDEVFS_DISCARDURB;
  if (passes) argument = umockdev_ioctl_data_resolve(umockdev_ioctl_client_get_arg(client), 0, _IOC_SIZE(request), nullptr);
  if (passes && argument == nullptr) return umockdev_ioctl_client_complete(client, -1, EFAULT), true;  // it was killed
  const auto word = [argument](int n) { return reinterpret_cast<const std::uint32_t*>(argument->data)[n]; };
  bool served = true;
  long result = device.gone ? -1 : 0;
  switch (request) {
    case USBDEVFS_REAPURBNDELAY:
      served = reap(device, client, argument);
      result = 1;
      break;
    case USBDEVFS_DISCARDURB:
      discard(device, client);
      result = 1;
      break;
    case USBDEVFS_SUBMITURB:
      if (!device.gone) served = submit(device, client, argument), result = 1;
      break;
    case USBDEVFS_GET_CAPABILITIES: {
      ++device.opens;
      const std::uint32_t can =
          USBDEVFS_CAP_ZERO_PACKET | USBDEVFS_CAP_NO_PACKET_SIZE_LIM | USBDEVFS_CAP_REAP_AFTER_DISCONNECT;
      std::memcpy(argument->data, &can, sizeof can);
      break;
    }
    case USBDEVFS_CLAIMINTERFACE: device.calls.push_back(fmt::format("claim {}", word(0))); break;
    case USBDEVFS_RELEASEINTERFACE: device.calls.push_back(fmt::format("release {}", word(0))); break;
    case USBDEVFS_SETINTERFACE: device.calls.push_back(fmt::format("alternate {} {}", word(0), word(1))); break;
    case USBDEVFS_SETCONFIGURATION: device.calls.push_back(fmt::format("configuration {}", word(0))); break;
    case USBDEVFS_RESET:
      device.calls.emplace_back("reset");
      if (on_transfer && !device.gone) on_transfer(device.port, "reset");
      if (device.face.reset && !device.gone) device.face.reset();
      break;
    default:
      served = false;
      result = 1;
      break;
  }
  if (result <= 0) umockdev_ioctl_client_complete(client, result, result < 0 ? ENODEV : 0);
  if (argument != nullptr) umockdev_ioctl_data_unref(argument);
  return served;
}

bool UsbTestbed::submit(Device& device, UMockdevIoctlClient* client, UMockdevIoctlData* urb) {
  const auto& fields = *reinterpret_cast<const usbdevfs_urb*>(urb->data);
  UMockdevIoctlData* buffer = nullptr;
  if (const auto size = static_cast<gsize>(fields.buffer_length); size > 0) {
    buffer = umockdev_ioctl_data_resolve(urb, offsetof(usbdevfs_urb, buffer), size, nullptr);
    if (buffer == nullptr) return umockdev_ioctl_client_complete(client, -1, EFAULT), true;
  }
  ++device.transfers;
  device.urbs.push_back(std::make_unique<Urb>(client, urb, buffer, Steady::now() + device.delay));
  if (buffer != nullptr) umockdev_ioctl_data_unref(buffer);
  umockdev_ioctl_client_complete(client, 0, 0);
  due_.notify_all();
  return true;
}

bool UsbTestbed::reap(Device& device, UMockdevIoctlClient* client, UMockdevIoctlData* pointer) {
  const auto ended = std::find_if(device.urbs.begin(), device.urbs.end(),
                                  [client](const auto& u) { return u->ended && u->client == client; });
  if (ended == device.urbs.end()) {
    device.forget_the_closed();
    umockdev_ioctl_client_complete(client, -1, device.gone ? ENODEV : EAGAIN);
    return true;
  }
  umockdev_ioctl_data_set_ptr(pointer, 0, (*ended)->urb);
  umockdev_ioctl_client_complete(client, 0, 0);
  device.urbs.erase(ended);
  device.show();
  return true;
}

void UsbTestbed::discard(Device& device, UMockdevIoctlClient* client) {
  const auto which = *reinterpret_cast<gulong*>(umockdev_ioctl_client_get_arg(client)->data);
  for (const auto& urb : device.urbs) {
    if (urb->client != client || urb->urb->client_addr != which || urb->ended) continue;
    urb->ended = true;
    urb->fields().status = -ENOENT;
    device.show();
    return umockdev_ioctl_client_complete(client, 0, 0);
  }
  umockdev_ioctl_client_complete(client, -1, EINVAL);
}

// ---- the devices ----

void UsbTestbed::carry_out(Device& device, Urb& urb) const {
  usbdevfs_urb& fields = urb.fields();
  urb.ended = true;
  const bool control = fields.type == USBDEVFS_URB_TYPE_CONTROL;
  std::uint8_t* at = urb.buffer != nullptr ? urb.buffer->data : nullptr;
  const auto size = static_cast<std::size_t>(fields.buffer_length);
  UsbSetup setup;
  if (control) {
    const auto word = [at](int n) { return static_cast<std::uint16_t>(at[n] | at[n + 1] << 8); };
    setup = {at[0], at[1], word(2), word(4), word(6)};
  }
  const bool in = ((control ? setup.type : fields.endpoint) & 0x80) != 0;
  const std::size_t setup_bytes = control ? 8 : 0;
  const Octets data = in || at == nullptr ? Octets{} : Octets(at + setup_bytes, at + size);
  constexpr std::uint8_t class_or_vendor = 0x60;  // the standard's own requests are the enumeration of a device
  if (on_transfer && (!control || (setup.type & class_or_vendor) != 0)) {
    const std::string what =
        control ? fmt::format("{:02x} {:02x} {:04x} {:04x}", setup.type, setup.request, setup.value, setup.index)
                : fmt::format("bulk {:02x}", fields.endpoint);
    on_transfer(device.port, in ? fmt::format("{} in {}", what, size - setup_bytes) : fmt::format("{} {}", what, hex(data)));
  }
  std::optional<Octets> reply;
  if (control) reply = answer(device.face, setup, data);
  else if (device.face.bulk) reply = device.face.bulk(fields.endpoint, data, size);
  fields.status = reply ? 0 : -EPIPE;
  fields.actual_length = 0;
  if (!reply) return;
  if (!in) {
    fields.actual_length = static_cast<int>(size - setup_bytes);
    return;
  }
  const std::size_t moved = std::min(reply->size(), size - setup_bytes);
  if (moved > 0) std::memcpy(at + setup_bytes, reply->data(), moved);
  fields.actual_length = static_cast<int>(moved);
}

void UsbTestbed::complete_due() {
  std::unique_lock lock(mutex_);
  while (!ending_) {
    auto next = Steady::time_point::max();
    for (const auto& [port, device] : ports_) {
      for (const auto& urb : device->urbs) {
        if (urb->ended || device->silent) continue;
        if (urb->due <= Steady::now()) {
          carry_out(*device, *urb);
          device->show();
        } else {
          next = std::min(next, urb->due);
        }
      }
    }
    if (next == Steady::time_point::max()) due_.wait(lock);
    else due_.wait_until(lock, next);
  }
}

}  // namespace greenroom::test

// All that Greenroom asks of libusb. libusb is told to look at its descriptors (`pump`) when the loop sees one ready, and
// calls back only from there; its locks are held while it does.
#include <fmt/format.h>
#include <libusb.h>
#include <poll.h>

#include <algorithm>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cstring>
#include <map>
#include <utility>
#include <vector>

#include "hw/usb/usb_sysfs.hpp"
#include "hw/usb/wired_bus.hpp"

namespace greenroom {
namespace {

using Descriptor = asio::posix::stream_descriptor;

constexpr std::size_t setup_size = LIBUSB_CONTROL_SETUP_SIZE;

tl::unexpected<WireError> refused(int code) {
  const auto fault = code == LIBUSB_ERROR_NO_DEVICE || code == LIBUSB_ERROR_NOT_FOUND ? WireFault::gone
                     : code == LIBUSB_ERROR_ACCESS                                    ? WireFault::permission
                     : code == LIBUSB_ERROR_BUSY                                      ? WireFault::busy
                                                                                      : WireFault::other;
  return tl::unexpected(WireError(fault, libusb_strerror(static_cast<libusb_error>(code))));
}

WireFault fault_of(libusb_transfer_status status) {
  switch (status) {
    case LIBUSB_TRANSFER_STALL: return WireFault::stall;
    case LIBUSB_TRANSFER_OVERFLOW: return WireFault::overflow;
    case LIBUSB_TRANSFER_NO_DEVICE: return WireFault::gone;
    default: return WireFault::broken;
  }
}

std::uint32_t speed_of(libusb_device* device) {
  switch (libusb_get_device_speed(device)) {
    case LIBUSB_SPEED_LOW: return 1;
    case LIBUSB_SPEED_FULL: return 12;
    case LIBUSB_SPEED_HIGH: return 480;
    case LIBUSB_SPEED_SUPER: return 5000;
    case LIBUSB_SPEED_SUPER_PLUS: return 10000;
    default: return 0;
  }
}

class LibusbWire final : public UsbWire {
 public:
  LibusbWire(asio::any_io_executor executor, WireEvents& events, const LibusbOptions& options)
      : executor_(std::move(executor)), events_(events), host_(options.host), sysfs_(options.sysfs) {}
  ~LibusbWire() override;
  LibusbWire(const LibusbWire&) = delete;
  LibusbWire& operator=(const LibusbWire&) = delete;

  Result<void> start();
  WireResult<WireHandle> open(WireDevice) override;
  void close(WireHandle) override;
  WireResult<void> claim(WireHandle, std::uint8_t interface, std::uint8_t alternate) override;
  WireResult<void> reset(WireHandle) override;
  WireResult<void> submit(WireHandle, WireTransfer, const TransferWish&) override;
  void cancel(WireTransfer) override;

 private:
  struct Watch {
    Watch(const asio::any_io_executor& e, int fd, short w) : descriptor(e, fd), wanted(w) {}
    Descriptor descriptor;
    short wanted;
  };
  struct Transfer {
    Transfer(LibusbWire& w, WireTransfer n) : wire(w), number(n) {}
    ~Transfer() { libusb_free_transfer(raw); }
    Transfer(const Transfer&) = delete;
    Transfer& operator=(const Transfer&) = delete;
    LibusbWire& wire;
    WireTransfer number;
    libusb_transfer* raw = libusb_alloc_transfer(0);
    std::vector<unsigned char> buffer;
  };

  static void LIBUSB_CALL fd_added(int fd, short events, void* self);
  static void LIBUSB_CALL fd_removed(int fd, void* self);
  static int LIBUSB_CALL hotplug(libusb_context*, libusb_device*, libusb_hotplug_event, void* self);
  static void LIBUSB_CALL given_back(libusb_transfer*);
  void arm(const std::shared_ptr<Watch>&);
  void pump();
  void arrived(libusb_device*);
  void left(libusb_device*);
  [[nodiscard]] std::optional<PortPath> path_of(libusb_device*) const;

  asio::any_io_executor executor_;
  WireEvents& events_;
  std::string host_, sysfs_;
  libusb_context* context_ = nullptr;
  std::map<int, std::shared_ptr<Watch>> watched_;
  std::map<WireDevice, libusb_device*> devices_;
  std::map<WireHandle, libusb_device_handle*> handles_;
  std::map<WireTransfer, std::unique_ptr<Transfer>> transfers_;
  std::uint64_t named_ = 0;
};

// ---- the loop ----

Result<void> LibusbWire::start() {
  if (const int r = libusb_init(&context_); r != 0) {
    context_ = nullptr;
    return fail(Errc::refused, fmt::format("this machine shows no USB in /dev/bus/usb ({}); add a USB host controller, or "
                                           "pass one through to this container or virtual machine",
                                           libusb_strerror(static_cast<libusb_error>(r))));
  }
  libusb_set_pollfd_notifiers(context_, fd_added, fd_removed, this);
  const libusb_pollfd** fds = libusb_get_pollfds(context_);
  for (const libusb_pollfd** fd = fds; fd != nullptr && *fd != nullptr; ++fd) fd_added((*fd)->fd, (*fd)->events, this);
  libusb_free_pollfds(fds);
  const int both = LIBUSB_HOTPLUG_EVENT_DEVICE_ARRIVED | LIBUSB_HOTPLUG_EVENT_DEVICE_LEFT;
  const int any = LIBUSB_HOTPLUG_MATCH_ANY;
  const int r =
      libusb_hotplug_register_callback(context_, both, LIBUSB_HOTPLUG_ENUMERATE, any, any, any, hotplug, this, nullptr);
  if (r == 0) return {};
  return fail(Errc::refused, fmt::format("USB devices that come and go cannot be watched: {}",
                                         libusb_strerror(static_cast<libusb_error>(r))));
}

LibusbWire::~LibusbWire() {
  for (const auto& [number, transfer] : transfers_) libusb_cancel_transfer(transfer->raw);
  // They come back at once, or their devices are gone. What the kernel keeps longer than this is its defect: libusb
  // forgets it as its handle closes, and it is freed below.
  timeval patience{0, 10'000};
  for (int round = 0; round < 20 && !transfers_.empty(); ++round)
    libusb_handle_events_timeout_completed(context_, &patience, nullptr);
  for (const auto& [name, handle] : handles_) libusb_close(handle);
  for (const auto& [name, device] : devices_) libusb_unref_device(device);
  if (context_ == nullptr) return;
  libusb_set_pollfd_notifiers(context_, nullptr, nullptr, nullptr);
  for (const auto& [fd, watch] : watched_) watch->descriptor.release();
  libusb_exit(context_);
}

void LibusbWire::fd_added(int fd, short events, void* self) {
  auto& wire = *static_cast<LibusbWire*>(self);
  const auto watch = std::make_shared<Watch>(wire.executor_, fd, events);
  wire.watched_.insert_or_assign(fd, watch);
  wire.arm(watch);
}

void LibusbWire::fd_removed(int fd, void* self) {
  auto& wire = *static_cast<LibusbWire*>(self);
  const auto found = wire.watched_.find(fd);
  if (found == wire.watched_.end()) return;
  found->second->descriptor.release();  // libusb closes it
  wire.watched_.erase(found);
}

// The watch is gone when the descriptor is, and with the wire at the latest.
void LibusbWire::arm(const std::shared_ptr<Watch>& watch) {
  const auto what = (watch->wanted & POLLOUT) != 0 ? Descriptor::wait_write : Descriptor::wait_read;
  const std::weak_ptr<Watch> weak = watch;
  watch->descriptor.async_wait(what, [this, weak](boost::system::error_code error) {
    if (weak.expired()) return;
    if (error) return events_.broke(Error(Errc::device_gone, "USB cannot be watched: " + error.message()));
    pump();
    if (const auto again = weak.lock()) arm(again);
  });
}

void LibusbWire::pump() {
  timeval at_once{0, 0};
  const int r = libusb_handle_events_timeout_completed(context_, &at_once, nullptr);
  if (r != 0 && r != LIBUSB_ERROR_INTERRUPTED)
    events_.broke(Error(Errc::device_gone, std::string("libusb: ") + libusb_strerror(static_cast<libusb_error>(r))));
  events_.settle();
}

// ---- devices ----

int LibusbWire::hotplug(libusb_context*, libusb_device* device, libusb_hotplug_event event, void* self) {
  auto& wire = *static_cast<LibusbWire*>(self);
  if (event == LIBUSB_HOTPLUG_EVENT_DEVICE_ARRIVED) wire.arrived(device);
  else wire.left(device);
  return 0;
}

std::optional<PortPath> LibusbWire::path_of(libusb_device* device) const {
  std::uint8_t ports[7];
  const int depth = libusb_get_port_numbers(device, ports, sizeof ports);
  if (depth <= 0) return std::nullopt;  // a root hub stands at no port
  std::string text = fmt::format("{}/{}", host_, libusb_get_bus_number(device));
  for (int i = 0; i < depth; ++i) text += fmt::format("{}{}", i == 0 ? '-' : '.', ports[i]);
  auto path = PortPath::parse(text);
  if (!path) return std::nullopt;
  return std::move(*path);
}

void LibusbWire::arrived(libusb_device* device) {
  const auto known = std::find_if(devices_.begin(), devices_.end(), [device](const auto& d) { return d.second == device; });
  libusb_device_descriptor facts{};
  const auto path = path_of(device);
  if (known != devices_.end() || !path || libusb_get_device_descriptor(device, &facts) != 0) return;
  const std::uint8_t address = libusb_get_device_address(device);
  // libusb reads the ids of a device from the folder of its port, which may be its successor's by now: its departure and
  // that one's arrival are already on their way.
  if (replaced(sysfs_, *path, address)) return;
  UsbSighting seen(*path, facts.idVendor, facts.idProduct, facts.bcdDevice,
                   kept_serial(sysfs_, *path, address).value_or(std::string()));
  seen.device_class = facts.bDeviceClass;
  seen.address = address;
  seen.speed_Mbps = speed_of(device);
  const auto name = static_cast<WireDevice>(++named_);
  devices_.emplace(name, libusb_ref_device(device));
  events_.arrived(name, std::move(seen), facts.iSerialNumber);
}

void LibusbWire::left(libusb_device* device) {
  const auto known = std::find_if(devices_.begin(), devices_.end(), [device](const auto& d) { return d.second == device; });
  if (known == devices_.end()) return;
  const WireDevice name = known->first;
  devices_.erase(known);
  events_.left(name);
  libusb_unref_device(device);
}

WireResult<WireHandle> LibusbWire::open(WireDevice device) {
  const auto known = devices_.find(device);
  if (known == devices_.end()) return refused(LIBUSB_ERROR_NO_DEVICE);
  libusb_device_handle* handle = nullptr;
  if (const int r = libusb_open(known->second, &handle); r != 0) return refused(r);
  const auto name = static_cast<WireHandle>(++named_);
  handles_.emplace(name, handle);
  return name;
}

void LibusbWire::close(WireHandle handle) {
  const auto found = handles_.find(handle);
  libusb_close(found->second);
  handles_.erase(found);
}

// A claim is the kernel's affair; a configuration or an alternate setting costs the device one request, which the kernel
// ends after 5 s at the latest. libirecovery sets neither where it need not.
WireResult<void> LibusbWire::claim(WireHandle name, std::uint8_t interface, std::uint8_t alternate) {
  libusb_device_handle* handle = handles_.at(name);
  int configuration = 0;
  int r = libusb_get_configuration(handle, &configuration);
  if (r == 0 && configuration != 1) r = libusb_set_configuration(handle, 1);
  if (r == 0) r = libusb_claim_interface(handle, interface);
  if (r == 0 && alternate != 0) r = libusb_set_interface_alt_setting(handle, interface, alternate);
  if (r != 0) return refused(r);
  return {};
}

// The one call that holds up the loop: libusb has no reset that waits elsewhere. It takes as long as the kernel's port reset
// and re-enumeration; how long that is with a Mac that comes back in another mode is not measured yet.
WireResult<void> LibusbWire::reset(WireHandle name) {
  if (const int r = libusb_reset_device(handles_.at(name)); r != 0) return refused(r);
  return {};
}

// ---- transfers: libusb's own timeouts are off, the bus has the deadlines ----

WireResult<void> LibusbWire::submit(WireHandle name, WireTransfer number, const TransferWish& wish) {
  auto transfer = std::make_unique<Transfer>(*this, number);
  libusb_device_handle* handle = handles_.at(name);
  const bool control = wish.endpoint == 0;
  const std::size_t header = control ? setup_size : 0;
  const std::size_t length = wish.in() ? wish.length : wish.out.size();
  transfer->buffer.resize(std::max<std::size_t>(header + length, 1));
  unsigned char* buffer = transfer->buffer.data();
  if (!wish.in() && length > 0) std::memcpy(buffer + header, wish.out.data(), length);
  if (control) {
    libusb_fill_control_setup(buffer, wish.setup.type, wish.setup.request, wish.setup.value, wish.setup.index,
                              static_cast<std::uint16_t>(length));
    libusb_fill_control_transfer(transfer->raw, handle, buffer, given_back, transfer.get(), 0);
  } else {
    libusb_fill_bulk_transfer(transfer->raw, handle, wish.endpoint, buffer, static_cast<int>(length), given_back,
                              transfer.get(), 0);
  }
  if (const int r = libusb_submit_transfer(transfer->raw); r != 0) return refused(r);
  transfers_.emplace(number, std::move(transfer));
  return {};
}

void LibusbWire::cancel(WireTransfer number) {
  const auto found = transfers_.find(number);
  if (found != transfers_.end()) libusb_cancel_transfer(found->second->raw);
}

void LibusbWire::given_back(libusb_transfer* raw) {
  const auto& transfer = *static_cast<Transfer*>(raw->user_data);
  LibusbWire& wire = transfer.wire;
  const WireTransfer number = transfer.number;
  if (raw->status == LIBUSB_TRANSFER_COMPLETED) {
    const std::size_t header = raw->type == LIBUSB_TRANSFER_TYPE_CONTROL ? setup_size : 0;
    const auto* begin = reinterpret_cast<const std::byte*>(transfer.buffer.data() + header);
    wire.events_.moved(number, UsbBytes(begin, begin + std::max(raw->actual_length, 0)));
  } else {
    wire.events_.moved(number, tl::unexpected(WireError(fault_of(raw->status), "the transfer failed")));
  }
  wire.transfers_.erase(number);
}

}  // namespace

Result<std::unique_ptr<UsbBus>> make_libusb_bus(asio::any_io_executor executor, Clock& clock, LibusbOptions options) {
  auto bus = std::make_unique<WiredBus>(clock, options);
  auto wire = std::make_unique<LibusbWire>(std::move(executor), bus->events(), options);
  if (auto started = wire->start(); !started) return fail(started.error());
  bus->use(std::move(wire));
  return bus;
}

}  // namespace greenroom

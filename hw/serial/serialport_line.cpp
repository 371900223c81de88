// `serial:` lines, and the listing of ports: all that Greenroom asks of libserialport. Waiting is not libserialport's: it
// opens ports with VMIN 0, so that Asio's own read would take silence for the end; its non-blocking calls do.
//
// Closing a port leaves DTR up (no HUPCL, termios(3): "lower modem control lines after last process closes the device"):
// some devices take a fall of DTR for a hang-up, and a restart of the service must not be one. Opening raises DTR and RTS,
// which Linux does for every open of a port and which no setting keeps back.
#include <fcntl.h>
#include <fmt/format.h>
#include <libserialport.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "hw/serial/device_lock.hpp"
#include "hw/serial/line_device.hpp"
#include "hw/serial/ports.hpp"

namespace greenroom {
namespace {

struct FreePort {
  void operator()(sp_port* p) const { sp_free_port(p); }
};
struct FreeConfig {
  void operator()(sp_port_config* c) const { sp_free_config(c); }
};
using Port = std::unique_ptr<sp_port, FreePort>;
using Config = std::unique_ptr<sp_port_config, FreeConfig>;

Config new_config() {
  sp_port_config* made = nullptr;
  sp_new_config(&made);
  return Config(made);
}

sp_parity parity_of(Parity p) {
  return p == Parity::even ? SP_PARITY_EVEN : p == Parity::odd ? SP_PARITY_ODD : SP_PARITY_NONE;
}

std::string words_of(int baud, int bits, int parity, int stop) {
  const char letter = parity == SP_PARITY_NONE ? 'N' : parity == SP_PARITY_EVEN ? 'E' : 'O';
  return fmt::format("{} baud {}{}{}", baud, bits, letter, stop);
}

// The port behind a by-id link, by its kernel name, which is what libserialport looks for. "" and errno: a link that leads
// nowhere, which is how an unplugged adapter looks.
std::string port_behind(std::string path) {
  for (int links = 0; links < 8; ++links) {
    const std::filesystem::path here(path);
    if (access(("/sys/class/tty/" + here.filename().string()).c_str(), F_OK) == 0) return path;
    std::array<char, PATH_MAX> to;
    const ssize_t n = readlink(path.c_str(), to.data(), to.size());
    if (n < 0 && errno == EINVAL) return path;  // no link: it is what it is
    if (n < 0) return {};
    path = (here.parent_path() / std::string(to.data(), static_cast<std::size_t>(n))).lexically_normal().string();
  }
  errno = ELOOP;
  return {};
}

class Serialport final : public LocalDevice {
 public:
  Serialport(std::string path, LineSettings s, std::string who)
      : path_(std::move(path)), settings_(s), who_(std::move(who)) {}
  ~Serialport() override { shut(); }

  Result<int> open_now() override {
    const std::string device = port_behind(path_);
    if (device.empty()) return fail(not_opened(path_, errno, who_));
    // The lock first: libserialport's open changes settings, and the port may be another's.
    auto lock = DeviceLock::take(device, who_);
    if (!lock) return fail(named(lock.error(), device));
    sp_port* port = nullptr;
    if (sp_get_port_by_name(device.c_str(), &port) != SP_OK)
      return fail(Errc::bad_config, fmt::format("{} is no serial port that the kernel knows", device));
    port_.reset(port);
    lock_ = std::move(*lock);
    auto opened = set_up(device);
    if (!opened) shut();
    return opened;
  }

  // What it still had to send is dropped: the last close of a port waits up to 30 s for it (closing_wait, setserial(8)),
  // and the loop does not.
  void close() override {
    if (port_) sp_flush(port_.get(), SP_BUF_OUTPUT);
    shut();
  }

  Result<std::string> read() override {
    std::array<char, 4096> some;  // as many as the kernel keeps
    const int n = sp_nonblocking_read(port_.get(), some.data(), some.size());
    if (n > 0) return std::string(some.data(), static_cast<std::size_t>(n));
    if (n < 0) return gone(sp_last_error_code());
    // No byte: silence, or a port that is gone. poll(2) tells.
    pollfd p{handle(), POLLIN, 0};
    if (poll(&p, 1, 0) > 0 && (p.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0) return gone(EIO);
    return std::string();
  }

  Result<std::size_t> write(std::string_view bytes) override {
    const int n = sp_nonblocking_write(port_.get(), bytes.data(), bytes.size());
    if (n >= 0) return static_cast<std::size_t>(n);
    const int error = sp_last_error_code();
    if (error == EAGAIN || error == EINTR) return 0U;  // libserialport 0.1.1 says so of its reads alone
    return gone(error);
  }

  void discard_input() override { sp_flush(port_.get(), SP_BUF_INPUT); }

 private:
  [[nodiscard]] int handle() const {
    int fd = -1;
    sp_get_port_handle(port_.get(), &fd);
    return fd;
  }

  Result<int> set_up(const std::string& device) {
    if (const auto r = sp_open(port_.get(), SP_MODE_READ_WRITE); r != SP_OK)
      return fail(not_opened(device, r == SP_ERR_FAIL ? sp_last_error_code() : EINVAL, who_));
    open_ = true;
    const int fd = handle();
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    if (auto r = set_line(); !r) return fail(r.error());
    termios t{};
    if (tcgetattr(fd, &t) != 0) return fail(not_opened(device, errno, who_));
    t.c_cflag &= ~static_cast<tcflag_t>(HUPCL);
    t.c_cflag |= CLOCAL | CREAD;
    if (tcsetattr(fd, TCSANOW, &t) != 0 || ioctl(fd, TIOCEXCL) != 0) return fail(not_opened(device, errno, who_));
    sp_flush(port_.get(), SP_BUF_INPUT);
    return fd;
  }

  // Asked for in one go, then read back: a driver that cannot do something takes what it can and reports no error
  // (tcsetattr(3): "returns success if any of the requested changes could be successfully carried out").
  Result<void> set_line() {
    const Config want = new_config();
    sp_set_config_baudrate(want.get(), static_cast<int>(settings_.baud));
    sp_set_config_bits(want.get(), settings_.bits);
    sp_set_config_parity(want.get(), parity_of(settings_.parity));
    sp_set_config_stopbits(want.get(), settings_.stop);
    sp_set_config_flowcontrol(want.get(), SP_FLOWCONTROL_NONE);
    const std::string asked =
        words_of(static_cast<int>(settings_.baud), settings_.bits, parity_of(settings_.parity), settings_.stop);
    if (const auto r = sp_set_config(port_.get(), want.get()); r != SP_OK) {
      const int error = r == SP_ERR_FAIL ? sp_last_error_code() : EINVAL;
      if (error == EIO || error == ENODEV || error == ENXIO) return fail(not_opened(path_, error, who_));
      return fail(Errc::bad_config, fmt::format("{} refuses {} ({}); use an adapter that can do it, or ?baud= with another "
                                                "rate that the device is set to",
                                                path_, asked, std::strerror(error)));
    }
    termios is{};
    if (tcgetattr(handle(), &is) != 0) return fail(not_opened(path_, errno, who_));
    const int bits = (is.c_cflag & CSIZE) == CS8 ? 8 : (is.c_cflag & CSIZE) == CS7 ? 7 : (is.c_cflag & CSIZE) == CS6 ? 6 : 5;
    const sp_parity parity = (is.c_cflag & PARENB) == 0   ? SP_PARITY_NONE
                             : (is.c_cflag & PARODD) != 0 ? SP_PARITY_ODD
                                                          : SP_PARITY_EVEN;
    const int stop = (is.c_cflag & CSTOPB) != 0 ? 2 : 1;
    // Not every rate has a name in termios.
    const Config rate = new_config();
    int baud = 0;
    if (sp_get_config(port_.get(), rate.get()) != SP_OK) return fail(not_opened(path_, sp_last_error_code(), who_));
    sp_get_config_baudrate(rate.get(), &baud);
    // A UART samples a frame of ten bits at its middle: 2 % off is read well, 5 % is not.
    const bool same_rate = std::abs(baud - static_cast<int>(settings_.baud)) * 50 <= static_cast<int>(settings_.baud);
    if (same_rate && bits == settings_.bits && parity == parity_of(settings_.parity) && stop == settings_.stop) return {};
    return fail(Errc::bad_config, fmt::format("{} took {} where {} was asked for; use an adapter that can do it", path_,
                                              words_of(baud, bits, parity, stop), asked));
  }

  void shut() {
    if (open_) sp_close(port_.get());
    open_ = false;
    port_.reset();
    lock_ = DeviceLock();
  }

  [[nodiscard]] Error named(const Error& e, const std::string& device) const {
    return device == path_ ? e : Error(e.code, path_ + ": " + e.message);
  }

  [[nodiscard]] tl::unexpected<Error> gone(int error) const {
    return fail(Errc::device_gone, fmt::format("{} went away ({}); plug it in again, at any socket, and the line is opened "
                                               "again by itself",
                                               path_, std::strerror(error)));
  }

  std::string path_;
  LineSettings settings_;
  std::string who_;
  Port port_;
  bool open_{};
  DeviceLock lock_;
};

std::string text(const char* words) { return words == nullptr ? std::string() : std::string(words); }

// The link in `folder` that leads to `device`, "" when there is none.
std::string link_to(const std::string& folder, const std::string& device) {
  std::error_code none;
  std::string found;
  for (const auto& entry : std::filesystem::directory_iterator(folder, none)) {
    if (port_behind(entry.path().string()) != device) continue;
    if (found.empty() || entry.path().string() < found) found = entry.path().string();
  }
  return found;
}

}  // namespace

std::unique_ptr<LocalDevice> make_serialport(std::string path, LineSettings settings, std::string who) {
  return std::make_unique<Serialport>(std::move(path), settings, std::move(who));
}

Result<std::vector<PortSighting>> list_ports() {
  sp_port** ports = nullptr;
  if (sp_list_ports(&ports) != SP_OK)
    return fail(Errc::device_gone, "the serial ports of this machine cannot be listed: is /sys mounted?");
  std::vector<PortSighting> found;
  for (sp_port** p = ports; *p != nullptr; ++p) {
    PortSighting s;
    s.path = text(sp_get_port_name(*p));
    s.by_id = link_to("/dev/serial/by-id", s.path);
    s.by_path = link_to("/dev/serial/by-path", s.path);
    s.description = text(sp_get_port_description(*p));
    int vid = 0, pid = 0;
    if (sp_get_port_transport(*p) == SP_TRANSPORT_USB && sp_get_port_usb_vid_pid(*p, &vid, &pid) == SP_OK) {
      s.usb = UsbIds{static_cast<std::uint16_t>(vid), static_cast<std::uint16_t>(pid)};
      s.usb_serial = text(sp_get_port_usb_serial(*p));
    }
    s.owner = owner_of(s.path);
    found.push_back(std::move(s));
  }
  sp_free_port_list(ports);
  return found;
}

}  // namespace greenroom

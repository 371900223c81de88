// `pty:` lines: the near end of a pseudo terminal that another program made (socat, vpcd, a model). A pty carries bytes at
// any rate, so of the settings only raw mode is set; libserialport refuses a pty, which has no entry in /sys/class/tty.
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "hw/serial/device_lock.hpp"
#include "hw/serial/line_device.hpp"

namespace greenroom {
namespace {

class Pty final : public LocalDevice {
 public:
  Pty(std::string path, std::string who) : path_(std::move(path)), who_(std::move(who)) {}
  ~Pty() override { Pty::close(); }

  Result<int> open_now() override {
    auto lock = DeviceLock::take(path_, who_);
    if (!lock) return fail(lock.error());
    const int fd = lock->descriptor();
    termios t{};
    if (tcgetattr(fd, &t) != 0) return fail(not_opened(path_, errno, who_));
    cfmakeraw(&t);  // termios(3): no echo, no signals, eight bits, one byte is enough to read
    t.c_cflag |= CLOCAL | CREAD;
    if (tcsetattr(fd, TCSANOW, &t) != 0 || ioctl(fd, TIOCEXCL) != 0) return fail(not_opened(path_, errno, who_));
    tcflush(fd, TCIFLUSH);
    lock_ = std::move(*lock);
    return fd;
  }

  void close() override { lock_ = DeviceLock(); }

  Result<std::string> read() override {
    std::array<char, 4096> some;
    const ssize_t n = ::read(lock_.descriptor(), some.data(), some.size());
    if (n > 0) return std::string(some.data(), static_cast<std::size_t>(n));
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return std::string();
    return gone(n == 0 ? EIO : errno);  // no byte and no error: the far end is closed
  }

  Result<std::size_t> write(std::string_view bytes) override {
    const ssize_t n = ::write(lock_.descriptor(), bytes.data(), bytes.size());
    if (n >= 0) return static_cast<std::size_t>(n);
    if (errno == EAGAIN || errno == EINTR) return 0U;
    return gone(errno);
  }

  void discard_input() override { tcflush(lock_.descriptor(), TCIFLUSH); }

 private:
  [[nodiscard]] tl::unexpected<Error> gone(int error) const {
    return fail(Errc::device_gone, fmt::format("the program at its far end closed {} ({}); start it again, and a service "
                                               "opens the line again by itself",
                                               path_, std::strerror(error)));
  }

  std::string path_, who_;
  DeviceLock lock_;
};

}  // namespace

std::unique_ptr<LocalDevice> make_pty(std::string path, std::string who) {
  return std::make_unique<Pty>(std::move(path), std::move(who));
}

}  // namespace greenroom

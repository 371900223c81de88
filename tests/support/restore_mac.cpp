#include "tests/support/restore_mac.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>

namespace greenroom::test {
namespace {

// The model's own times. A gap that is too short is missed by the engine, which waits for the two events in turn.
constexpr std::chrono::milliseconds until_gone{100}, until_back{300};

}  // namespace

RestoreMac::RestoreMac(asio::any_io_executor executor, unsigned number, const ModelFirmware& firmware,
                       UsbmuxdStandIn& usbmuxd, UsbTestbed& bed, std::string port, MacBoot::Arrival arrival)
    : identity_(model_mac(number, !firmware.apple_silicon())),
      usbmuxd_(usbmuxd),
      bed_(bed),
      port_(std::move(port)),
      executor_(executor),
      boot_(identity_, firmware, arrival),
      os_(identity_, boot_.ticket(), firmware, boot_.ticket(TicketKind::recovery_os)),
      tasks_(executor) {
  plug();
}

RestoreMac::~RestoreMac() { unplug(); }

void RestoreMac::end() { tasks_.cancel(); }

std::vector<std::string> RestoreMac::environment() const {
  return {"LD_PRELOAD=libumockdev-preload.so.0", "UMOCKDEV_DIR=" + bed_.root()};
}

void RestoreMac::unplug() {
  if (std::exchange(plugged_, false)) bed_.unplug(port_);
}

MacBoot::Stage RestoreMac::stage() const {
  const std::lock_guard lock(mutex_);
  return boot_.stage();
}

void RestoreMac::shows(MacBoot::SerialShown shown) {
  const std::lock_guard lock(mutex_);
  boot_.shown = std::move(shown);
}

void RestoreMac::restart() { come_anew(&MacBoot::restart); }
void RestoreMac::hold_dfu_keys() { come_anew(&MacBoot::into_dfu); }
void RestoreMac::restart_restored() { come_anew(&MacBoot::restored); }

void RestoreMac::come_anew(Into into) {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(moving_, true)) return;
  }
  tasks_.spawn(re_enumerate(into));
}

bool RestoreMac::moving() const {
  const std::lock_guard lock(mutex_);
  return moving_;
}

std::vector<std::string> RestoreMac::images() const {
  const std::lock_guard lock(mutex_);
  return boot_.images;
}

std::vector<std::string> RestoreMac::commands() const {
  const std::lock_guard lock(mutex_);
  return boot_.commands;
}

std::vector<std::string> RestoreMac::wrong() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> all = boot_.wrong;
  all.insert(all.end(), os_.wrong.begin(), os_.wrong.end());
  return all;
}

void RestoreMac::plug() {
  UsbFace face;
  {
    const std::lock_guard lock(mutex_);
    face = boot_.face();
  }
  face.control = [this](const UsbSetup& setup, const Octets& data) {
    const std::lock_guard lock(mutex_);
    if (is_cut()) return std::optional<Octets>();
    auto answer = boot_.control(setup, data);
    look();
    return answer;
  };
  face.bulk = [this](std::uint8_t endpoint, const Octets& data, std::size_t) {
    const std::lock_guard lock(mutex_);
    if (is_cut()) return std::optional<Octets>();
    auto answer = boot_.bulk(endpoint, data);
    look();
    return answer;
  };
  face.reset = [this] {
    const std::lock_guard lock(mutex_);
    boot_.reset();
    look();
  };
  bed_.plug(port_, std::move(face));
  plugged_ = true;
}

void RestoreMac::cut_at(MacBoot::Stage stage, int transfers) {
  const std::lock_guard lock(mutex_);
  cut_ = stage;
  until_cut_ = transfers;
}

bool RestoreMac::is_cut() {
  if (cut_ != boot_.stage() || until_cut_-- > 0) return false;
  if (until_cut_ == -1) asio::post(executor_, [this] { unplug(); });
  return true;
}

// On the testbed's thread, which may not change the testbed: the loop does.
void RestoreMac::look() {
  if (!boot_.leaves() || std::exchange(moving_, true)) return;
  asio::post(executor_, [this] { tasks_.spawn(re_enumerate(&MacBoot::leave)); });
}

asio::awaitable<void> RestoreMac::re_enumerate(Into into) {
  try {
    asio::steady_timer timer(executor_, until_gone);
    co_await timer.async_wait(asio::use_awaitable);
    unplug();
    usbmuxd_.detach(os_);
    timer.expires_after(until_back);
    co_await timer.async_wait(asio::use_awaitable);
  } catch (const boost::system::system_error&) {  // the test ends
    co_return;
  }
  {
    const std::lock_guard lock(mutex_);
    (boot_.*into)();
    moving_ = false;
  }
  plug();
  if (stage() == MacBoot::Stage::restore) usbmuxd_.attach(os_);
}

}  // namespace greenroom::test

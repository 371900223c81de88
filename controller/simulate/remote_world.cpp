#include "controller/simulate/remote_world.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>

#include "hw/base/log.hpp"

namespace greenroom::sim {
namespace {

using Json = nlohmann::json;

Error not_there(const std::string& why) {
  return {Errc::device_gone, "the simulated world does not answer (" + why + "); start it with greenroom model --socket"};
}

// The world's first line.
Result<WorldHello> read_hello(const std::string& line) {
  const Json said = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!said.is_object() || !said.contains("ok") || !said["ok"].is_boolean())
    return fail(Errc::protocol, "the socket is no simulated world's");
  if (!said.value("ok", false)) return fail(Errc::refused, said.value("error", std::string("refused without a reason")));
  WorldHello hello;
  hello.speed = said.value("speed", 0.0);
  hello.wall = WallTime{Duration{said.value("wall_us", std::int64_t{})}};
  hello.boot = Duration{said.value("boot_us", std::int64_t{})};
  return hello;
}

std::string first_line(const std::string& what, double speed) { return fmt::format("{{{},\"speed\":{}}}\n", what, speed); }

Errc code_of(const std::string& name) {
  for (const Errc code : {Errc::timeout, Errc::device_gone, Errc::busy, Errc::protocol, Errc::cancelled, Errc::expired}) {
    if (to_string(code) == name) return code;
  }
  return Errc::refused;
}

class RemoteLine final : public SerialLine {
 public:
  RemoteLine(const RemoteWorld& world, std::string name) : way_(std::make_shared<Way>(world, std::move(name))) {}
  ~RemoteLine() override {
    way_->destroyed = true;
    if (way_->link) way_->link->close();
  }
  RemoteLine(const RemoteLine&) = delete;
  RemoteLine& operator=(const RemoteLine&) = delete;

  Task<void> write(std::string bytes) override {
    const auto way = way_;
    if (const auto there = co_await way->connect(); !there) co_return fail(there.error());
    co_return way->link->write(std::move(bytes));
  }
  Task<std::string> read_some(TimePoint deadline) override {
    const auto way = way_;
    if (const auto there = co_await way->connect(); !there) co_return fail(there.error());
    const auto link = way->link;
    co_return co_await link->read_some(deadline);
  }
  void discard_input() override {
    if (way_->link) way_->link->discard_input();
  }

 private:
  // Shared with the calls under way: the line may be destroyed while they wait.
  struct Way {
    Way(const RemoteWorld& w, std::string n) : world(w), name(std::move(n)) {}
    Task<void> connect();
    RemoteWorld world;
    std::string name;
    std::shared_ptr<LocalLink> link;
    TimePoint try_again{};
    bool destroyed{};
  };
  std::shared_ptr<Way> way_;
};

Task<void> RemoteLine::Way::connect() {
  if (link && link->open()) co_return Result<void>{};
  if (std::exchange(link, nullptr)) co_return fail(Errc::device_gone, "model line " + name + ": the world closed it");
  Clock& clock = world.clock();
  if (clock.now() < try_again) {
    if (const auto slept = co_await clock.sleep_until(try_again); !slept) co_return fail(slept.error());
  }
  try_again = clock.now() + world.pause();
  std::string what = "\"open\":\"line\",\"name\":" + Json(name).dump();
  auto opened = co_await world.open(std::move(what));
  if (!opened) co_return fail(opened.error().within("model line " + name));
  if (destroyed) co_return fail(Errc::device_gone, "model line " + name + " was closed");
  link = std::move(*opened);
  co_return Result<void>{};
}

class RemoteBus final : public UsbBus {
 public:
  explicit RemoteBus(const RemoteWorld& world) : view_(std::make_shared<View>(world)) {}
  ~RemoteBus() override {
    view_->destroyed = true;
    if (view_->link) view_->link->close();
  }
  RemoteBus(const RemoteBus&) = delete;
  RemoteBus& operator=(const RemoteBus&) = delete;

  Task<UsbEvent> next_event() override {
    const auto view = view_;
    co_return co_await view->next();
  }
  Result<std::unique_ptr<UsbDevice>> open(const PortPath& path) override {
    if (!view_->present.contains(path)) return fail(Errc::device_gone, path.text() + ": nothing is plugged in there");
    return fail(Errc::refused, path.text() + ": a model Mac takes no transfers; use the model engine");
  }

 private:
  struct View {
    explicit View(const RemoteWorld& w) : world(w) {}
    Task<UsbEvent> next();
    Task<void> connect();
    std::optional<UsbEvent> take(const std::string& line);
    RemoteWorld world;
    std::shared_ptr<LocalLink> link;
    std::set<PortPath> present;
    std::deque<PortPath> leaving;  // of a world that is gone, not yet told
    TimePoint try_again{};
    std::string complaint;  // the last one logged
    bool destroyed{};
  };
  std::shared_ptr<View> view_;
};

Task<UsbEvent> RemoteBus::View::next() {
  while (true) {
    if (destroyed) co_return fail(Errc::device_gone, "the USB bus was closed");
    if (!leaving.empty()) {
      UsbEvent left = UsbLeft(leaving.front());
      leaving.pop_front();
      co_return left;
    }
    if (!link) {
      if (const auto there = co_await connect(); !there) co_return fail(there.error());
      continue;
    }
    const auto held = link;
    const auto line = co_await held->read_line(never);
    if (!line && line.error().code == Errc::cancelled) co_return fail(line.error());
    if (!line) {
      link.reset();
      leaving.assign(present.begin(), present.end());
      present.clear();
      continue;
    }
    if (auto event = take(*line)) co_return std::move(*event);
  }
}

// Fails when cancelled only: a world that is not there is waited for.
Task<void> RemoteBus::View::connect() {
  Clock& clock = world.clock();
  if (clock.now() < try_again) {
    if (const auto slept = co_await clock.sleep_until(try_again); !slept) co_return fail(slept.error());
  }
  try_again = clock.now() + world.pause();
  std::string what = "\"open\":\"usb\"";
  auto opened = co_await world.open(std::move(what));
  if (opened) {
    if (!complaint.empty()) log::info("model USB bus: there again");
    complaint.clear();
    if (!destroyed) link = std::move(*opened);
    co_return Result<void>{};
  }
  if (opened.error().code == Errc::cancelled) co_return fail(opened.error());
  if (complaint != opened.error().message) log::warn("model USB bus: " + opened.error().message);
  complaint = opened.error().message;
  co_return Result<void>{};
}

std::optional<UsbEvent> RemoteBus::View::take(const std::string& line) {
  const Json said = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!said.is_object()) return std::nullopt;
  const Json device = said.value("arrived", Json::object());
  const auto path =
      PortPath::parse(device.empty() ? said.value("left", std::string{}) : device.value("port", std::string{}));
  if (!path) return std::nullopt;
  if (device.empty()) {
    present.erase(*path);
    return UsbLeft(*path);
  }
  present.insert(*path);
  const auto number = [&](const char* name) { return device.value(name, std::uint16_t{}); };
  return UsbArrived(
      UsbSighting(*path, number("vendor"), number("product"), number("bcd"), device.value("serial", std::string{})));
}

class RemoteMacActions final : public MacActions {
 public:
  RemoteMacActions(const RemoteWorld& world, UsbTable& table) : world_(world), table_(table) {}

  Task<AppleDevice> enter_dfu(PortPath path, TimePoint deadline) override {
    if (const auto done = co_await ask("enter_dfu", path, deadline); !done) co_return fail(done.error());
    // The world has seen it; our own view of the bus must have, too, before anybody builds on it.
    UsbTable::Predicate in_dfu = [](const UsbSighting& seen) {
      const auto device = classify(seen);
      return device && device->mode == MacMode::dfu;
    };
    const auto seen = co_await table_.wait_for(std::move(path), std::move(in_dfu), deadline);
    if (!seen) co_return fail(seen.error());
    co_return classify(*seen);
  }
  Task<void> leave_dfu(PortPath path, TimePoint deadline) override {
    if (const auto done = co_await ask("leave_dfu", path, deadline); !done) co_return fail(done.error());
    co_return co_await table_.wait_empty(std::move(path), deadline);
  }
  Task<void> put_back(PortPath path, TimePoint deadline) override {
    if (const auto done = co_await ask("put_back", path, deadline); !done) co_return fail(done.error());
    co_return co_await table_.wait_empty(std::move(path), deadline);
  }

 private:
  Task<void> ask(std::string what, PortPath path, TimePoint deadline) const;
  RemoteWorld world_;
  UsbTable& table_;
};

Task<void> RemoteMacActions::ask(std::string what, PortPath path, TimePoint deadline) const {
  std::string kind = "\"open\":\"mac\"";
  const auto link = co_await world_.open(std::move(kind));
  if (!link) co_return fail(link.error());
  const Duration left = std::max(Duration{0}, deadline - world_.clock().now());
  const Json request{{"do", what}, {"port", path.text()}, {"within_us", left.count()}};
  if (const auto sent = (*link)->write(request.dump() + "\n"); !sent) co_return fail(sent.error());
  // The world keeps the deadline; its answer may take a moment more.
  const TimePoint latest = deadline == never ? never : deadline + world_.pause() * 5;
  const auto line = co_await (*link)->read_line(latest);
  if (!line) co_return fail(line.error().within(what));
  const Json answer = Json::parse(*line, nullptr, /*allow_exceptions=*/false);
  if (!answer.is_object()) co_return fail(Errc::protocol, what + ": the world's answer is not readable");
  if (answer.value("ok", false)) co_return Result<void>{};
  co_return fail(code_of(answer.value("code", std::string{})), answer.value("error", what + " failed"));
}

}  // namespace

std::unique_ptr<SerialLine> RemoteWorld::line(std::string name) const {
  if (name.starts_with("model:")) name.erase(0, 6);
  return std::make_unique<RemoteLine>(*this, std::move(name));
}
std::unique_ptr<UsbBus> RemoteWorld::bus() const { return std::make_unique<RemoteBus>(*this); }
std::unique_ptr<MacActions> RemoteWorld::mac_actions(UsbTable& table) const {
  return std::make_unique<RemoteMacActions>(*this, table);
}

Task<std::shared_ptr<LocalLink>> RemoteWorld::open(std::string what) const {
  Clock& clock = clock_;
  const std::string path = path_;
  const std::string hello = first_line(what, speed_);
  auto link = LocalLink::connect(executor_, clock, path);
  if (!link) co_return fail(not_there(link.error().message));
  if (const auto sent = (*link)->write(hello); !sent) co_return fail(not_there(path + ": " + sent.error().message));
  const auto line = co_await (*link)->read_line(clock.now() + seconds_of(2.0 * speed_));
  if (!line && line.error().code == Errc::cancelled) co_return fail(line.error());
  if (!line) co_return fail(not_there(path + ": " + line.error().message));
  if (const auto agreed = read_hello(*line); !agreed) co_return fail(agreed.error());
  co_return std::move(*link);
}

Result<WorldHello> RemoteWorld::ask(const std::string& socket, double speed) {
  sockaddr_un there{};
  there.sun_family = AF_UNIX;
  if (socket.size() >= sizeof there.sun_path) return fail(Errc::usage, socket + ": too long for a socket's path");
  std::memcpy(there.sun_path, socket.data(), socket.size());
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const std::string hello = first_line("\"open\":\"hello\"", speed);
  std::string line;
  bool good = fd >= 0 && ::connect(fd, reinterpret_cast<const sockaddr*>(&there), sizeof there) == 0 &&
              ::send(fd, hello.data(), hello.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(hello.size());
  while (good && (line.empty() || line.back() != '\n')) {
    pollfd look{fd, POLLIN, 0};
    char bytes[512];
    const ssize_t n = ::poll(&look, 1, 2000) > 0 ? ::read(fd, bytes, sizeof bytes) : 0;
    good = n > 0;
    if (good) line.append(bytes, static_cast<std::size_t>(n));
  }
  const std::string why = good ? std::string{} : socket + ": " + (errno != 0 ? std::strerror(errno) : "no answer");
  if (fd >= 0) ::close(fd);
  if (!good) return fail(not_there(why));
  return read_hello(line);
}

}  // namespace greenroom::sim

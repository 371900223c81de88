#include "controller/simulate/remote_engine.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>

#include "hw/async/real_clock.hpp"

namespace greenroom::sim {
namespace {

using Json = nlohmann::json;

constexpr int answer_ms = 10'000;                                 // real: the world answers at once, or is stuck
constexpr Duration least_real_wait = std::chrono::seconds{1};     // of an engine's wait, however fast the room runs
constexpr Duration knock_again = std::chrono::milliseconds{200};  // real: a gate that closed on us

// One connection to the world, direct or through the gate. Lines out, lines in.
class WorldEnd {
 public:
  WorldEnd() = default;
  ~WorldEnd() { close(); }
  WorldEnd(const WorldEnd&) = delete;
  WorldEnd& operator=(const WorldEnd&) = delete;

  bool connect(const std::string& path) {
    close();
    sockaddr_un there{};
    there.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof there.sun_path) return false;
    path.copy(there.sun_path, path.size());
    fd_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd_ >= 0 && ::connect(fd_, reinterpret_cast<const sockaddr*>(&there), sizeof there) != 0) close();
    return open();
  }
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
    in_.clear();
  }
  [[nodiscard]] bool open() const { return fd_ >= 0; }
  [[nodiscard]] int fd() const { return fd_; }

  bool send(const Json& words) {
    const std::string line = words.dump() + "\n";
    for (std::size_t sent = 0; open() && sent < line.size();) {
      const ssize_t n = ::send(fd_, line.data() + sent, line.size() - sent, MSG_NOSIGNAL);
      if (n > 0) sent += static_cast<std::size_t>(n);
      else if (errno != EINTR) close();
    }
    return open();
  }
  // A line that is there or comes within that time; nothing when none does, or the other end is gone.
  std::optional<Json> line(int within_ms) {
    while (open()) {
      if (const auto end = in_.find('\n'); end != std::string::npos) {
        Json said = Json::parse(in_.substr(0, end), nullptr, /*allow_exceptions=*/false);
        in_.erase(0, end + 1);
        if (!said.is_object()) break;
        return said;
      }
      pollfd look{fd_, POLLIN, 0};
      const int ready = ::poll(&look, 1, within_ms);
      if (ready == 0) return std::nullopt;
      if (ready < 0 && errno == EINTR) continue;
      char bytes[4096];
      const ssize_t n = ::read(fd_, bytes, sizeof bytes);
      if (n <= 0) break;
      in_.append(bytes, static_cast<std::size_t>(n));
    }
    close();
    return std::nullopt;
  }
  Result<Json> ask(const Json& words) {
    std::optional<Json> said;
    if (send(words)) said = line(answer_ms);
    if (!said) {
      close();
      return fail(Errc::device_gone, "the simulated world does not answer");
    }
    if (!said->value("ok", false)) return fail(Errc::refused, said->value("error", std::string("refused")));
    return std::move(*said);
  }

 private:
  int fd_ = -1;
  std::string in_;
};

// Before the gate over the world's own socket, past it through the gate's.
class RemoteEngineMac final : public EngineMac {
 public:
  RemoteEngineMac(WorldEnd& usb, WorldEnd& muxed) : usb_(usb), muxed_(muxed) {}

  std::optional<EngineSubject> find(Ecid) override { return subject; }
  std::optional<PortPath> port_in(model::Mode mode) override {
    const bool in_restore_os = mode == model::Mode::restore;
    WorldEnd& way = in_restore_os ? muxed_ : usb_;
    if (!way.open() || (in_restore_os && !past_gate)) return std::nullopt;
    const auto said = way.ask({{"do", "port_in"}, {"mode", static_cast<int>(mode)}});
    const auto path = said ? PortPath::parse(said->value("in", std::string{})) : fail(said.error());
    return path ? std::optional(*path) : std::nullopt;
  }
  Result<Duration> send(EngineImage image, const PortPath& port) override {
    const auto said =
        usb_.ask({{"do", "send"}, {"port", port.text()}, {"image", image == EngineImage::ibss ? "ibss" : "restore_os"}});
    if (!said) return fail(said.error());
    return Duration{said->value("shows_us", std::int64_t{})};
  }
  Result<void> start_restore(const PortPath& port, model::EraseKind kind) override {
    return plain({{"do", "start_restore"}, {"port", port.text()}, {"erase", kind == model::EraseKind::erase}});
  }
  Result<void> finish(const PortPath& port, bool with_os) override {
    return plain({{"do", "finish"}, {"port", port.text()}, {"with_os", with_os}});
  }
  std::size_t share(const std::string& upstream) override {
    if (!past_gate || !muxed_.open()) return 0;
    const auto said = muxed_.ask({{"do", "share"}, {"upstream", upstream}});
    return said ? said->value("sharing", std::size_t{1}) : 1;
  }

  std::optional<EngineSubject> subject;
  bool past_gate{};  // a shut gate answers nothing: until then nothing is asked there

 private:
  Result<void> plain(const Json& words) {
    const auto said = muxed_.ask(words);
    return said ? Result<void>{} : Result<void>(fail(said.error()));
  }
  WorldEnd& usb_;
  WorldEnd& muxed_;
};

class RemoteEngine {
 public:
  explicit RemoteEngine(const RemoteEngineOptions& options) : options_(options) {}
  Result<void> begin();
  int run();

 private:
  [[nodiscard]] TimePoint now() const { return TimePoint{seconds_of(in_seconds(boot_time()) * options_.speed)}; }
  [[nodiscard]] WallTime wall() const { return wall_ + seconds_of(in_seconds(boot_time() - boot_) * options_.speed); }
  [[nodiscard]] Json hello(const char* what) const { return {{"open", what}, {"speed", options_.speed}}; }
  [[nodiscard]] Json claim() const { return {{"do", "engine"}, {"ecid", options_.ecid}, {"run", options_.run}}; }
  void knock();
  bool gate_opened();
  // Until then, or the gate opens, or the world goes: false.
  bool wait(EngineRun&, Duration until);
  static void print(EngineStream stream, std::string_view text) {
    std::FILE* to = stream == EngineStream::out ? stdout : stderr;
    std::fwrite(text.data(), 1, text.size(), to);
    std::fputc('\n', to);
    std::fflush(to);
  }

  RemoteEngineOptions options_;
  WorldEnd usb_;
  WorldEnd muxed_;
  RemoteEngineMac mac_{usb_, muxed_};
  model::EngineFault fault_;
  WallTime wall_{};
  Duration boot_{};
  Duration knocked_{};  // boot time of the last try
};

Result<void> RemoteEngine::begin() {
  if (!usb_.connect(options_.world))
    return fail(Errc::device_gone, options_.world + ": no simulated world answers; start it with greenroom model --socket");
  const auto agreed = usb_.ask(hello("mac"));
  if (!agreed) return fail(agreed.error());
  wall_ = WallTime{Duration{agreed->value("wall_us", std::int64_t{})}};
  boot_ = Duration{agreed->value("boot_us", std::int64_t{})};
  const auto found = usb_.ask(claim());
  if (!found && !usb_.open()) return fail(found.error());
  if (found) {
    mac_.subject = EngineSubject{found->value("model", std::string{}), found->value("t2", false), options_.ecid,
                                 found->value("serial", std::string{})};
    fault_.kind = static_cast<model::EngineFault::Kind>(found->value("fault", 0));
    fault_.at = found->value("fault_at", 0.0);
  }
  knock();
  return {};
}

// The gate takes the connection and says nothing until it opens; then the world reads what was said here.
void RemoteEngine::knock() {
  knocked_ = boot_time();
  if (!options_.usbmuxd.empty() && muxed_.connect(options_.usbmuxd)) muxed_.send(hello("restore"));
}

bool RemoteEngine::gate_opened() {
  const auto said = muxed_.line(0);
  if (!said) return false;
  mac_.past_gate = said->value("ok", false) && muxed_.ask(claim());
  if (!mac_.past_gate) muxed_.close();
  return mac_.past_gate;
}

bool RemoteEngine::wait(EngineRun& engine, Duration until) {
  while (true) {
    const Duration left = until - boot_time();
    if (left <= Duration::zero()) return true;
    const bool knocking = !mac_.past_gate && !muxed_.open() && !options_.usbmuxd.empty();
    Duration slice = std::min(left, Duration{std::chrono::hours{1}});
    if (knocking) slice = std::min(slice, std::max(Duration{1}, knocked_ + knock_again - boot_time()));
    std::array<pollfd, 2> look{{{usb_.fd(), POLLIN, 0}, {muxed_.fd(), POLLIN, 0}}};  // one without a descriptor is skipped
    const timespec time{slice.count() / 1'000'000, slice.count() % 1'000'000 * 1000};
    static_cast<void>(::ppoll(look.data(), look.size(), &time, nullptr));
    if (look[0].revents != 0) return false;  // the world says nothing unasked: it is gone
    if (mac_.past_gate && look[1].revents != 0) return false;
    if (knocking && boot_time() >= knocked_ + knock_again) knock();
    if (!mac_.past_gate && look[1].revents != 0 && gate_opened()) {
      engine.permit();
      if (engine.at_gate()) return true;
    }
  }
}

int RemoteEngine::run() {
  EngineTimings timings;
  timings.least_wait = seconds_of(in_seconds(least_real_wait) * options_.speed);
  EngineRun engine(mac_, timings, options_.kind, Ecid{options_.ecid}, fault_, &RemoteEngine::print);
  std::optional<Duration> again = std::chrono::seconds{1};
  while (!engine.exit_code()) {
    const Duration real =
        again ? seconds_of(in_seconds(*again) / options_.speed) : std::chrono::hours{24 * 365};  // it hangs
    const bool there = wait(engine, boot_time() + real);
    if (there) again = engine.step(now(), wall());
    if (!there || (!usb_.open() && !engine.exit_code())) engine.link_lost();
  }
  return *engine.exit_code();
}

}  // namespace

int run_remote_engine(const RemoteEngineOptions& options) {
  RemoteEngine engine(options);
  if (const auto begun = engine.begin(); !begun) {
    std::fprintf(stderr, "ERROR: %s\n", begun.error().message.c_str());
    return 1;
  }
  return engine.run();
}

}  // namespace greenroom::sim

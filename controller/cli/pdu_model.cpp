// greenroom pdu model: a simulated PDU on a pty, for other people's programs.
#include <fcntl.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/signal_set.hpp>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "controller/cli/options.hpp"
#include "controller/cli/pdu_verbs.hpp"
#include "hw/async/real_clock.hpp"
#include "hw/model/benchtop.hpp"
#include "hw/model/uart.hpp"

namespace greenroom::cli {
namespace {

namespace asio = boost::asio;
using model::Benchtop;
using model::LineFault;
constexpr Duration look_again = std::chrono::milliseconds{20};

struct ModelOptions {
  model::BenchtopSpec bench;
  std::string link;
  std::vector<std::string> faults;
  double seconds{};  // 0: until told to end
  bool greet{}, json{}, moves{};
};

// ---- the pty: the device's end of it

// The rates that a terminal can be set to.
struct Rate {
  speed_t code;
  int baud;
};
constexpr std::array rates{Rate{B300, 300},      Rate{B600, 600},       Rate{B1200, 1200},     Rate{B2400, 2400},
                           Rate{B4800, 4800},    Rate{B9600, 9600},     Rate{B19200, 19200},   Rate{B38400, 38400},
                           Rate{B57600, 57600},  Rate{B115200, 115200}, Rate{B230400, 230400}, Rate{B460800, 460800},
                           Rate{B921600, 921600}};

// Of the far end, which Linux tells at ours; 0 when it is none of these.
int far_baud(int fd) {
  termios settings{};
  if (tcgetattr(fd, &settings) != 0) return 0;
  const speed_t code = cfgetospeed(&settings);
  const auto found = std::find_if(rates.begin(), rates.end(), [code](const Rate& r) { return r.code == code; });
  return found == rates.end() ? 0 : found->baud;
}

Result<std::string> prepare(int fd, int baud) {
  if (grantpt(fd) != 0 || unlockpt(fd) != 0) return fail(Errc::refused, std::string("no pty: ") + std::strerror(errno));
  std::array<char, 128> name{};
  if (ptsname_r(fd, name.data(), name.size()) != 0) return fail(Errc::refused, "the pty has no name");
  // Raw from the first byte: else the terminal would echo what the device says back to the device. Opened and left once, so
  // that from then on the kernel tells whether somebody has it open.
  const int far = ::open(name.data(), O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (far < 0) return fail(Errc::refused, std::string(name.data()) + ": " + std::strerror(errno));
  termios settings{};
  tcgetattr(far, &settings);
  cfmakeraw(&settings);
  for (const Rate& r : rates) {
    if (r.baud == baud) cfsetspeed(&settings, r.code);
  }
  tcsetattr(far, TCSANOW, &settings);
  ::close(far);
  return std::string(name.data());
}

// Only ever over a link: a file that somebody needs is not written over.
Result<void> make_link(const std::string& link, const std::string& path) {
  std::error_code error;
  if (std::filesystem::is_symlink(link, error)) std::filesystem::remove(link, error);
  std::filesystem::create_symlink(path, link, error);
  if (error) return fail(Errc::refused, link + ": " + error.message());
  return {};
}

class DeviceEnd {
 public:
  DeviceEnd(asio::io_context& io, int fd, Clock& clock, Benchtop& bench, bool greet)
      : end_(io, fd), clock_(clock), bench_(bench), greet_(greet) {
    bench.on_reply([this](const std::string& bytes) { send(bytes); });
    told_ = far_baud(end_.native_handle());
    look();
  }

 private:
  [[nodiscard]] bool held() {
    pollfd far{end_.native_handle(), 0, 0};
    return ::poll(&far, 1, 0) == 0 || (far.revents & POLLHUP) == 0;
  }
  void look() {
    if (held()) {
      if (greet_) bench_.greet();
      return read();
    }
    clock_.call_at(clock_.now() + look_again, [this] { look(); });
  }
  void read() {
    end_.async_read_some(asio::buffer(buffer_), [this](const boost::system::error_code& error, std::size_t n) {
      if (error == asio::error::operation_aborted) return;
      if (error) return look();  // EIO: the far end was left
      // A pty has no baud: what was written at once arrives as a wire would bring it.
      const Duration byte = std::chrono::microseconds{10'000'000 / bench_.spec().baud};
      arrives_ = std::max(arrives_, clock_.now()) + byte * static_cast<std::int64_t>(n);
      const std::string bytes = model::heard({buffer_.data(), n}, far(), bench_.spec().baud);
      if (!bytes.empty()) clock_.call_at(arrives_, [this, bytes] { bench_.receive(bytes); });
      read();
    });
  }
  void send(const std::string& bytes) {
    if (!held()) return;
    // Who is away longer than the pty's buffer lasts loses bytes, as at a port without flow control.
    const std::string heard = model::heard(bytes, bench_.spec().baud, far());
    boost::system::error_code error;
    end_.write_some(asio::buffer(heard), error);
  }
  // A pty carries bytes at any rate. But whoever sets it to another than the device's speaks and hears noise, as on a wire.
  // Who sets none, or one that is none of ours, has the device's.
  [[nodiscard]] int far() {
    const int now = far_baud(end_.native_handle());
    return now == 0 || now == told_ ? bench_.spec().baud : now;
  }

  asio::posix::stream_descriptor end_;
  Clock& clock_;
  Benchtop& bench_;
  bool greet_;
  TimePoint arrives_{};
  int told_{};  // what it was set to at the start
  std::array<char, 512> buffer_{};
};

// ---- faults: KIND or KIND=NUMBER

struct LineKind {
  std::string_view name;
  LineFault fault;
};
constexpr std::array line_kinds{
    LineKind{"reply_lost", LineFault::lost},
    LineKind{"reply_late", LineFault::late},
    LineKind{"reply_garbled", LineFault::garbled},
    LineKind{"reply_doubled", LineFault::doubled},
    LineKind{"request_lost", LineFault::request_lost},
    LineKind{"reply_stale", LineFault::stale},
    LineKind{"prompt_in_noise", LineFault::prompt_in_noise},
};
constexpr std::string_view fault_help =
    "a fault, repeatable: reply_lost, reply_late, reply_garbled, reply_doubled, request_lost, reply_stale, prompt_in_noise "
    "(=SHARE of replies, else 0.05); relay_welded, relay_stuck_off (=OUTLET, counted from 1); meter_frozen; "
    "pdu_reboot, pdu_boots_on, line_unplugged (=SECONDS after the start, else 10)";

bool add_fault(const std::string& text, Benchtop& bench, Clock& clock) {
  const auto equals = text.find('=');
  const std::string kind = text.substr(0, equals);
  double number = -1.0;
  if (equals != std::string::npos) {
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data() + equals + 1, end, number);
    if (error != std::errc{} || stop != end || number < 0.0) return false;
  }
  for (const LineKind& k : line_kinds) {
    if (kind != k.name) continue;
    bench.fail_by_chance(k.fault, number < 0.0 ? 0.05 : number);
    return number <= 1.0;
  }
  if (kind == "meter_frozen") {
    bench.freeze_meters(true);
    return true;
  }
  if (kind == "relay_welded" || kind == "relay_stuck_off") {
    const auto outlet = static_cast<std::size_t>(number < 1.0 ? 1.0 : number);
    if (outlet > bench.outlets()) return false;
    if (kind == "relay_welded") bench.weld(outlet - 1);
    else bench.stick_off(outlet - 1);
    return true;
  }
  if (kind != "pdu_reboot" && kind != "pdu_boots_on" && kind != "line_unplugged") return false;
  clock.call_at(clock.now() + seconds_of(number < 0.0 ? 10.0 : number), [kind, &bench] {
    if (kind == "line_unplugged") bench.unplug(true);
    else bench.reboot(kind == "pdu_boots_on");
  });
  return true;
}

// ---- what is told

void tell_path(const ModelOptions& options, const std::string& path) {
  if (options.json) std::printf("%s\n", nlohmann::ordered_json{{"path", path}}.dump().c_str());
  else std::printf("%s\n", path.c_str());
  std::fflush(stdout);
}

struct Moves {
  void look(const Benchtop& bench, bool json) {
    seen.resize(bench.outlets());
    for (std::size_t i = 0; i < bench.outlets(); ++i) {
      const bool on = bench.contact(i);
      if (on == (seen[i] != 0)) continue;
      seen[i] = on ? 1 : 0;
      if (json) std::printf("%s\n", nlohmann::ordered_json{{"contact", i + 1}, {"closed", on}}.dump().c_str());
      else std::printf("contact %zu %s\n", i + 1, on ? "closed" : "open");
      std::fflush(stdout);
    }
  }
  std::vector<std::uint8_t> seen;
};

int complain(const Error& error) {
  std::fprintf(stderr, "greenroom pdu model: %s\n", error.message.c_str());
  return error.code == Errc::usage ? 2 : 1;
}

int run(const ModelOptions& options) {
  asio::io_context io{1};
  const auto clock = make_system_clock(io.get_executor());
  const auto bench = Benchtop::make(io.get_executor(), *clock, options.bench);
  if (!bench) return complain(bench.error());
  for (const std::string& fault : options.faults) {
    if (!add_fault(fault, **bench, *clock))
      return complain(Error(Errc::usage, "--fault " + fault + " is none that this device can have; --help lists them"));
  }
  const int fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return complain(Error(Errc::refused, std::string("no pty: ") + std::strerror(errno)));
  const auto path = prepare(fd, (*bench)->spec().baud);
  if (!path) return complain(path.error());
  if (!options.link.empty()) {
    if (const auto made = make_link(options.link, *path); !made) return complain(made.error());
  }
  DeviceEnd device(io, fd, *clock, **bench, options.greet);
  bool ending = false;
  asio::signal_set ends(io, SIGTERM, SIGINT);
  ends.async_wait([&](boost::system::error_code error, int) { ending = !error; });
  if (options.seconds > 0.0) clock->call_at(clock->now() + seconds_of(options.seconds), [&] { ending = true; });
  tell_path(options, *path);
  Moves moves;
  while (!ending) {
    io.run_one();
    if (options.moves) moves.look(**bench, options.json);
  }
  std::error_code error;
  if (!options.link.empty()) std::filesystem::remove(options.link, error);
  return 0;
}

}  // namespace

int pdu_model(const std::vector<std::string>& arguments) {
  ModelOptions options;
  options.bench.gather = std::chrono::milliseconds{16};  // as a USB adapter's latency timer hands bytes on
  CLI::App app{"A simulated PDU on a pty: prints its path, then plays the device until it is told to end.",
               "greenroom pdu model"};
  app.add_option("--dialect", options.bench.id, "which device: an id of `greenroom pdu dialects`")->required();
  app.add_option("--outlets", options.bench.outlets, "how many; without it as many as the device is sold with");
  app.add_option("--link", options.link, "a symbolic link to the pty, removed at the end");
  app.add_option("--fault", options.faults, std::string(fault_help));
  app.add_option(
         "--baud", options.bench.baud,
         "pace of the line; without it as the device comes from its factory. Whoever sets the pty to another hears noise")
      ->check(CLI::Range(300, 921600));
  app.add_option("--seed", options.bench.seed, "draws everything that is random")->check(CLI::NonNegativeNumber);
  app.add_option("--load", options.bench.load_A, "amps of each outlet while it is on")
      ->check(CLI::Range(0.0, 100.0))
      ->capture_default_str();
  app.add_option("--firmware", options.bench.firmware, "another form of the device's words, where its maker changed them");
  app.add_option("--password", options.bench.password, "of its login, instead of the factory's");
  app.add_flag("--confirm", options.bench.confirm, "the device asks before it switches, where it can");
  app.add_flag("--greet", options.greet, "whoever opens the pty is greeted, as behind a console server that drops sessions");
  app.add_option("--for", options.seconds, "end after so many seconds")->check(CLI::NonNegativeNumber);
  app.add_flag("--moves", options.moves, "print each contact as it moves, counted from 1");
  app.add_flag("--json", options.json, "print the path, and moves, as lines of JSON");
  if (const auto code = parsed(app, arguments)) return *code;
  return run(options);
}

}  // namespace greenroom::cli

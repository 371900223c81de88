// greenroom pdu model: a simulated PDU on a pty, for other people's programs.
#include <fcntl.h>
#include <fmt/format.h>
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
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>

#include "controller/cli/options.hpp"
#include "controller/cli/pdu_line.hpp"
#include "controller/cli/pdu_verbs.hpp"
#include "hw/async/real_clock.hpp"
#include "hw/model/benchtop.hpp"
#include "hw/model/device_face.hpp"
#include "hw/model/uart.hpp"

namespace greenroom::cli {
namespace {

namespace asio = boost::asio;
constexpr const char* verb = "greenroom pdu model";
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

// Only ever over a link that leads nowhere, as one that a killed model left: what somebody needs is not taken from him.
Result<void> make_link(const std::string& link, const std::string& path) {
  std::error_code error;
  const auto leads_to = std::filesystem::read_symlink(link, error);
  if (!error && leads_to != path && std::filesystem::exists(link, error))
    return fail(Errc::refused, link + " leads to " + leads_to.string() +
                                   ", which somebody has; end that model, remove the link, or name another");
  if (!leads_to.empty()) std::filesystem::remove(link, error);
  std::filesystem::create_symlink(path, link, error);
  if (error)
    return fail(Errc::refused, link + ": " + error.message() + "; name a path that is free, in a folder that is there");
  return {};
}

void remove_link(const std::string& link, const std::string& path) {
  std::error_code error;
  if (std::filesystem::read_symlink(link, error) == path) std::filesystem::remove(link, error);
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

enum class Takes { share, outlet, seconds, nothing };
struct FaultKind {
  std::string_view name;
  Takes takes;
  LineFault fault{};  // of a share
};
constexpr std::array fault_kinds{
    FaultKind{"reply_lost", Takes::share, LineFault::lost},
    FaultKind{"reply_late", Takes::share, LineFault::late},
    FaultKind{"reply_garbled", Takes::share, LineFault::garbled},
    FaultKind{"reply_doubled", Takes::share, LineFault::doubled},
    FaultKind{"request_lost", Takes::share, LineFault::request_lost},
    FaultKind{"reply_stale", Takes::share, LineFault::stale},
    FaultKind{"prompt_in_noise", Takes::share, LineFault::prompt_in_noise},
    FaultKind{"relay_welded", Takes::outlet},
    FaultKind{"relay_stuck_off", Takes::outlet},
    FaultKind{"meter_frozen", Takes::nothing},
    FaultKind{"pdu_reboot", Takes::seconds},
    FaultKind{"pdu_boots_on", Takes::seconds},
    FaultKind{"line_unplugged", Takes::seconds},
};
constexpr std::string_view fault_help =
    "a fault, repeatable: reply_lost, reply_late, reply_garbled, reply_doubled, request_lost, reply_stale, prompt_in_noise "
    "(=SHARE of replies, else 0.05); relay_welded, relay_stuck_off (=OUTLET, counted from 1); meter_frozen; "
    "pdu_reboot, pdu_boots_on, line_unplugged (=SECONDS after the start, else 10)";

// What stands after the "=", or what is meant without one. Fails with what is needed there.
Result<double> number_of(Takes takes, const std::optional<std::string>& given, std::size_t outlets) {
  if (takes == Takes::nothing && given) return fail(Errc::usage, "it takes no number");
  if (takes == Takes::outlet && outlets == 0) return fail(Errc::usage, "this device has no outlets");
  if (!given) return takes == Takes::share ? 0.05 : takes == Takes::outlet ? 1.0 : 10.0;
  const auto wrong = takes == Takes::share    ? finite_number(0.0, 1.0)(*given)
                     : takes == Takes::outlet ? whole_number(1, outlets)(*given)
                                              : finite_number(0.0, longest_s)(*given);
  if (!wrong.empty()) return fail(Errc::usage, wrong);
  return finite(*given).value_or(0.0);
}

void cause(const FaultKind& kind, double number, Benchtop& bench, Clock& clock) {
  if (kind.takes == Takes::share) return bench.fail_by_chance(kind.fault, number);
  if (kind.takes == Takes::nothing) return bench.freeze_meters(true);
  if (kind.name == "relay_welded") return bench.weld(static_cast<std::size_t>(number) - 1);
  if (kind.name == "relay_stuck_off") return bench.stick_off(static_cast<std::size_t>(number) - 1);
  clock.call_at(clock.now() + seconds_of(number), [name = kind.name, &bench] {
    if (name == "line_unplugged") bench.unplug(true);
    else bench.reboot(name == "pdu_boots_on");
  });
}

Result<void> add_fault(const std::string& text, Benchtop& bench, Clock& clock) {
  const auto equals = text.find('=');
  const auto kind = std::find_if(fault_kinds.begin(), fault_kinds.end(),
                                 [name = text.substr(0, equals)](const FaultKind& k) { return k.name == name; });
  if (kind == fault_kinds.end())
    return fail(Errc::usage, "--fault " + text + ": there is none of that name; --help lists them");
  const auto given = equals == std::string::npos ? std::nullopt : std::optional(text.substr(equals + 1));
  const auto number = number_of(kind->takes, given, bench.outlets());
  if (!number) return fail(number.error().within("--fault " + text));
  cause(*kind, *number, bench, clock);
  return {};
}

// ---- what is told

// "apc/apc (apc-ap79xx, apc-rpdu2)": user and password as the devices come.
std::string factory_logins() {
  std::map<std::string, std::string> devices;
  for (const model::DeviceForm& f : model::device_forms()) {
    if (f.user.empty()) continue;
    std::string& ids = devices[fmt::format("{}/{}", f.user, f.password)];
    ids += ids.empty() ? f.id : fmt::format(", {}", f.id);
  }
  std::string all;
  for (const auto& [login, ids] : devices) all += fmt::format("{}{} ({})", all.empty() ? "" : ", ", login, ids);
  return all;
}

Result<void> tell_path(const ModelOptions& options, const std::string& path) {
  return put_out(options.json ? json_line(nlohmann::ordered_json{{"path", path}}) : path + "\n");
}

struct Moves {
  Result<void> look(const Benchtop& bench, bool json) {
    std::string text;
    seen.resize(bench.outlets());
    for (std::size_t i = 0; i < bench.outlets(); ++i) {
      const bool on = bench.contact(i);
      if (on == (seen[i] != 0)) continue;
      seen[i] = on ? 1 : 0;
      text += json ? json_line(nlohmann::ordered_json{{"contact", i + 1}, {"closed", on}})
                   : fmt::format("contact {} {}\n", i + 1, on ? "closed" : "open");
    }
    return text.empty() ? Result<void>{} : put_out(text);
  }
  std::vector<std::uint8_t> seen;
};

// Plays the device on the pty until it is told to end.
Result<void> play(asio::io_context& io, int fd, const std::string& path, const ModelOptions& options, Clock& clock,
                  Benchtop& bench) {
  DeviceEnd device(io, fd, clock, bench, options.greet);
  bool ending = false;
  asio::signal_set ends(io);
  for (const int signal : ending_signals()) ends.add(signal);
  ends.async_wait([&](boost::system::error_code error, int) { ending = !error; });
  if (options.seconds > 0.0) clock.call_at(clock.now() + seconds_of(options.seconds), [&] { ending = true; });
  auto told = tell_path(options, path);
  Moves moves;
  while (told && !ending) {
    io.run_one();
    if (options.moves) told = moves.look(bench, options.json);
  }
  return told;
}

Result<void> run(const ModelOptions& options) {
  asio::io_context io{1};
  const auto clock = make_system_clock(io.get_executor());
  const auto bench = Benchtop::make(io.get_executor(), *clock, options.bench);
  if (!bench) return fail(bench.error());
  for (const std::string& fault : options.faults) {
    if (const auto added = add_fault(fault, **bench, *clock); !added) return added;
  }
  const int fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return fail(Errc::refused, std::string("no pty: ") + std::strerror(errno));
  const auto path = prepare(fd, (*bench)->spec().baud);
  if (!path) return fail(path.error());
  if (!options.link.empty()) {
    if (const auto made = make_link(options.link, *path); !made) return made;
  }
  const auto played = play(io, fd, *path, options, *clock, **bench);
  if (!options.link.empty()) remove_link(options.link, *path);
  return played;
}

}  // namespace

int pdu_model(const std::vector<std::string>& arguments) {
  ModelOptions options;
  options.bench.gather = std::chrono::milliseconds{16};  // as a USB adapter's latency timer hands bytes on
  CLI::App app{"A simulated PDU on a pty: prints its path, then plays the device until it is told to end.", verb};
  app.add_option("--dialect", options.bench.id, "which device: an id of `greenroom pdu dialects`")->required();
  app.add_option("--outlets", options.bench.outlets, "how many; without it as many as the device is sold with")
      ->check(whole_number(1, 999));
  app.add_option("--link", options.link, "a symbolic link to the pty, removed at the end");
  app.add_option("--fault", options.faults, std::string(fault_help));
  app.add_option(
         "--baud", options.bench.baud,
         "pace of the line; without it as the device comes from its factory. Whoever sets the pty to another hears noise")
      ->check(whole_number(300, 921600));
  app.add_option("--seed", options.bench.seed, "draws everything that is random")
      ->check(whole_number(0, std::numeric_limits<std::uint64_t>::max()));
  app.add_option("--load", options.bench.load_A, "amps of each outlet while it is on")
      ->check(finite_number(0.0, 100.0))
      ->capture_default_str();
  app.add_option("--firmware", options.bench.firmware, "another form of the device's words, where its maker changed them");
  app.add_option("--password", options.bench.password, "of its login, instead of the factory's: " + factory_logins());
  app.add_flag("--confirm", options.bench.confirm, "the device asks before it switches, where it can");
  app.add_flag("--greet", options.greet, "whoever opens the pty is greeted, as behind a console server that drops sessions");
  app.add_option("--for", options.seconds, "end after so many seconds")->check(finite_number(0.0, longest_s));
  app.add_flag("--moves", options.moves, "print each contact as it moves, counted from 1");
  app.add_flag("--json", options.json, "print the path, and moves, as lines of JSON");
  if (const auto code = parsed(app, arguments)) return *code;
  return concluded(verb, run(options));
}

}  // namespace greenroom::cli

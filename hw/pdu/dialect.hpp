// How one family of PDUs talks: a file of data (config/pdu/*.toml), read once, checked as a whole, never changed.
// A dialect holds exchanges, not scripts: send, collect until complete, classify, extract. No loops, no conditions.
// Callers: hw/pdu/cli_*.cpp, the commands that list dialects. Models never read this: a mistake in one must show in
// the other.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

#include "config/reader/reader.hpp"
#include "hw/base/time.hpp"
#include "hw/base/units.hpp"
#include "hw/pdu/pdu.hpp"
#include "hw/serial/line_settings.hpp"

namespace re2 {
class RE2;
}

namespace greenroom {

using Regex = std::shared_ptr<const re2::RE2>;  // linear time, so that hostile bytes cost no more than honest ones

constexpr int kMostGroups = 16;  // in one pattern

// What a named group of a pattern says. `scale`: a captured "1.5" is 1.5 * scale thousandths of an ampere or watt.
enum class Says { number, state, current, power, model, identity };
struct Capture {
  int group{};
  Says says{};
  std::int64_t scale{1000};
  std::size_t bank{};  // index into Dialect::banks, in bank rules
};

// A pattern for whole lines of a reply, right-trimmed.
struct LineRule {
  enum class Of { outlet, bank, required };
  Of of{};
  Regex match;
  std::string low, high;  // a line outside [low, high] cannot match; tried first because it is cheap
  bool several{};         // several records stand on a line and together are the whole line
  std::vector<Capture> captures;
};

struct Exchange {
  std::string name;   // "supervise"
  std::string send;   // without the end of command; on and off hold {outlet}
  Duration within{};  // from the first byte sent to the prompt
  std::vector<LineRule> rules;
  bool states{};  // every outlet's state, once
  bool outlet_meters{};
  bool bank_meters{};
};

struct Bank {
  std::string id;
  OutletNumber first{}, last{};
};

// A question at the end of what was received, and our answer.
struct LoginStep {
  Regex see;
  std::string say;  // ${user} and ${password} stand for the credentials
};
struct Interrupt {
  Regex see;
  std::string say;     // goes on; for a confirmation this is the byte that commits
  std::string refuse;  // ends it with nothing done
  bool confirms{};     // asks whether a switch is meant
};

enum class Fault { rejected, busy, auth, device };
struct ErrorRule {
  Regex match;
  Fault fault{};
};

enum class Trust { peer, capture, manual, unverified };  // who says so, best first
std::string_view to_string(Trust);
struct DialectEvidence {
  std::vector<std::string> facts;  // "prompt", "exchange.read", "meter" ...
  Trust trust{};
  std::string source;
};

enum class BootPolicy { unknown, off, previous, on };

struct Dialect {
  std::string id, name;  // "baytech-rpc28-nc", "Baytech RPC-28-NC"
  OutletNumber first{}, last{};
  std::vector<Bank> banks;
  LineSettings line;

  std::string end_of_command, wake;
  std::string mark;  // a line with {n} that the device does not know; empty: none is safe to send
  bool echo{};       // the device repeats the command before it answers
  Regex prompt;      // a whole line, the last of what was received
  std::vector<std::pair<std::string, OutletState>> states;

  std::vector<LoginStep> login;
  std::uint32_t login_attempts{};
  Duration login_backoff{};
  std::vector<Regex> login_denied;
  std::vector<Interrupt> interrupts;
  std::vector<ErrorRule> errors;

  std::optional<Exchange> identify;  // absent: the prompt and the layout of the states are the proof
  Exchange supervise;                // states and what the branch meter says
  std::optional<Exchange> meters;    // everything else the device can meter; absent: supervise is all there is
  Exchange on, off;

  Duration wake_within{};  // for the prompt that answers a wake-up
  Duration gap{};          // silence demanded before a command
  Duration quiet{};        // a reply with its prompt but incomplete is over after this silence
  Duration drain{};        // after a fault: no reply comes later than this
  Duration relay{};        // from an order's last byte to the contacts, at most
  Duration longest_queue{};
  Duration meter_lag{};
  Amps meter_floor{};
  std::int64_t meter_error_per_mille{};
  BootPolicy boot{};  // how the device comes back from an outage, as delivered
  std::vector<DialectEvidence> evidence;

  [[nodiscard]] std::size_t outlets() const { return static_cast<std::size_t>(last - first) + 1; }
};

// The dialect, or everything that is wrong with the file, in the order of its lines.
using LoadedDialect = tl::expected<Dialect, std::vector<Complaint>>;
LoadedDialect load_dialect(const std::string& path);
LoadedDialect parse_dialect(std::string_view text, const std::string& file);  // `file` only names it in messages

}  // namespace greenroom

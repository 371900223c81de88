// How a PDU with a command line talks: exchanges, not scripts: send, collect until complete, classify, extract. No loops,
// no conditions. Read once from its file (config/pdu/*.toml, hw/pdu/dialect.hpp), checked as a whole, never changed.
// Callers: hw/pdu/cli_*.cpp. Models never read this: a mistake in one must show in the other.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "hw/pdu/dialect_facts.hpp"

namespace re2 {
class RE2;
}

namespace greenroom {

using Regex = std::shared_ptr<const re2::RE2>;  // linear time, so that hostile bytes cost no more than honest ones

constexpr int kMostGroups = 16;  // in one pattern

// What a named group of a pattern says. `scale`: a captured "1.5" is 1.5 * scale thousandths of the unit.
enum class Says { number, state, control, current, power, voltage, apparent, model, identity };
struct Capture {
  int group{};
  Says says{};
  std::int64_t scale{1000};
  std::size_t bank{};  // index into banks, in bank rules
};

// A pattern for whole lines of a reply, right-trimmed.
struct LineRule {
  enum class Of { outlet, bank, required };
  Of of{};
  Regex match;
  std::string low, high;  // a line outside [low, high] cannot match; tried first because it is cheap
  bool several{};         // several records stand on a line and together are the whole line
  bool continues{};       // says more of the outlet that a line before it named
  bool before_confirm{};  // of an order: no confirmation is given before it was seen
  std::vector<Capture> captures;
};

struct Exchange {
  std::string name;                     // "supervise"
  std::vector<std::string> before;      // whole messages, each answered by the prompt: the way into a menu
  std::string send;                     // without the end of command; on and off hold {outlet}, here or in `before`
  std::vector<std::string> after;       // the way back
  Duration within{};                    // from the first byte sent to the last prompt
  std::uint32_t reply{}, reply_each{};  // bytes that come back: of the whole, and of each outlet; at most
  std::vector<LineRule> rules;
  bool each_outlet{};  // names every outlet, once
  bool states{};       // says every outlet's state
  bool outlet_meters{};
  bool bank_meters{};
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

enum class Echo { none, maybe, always };  // maybe: a first line that is the command is no reply

struct CliDialect : DialectFacts {
  std::string end_of_command, wake;
  std::string unstick;             // goes before a wake-up when the last was not answered by a single byte
  bool wake_each{true};            // before each exchange, or only when the state of the line is not known
  bool screen{};                   // the prompt that answers a wake-up stands below a page of text
  std::vector<std::string> enter;  // whole messages, each answered by the prompt, when a session begins or was lost
  std::string mark;                // a line with {n} that the device does not know; empty: none is safe to send
  Echo echo{};
  Regex prompt;  // a whole line, the last of what was received
  std::vector<std::pair<std::string, OutletState>> states;
  std::vector<std::string> no_reading;  // what stands in the place of a figure when the meter has none

  std::vector<LoginStep> login;
  std::uint32_t login_attempts{};
  Duration login_backoff{};
  std::vector<Regex> login_denied;
  Duration idle_logout{};  // after so long without a byte the device logs us out; 0: it does not
  std::vector<Interrupt> interrupts;
  std::vector<ErrorRule> errors;

  std::optional<Exchange> identify;      // absent: the prompt and the layout of the states are the proof
  std::optional<Exchange> power_policy;  // a whole reply is the proof that the device comes back all off
  Exchange supervise;                    // states and what the branch meter says
  std::optional<Exchange> meters;        // everything else the device can meter; absent: supervise is all there is
  Exchange on, off;

  Duration wake_within{};  // for the prompt that answers a wake-up
  Duration gap{};          // silence demanded before a command
  Duration quiet{};        // a reply with its prompt but incomplete is over after this silence
  Duration drain{};        // after a fault: no reply comes later than this
};

}  // namespace greenroom

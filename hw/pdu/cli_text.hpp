// The text of one exchange, taken apart as it arrives. Pure: no line, no clock. Each byte is looked at once.
//
// A reply is whole, or it is void: the echo pairs with the command, every outlet and every bank reading stands exactly
// once, every word is known, and the prompt is the last thing received. Nothing of a void reply is ever handed on.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "hw/pdu/cli_dialect.hpp"

namespace greenroom {

// What a whole reply said.
struct Extract {
  std::vector<OutletReading> outlets;  // when the exchange has outlet patterns: all, in the device's order
  std::vector<BankReading> banks;      // when it has bank patterns: all, in the dialect's order
  std::string model, identity;         // empty unless asked for
};

class ReplyParser {
 public:
  // The dialect outlives the parser.
  explicit ReplyParser(const CliDialect&);

  // A new reply. With `ordered` the exchange switches that outlet, and a line that names another makes it void.
  void begin(const Exchange&, std::optional<OutletNumber> ordered);
  // What was sent and is now answered: the command itself, or a message on the way to it.
  void sent(std::string_view command, Echo);
  void feed(std::string_view bytes);

  // What stands at the end of all that was received.
  enum class End { nothing, prompt, question, login };
  [[nodiscard]] End end() const { return end_; }
  [[nodiscard]] const Interrupt& question() const { return *question_; }            // when end() is question
  [[nodiscard]] bool sound() const { return wrong_.empty() && error_ == nullptr; }  // nothing was wrong so far
  // Everything that must be seen before a switch is confirmed was seen, and nothing was wrong.
  [[nodiscard]] bool may_confirm() const;
  void answered();  // the question was answered: what comes next begins a new line

  // With the prompt at the end: the reply, or why it is void. Errc::protocol: not what this dialect says; Errc::refused
  // and Errc::busy: the device said so. Call once.
  [[nodiscard]] Result<Extract> take();
  [[nodiscard]] bool complete() const;  // nothing is missing, nothing was wrong
  [[nodiscard]] bool unanswered() const { return total_ == 0; }
  [[nodiscard]] std::string missing() const;  // "18 of 20 outlets", for messages

 private:
  void line(std::string_view);
  bool apply(const LineRule&, std::size_t rule, std::string_view);
  bool match_once(const LineRule&, std::size_t index, std::string_view line, std::size_t& at);
  bool capture(LineRule::Of, const Capture&, std::string_view text, OutletReading&);
  bool number(std::string_view text, OutletNumber&) const;
  bool further(std::string_view text, OutletNumber&);
  [[nodiscard]] std::size_t lines_missing() const;
  [[nodiscard]] bool useless(const LineRule&) const;
  [[nodiscard]] bool looks_smaller() const;
  [[nodiscard]] std::string wrong_size() const;
  void outlet(const OutletReading&);
  void more(const LineRule&, std::size_t index, const OutletReading&, std::string_view line);
  void look_at_end();
  void wrong(std::string_view what, std::string_view where);

  const CliDialect& dialect_;
  const Exchange* exchange_{};
  std::string command_;
  std::string tail_;  // the line that has not ended yet
  std::size_t total_{};
  Echo echo_{};
  bool echoed_{};
  End end_{};
  const Interrupt* question_{};
  Extract found_;
  std::vector<std::uint16_t> seen_rules_;  // how often
  std::vector<std::uint8_t> seen_outlets_;
  std::vector<std::size_t> last_of_rule_;  // the outlet that a rule last spoke of, from 1
  std::size_t outlets_seen_{}, states_seen_{};
  std::size_t open_{};    // the outlet that lines now speak of, from 1
  std::size_t beyond_{};  // outlets beyond the last that is expected, in order
  bool wants_outlets_{};
  std::optional<OutletNumber> ordered_;
  std::string wrong_;  // the first thing that was wrong
  const ErrorRule* error_{};
  std::string error_line_;
};

// True when `text`, blank space before it aside, is a prompt and nothing else.
bool is_prompt(const CliDialect&, std::string_view text);

}  // namespace greenroom

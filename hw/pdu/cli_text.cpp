#include "hw/pdu/cli_text.hpp"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <utility>

#include "config/reader/reader.hpp"
#include "hw/pdu/cli_figure.hpp"

namespace greenroom {
namespace {

using re2::RE2;
using re2::StringPiece;

// Longer than any honest reply (Raritan's outlet details: 11.5 kB); a line that babbles must not fill the memory.
constexpr std::size_t kLongestReply = 64U * 1024U;

StringPiece piece(std::string_view s) { return {s.data(), s.size()}; }

std::string_view trim_right(std::string_view s) {
  while (!s.empty() && (s.back() == ' ' || s.back() == '\r' || s.back() == '\t')) s.remove_suffix(1);
  return s;
}

std::string_view trim_blank_lines(std::string_view s) {
  while (!s.empty() && (s.front() == '\r' || s.front() == '\n' || s.front() == ' ')) s.remove_prefix(1);
  return s;
}

bool printable(std::string_view s) {
  return std::all_of(s.begin(), s.end(), [](char c) { return (c >= ' ' && c <= '~') || c == '\t'; });
}

template <class Reading>
void set(Reading& reading, Says says, std::int64_t milli) {
  if (says == Says::current) reading.current = Amps{milli};
  if (says == Says::power) reading.power = Watts{milli};
  if (says == Says::voltage) reading.voltage = Volts{milli};
  if (says == Says::apparent) reading.apparent = VoltAmperes{milli};
}

Errc code_of(Fault f) {
  switch (f) {
    case Fault::rejected: return Errc::refused;
    case Fault::auth: return Errc::refused;
    case Fault::busy: return Errc::busy;
    case Fault::device: break;
  }
  return Errc::protocol;
}

}  // namespace

bool is_prompt(const CliDialect& d, std::string_view text) {
  return RE2::FullMatch(piece(trim_right(trim_blank_lines(text))), *d.prompt);
}

ReplyParser::ReplyParser(const CliDialect& d) : dialect_(d) { tail_.reserve(256); }

void ReplyParser::begin(const Exchange& x, std::optional<OutletNumber> ordered) {
  exchange_ = &x;
  ordered_ = ordered;
  total_ = 0;
  end_ = End::nothing;
  question_ = nullptr;
  found_ = Extract{};
  seen_rules_.assign(x.rules.size(), 0);
  last_of_rule_.assign(x.rules.size(), 0);
  outlets_seen_ = states_seen_ = open_ = beyond_ = 0;
  wants_outlets_ = !ordered && x.each_outlet;
  if (wants_outlets_) {
    seen_outlets_.assign(dialect_.outlets(), 0);
    found_.outlets.resize(dialect_.outlets());
  }
  if (x.bank_meters) {
    for (const Bank& b : dialect_.banks) found_.banks.emplace_back(b.id);
  }
  wrong_.clear();
  error_ = nullptr;
}

void ReplyParser::sent(std::string_view command, Echo echo) {
  command_ = command;
  echo_ = echo;
  echoed_ = echo != Echo::always;
  tail_.clear();
  end_ = End::nothing;
  question_ = nullptr;
}

void ReplyParser::feed(std::string_view bytes) {
  total_ += bytes.size();
  if (total_ > kLongestReply) {
    wrong("more than 64 KiB without an end", "");
    bytes = {};
    tail_.clear();
  }
  for (auto end = bytes.find('\n'); end != std::string_view::npos; end = bytes.find('\n')) {
    if (tail_.empty()) {
      line(bytes.substr(0, end));
    } else {
      tail_.append(bytes.substr(0, end));
      line(tail_);
      tail_.clear();
    }
    bytes.remove_prefix(end + 1);
  }
  tail_.append(bytes);
  look_at_end();
}

void ReplyParser::look_at_end() {
  end_ = End::nothing;
  question_ = nullptr;
  std::string_view tail = tail_;
  while (!tail.empty() && tail.front() == '\r') tail.remove_prefix(1);
  if (trim_right(tail).empty()) return;
  if (echoed_ && RE2::FullMatch(piece(trim_right(tail)), *dialect_.prompt)) {
    end_ = End::prompt;
    return;
  }
  for (const Interrupt& i : dialect_.interrupts) {
    if (!RE2::FullMatch(piece(tail), *i.see)) continue;
    end_ = End::question;
    question_ = &i;
    return;
  }
  for (const LoginStep& step : dialect_.login) {
    if (RE2::FullMatch(piece(tail), *step.see)) end_ = End::login;
  }
}

void ReplyParser::answered() {
  tail_.clear();
  end_ = End::nothing;
  question_ = nullptr;
}

void ReplyParser::wrong(std::string_view what, std::string_view where) {
  if (!wrong_.empty()) return;
  wrong_ = where.empty() ? std::string(what) : fmt::format("{}: {}", what, quoted(where));
}

void ReplyParser::line(std::string_view text) {
  while (!text.empty() && text.front() == '\r') text.remove_prefix(1);
  text = trim_right(text);
  if (!echoed_) {
    if (text != command_) wrong("not the echo of " + quoted(command_), text);
    echoed_ = true;  // or void: then the prompt ends it all the same
    return;
  }
  if (echo_ == Echo::maybe && !text.empty()) {
    echo_ = Echo::none;
    if (text == command_) return;
  }
  if (text.empty()) return;
  if (!printable(text)) return wrong("noise in a line", text);
  for (const ErrorRule& e : dialect_.errors) {
    if (error_ != nullptr || !RE2::FullMatch(piece(text), *e.match)) continue;
    error_ = &e;
    error_line_ = text;
  }
  const std::vector<LineRule>& rules = exchange_->rules;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    if (apply(rules[i], i, text)) return;
  }
  // A prompt that is not the last thing received ended another exchange than ours.
  if (RE2::FullMatch(piece(text), *dialect_.prompt)) wrong("a prompt before the end", text);
}

bool ReplyParser::apply(const LineRule& rule, std::size_t index, std::string_view text) {
  if (!rule.high.empty() && (text < rule.low || text > rule.high)) return false;
  std::size_t at = 0;
  if (!match_once(rule, index, text, at)) return false;
  while (rule.several && at < text.size()) {
    if (match_once(rule, index, text, at)) continue;
    wrong("the rest of a line is not understood", text.substr(at));
    break;
  }
  if (seen_rules_[index] < 0xFFFF) ++seen_rules_[index];
  if (rule.of != LineRule::Of::outlet && seen_rules_[index] > 1) wrong("stands twice", text);
  return true;
}

bool ReplyParser::match_once(const LineRule& rule, std::size_t index, std::string_view line, std::size_t& at) {
  std::array<StringPiece, kMostGroups + 1> groups;
  const int count = rule.match->NumberOfCapturingGroups() + 1;
  const auto anchor = rule.several ? RE2::ANCHOR_START : RE2::ANCHOR_BOTH;
  if (!rule.match->Match(piece(line), at, line.size(), anchor, groups.data(), count)) return false;
  if (groups[0].empty()) return false;
  at += groups[0].size();
  OutletReading reading;
  for (const Capture& c : rule.captures) {
    const StringPiece& g = groups[static_cast<std::size_t>(c.group)];
    if (g.data() == nullptr || !capture(rule.of, c, {g.data(), g.size()}, reading)) {
      wrong("a value is not understood", line);
      return true;
    }
  }
  if (rule.of == LineRule::Of::outlet) {
    if (rule.continues) more(rule, index, reading, line);
    else outlet(reading);
  }
  return true;
}

bool ReplyParser::capture(LineRule::Of of, const Capture& c, std::string_view text, OutletReading& reading) {
  switch (c.says) {
    case Says::model: found_.model = text; return true;
    case Says::identity: found_.identity = text; return true;
    case Says::number: return number(text, reading.number) || further(text, reading.number);
    case Says::state:
    case Says::control: {
      const auto& words = dialect_.states;
      const auto word = std::find_if(words.begin(), words.end(), [&](const auto& w) { return w.first == text; });
      if (word == words.end()) return false;
      if (c.says == Says::state) reading.state = word->second;
      else if (word->second == OutletState::on) reading.commanded = Switch::on;
      else if (word->second == OutletState::off) reading.commanded = Switch::off;
      return true;
    }
    default: break;
  }
  const auto& none = dialect_.no_reading;
  if (std::find(none.begin(), none.end(), text) != none.end()) return true;
  const auto milli = decimal(text, c.scale);
  if (!milli || !possible(c.says, *milli)) return false;
  if (of == LineRule::Of::outlet) set(reading, c.says, *milli);
  else if (c.bank < found_.banks.size()) set(found_.banks[c.bank], c.says, *milli);
  return true;
}

bool ReplyParser::number(std::string_view text, OutletNumber& n) const {
  if (!dialect_.names.empty()) {
    const auto last = dialect_.names.begin() + static_cast<std::ptrdiff_t>(dialect_.outlets());
    const auto at = std::find(dialect_.names.begin(), last, text);
    n = static_cast<OutletNumber>(dialect_.first + (at - dialect_.names.begin()));
    return at != last;
  }
  const auto whole = text.find('.') == text.npos ? decimal(text, 1) : std::nullopt;
  if (!whole || *whole > 0xFFFF) return false;
  n = static_cast<OutletNumber>(*whole);
  return dialect_.has(n);
}

// The next outlet beyond the last one expected: of a larger unit than was said.
bool ReplyParser::further(std::string_view text, OutletNumber& n) {
  if (!wants_outlets_) return false;
  const std::size_t at = dialect_.outlets() + beyond_;
  const auto next = static_cast<OutletNumber>(dialect_.first + at);
  if (dialect_.names.empty() ? text != std::to_string(next) : at >= dialect_.names.size() || text != dialect_.names[at])
    return false;
  n = next;
  ++beyond_;
  return true;
}

// A line that names its outlet.
void ReplyParser::outlet(const OutletReading& reading) {
  if (ordered_) {
    if (reading.number != *ordered_)
      wrong("outlet " + dialect_.name_of(*ordered_) + " was ordered, and the reply speaks of " +
                dialect_.name_of(reading.number),
            "");
    return;
  }
  if (!wants_outlets_) return;
  if (!dialect_.has(reading.number)) {
    open_ = 0;
    return;
  }
  const std::size_t at = dialect_.index(reading.number);
  open_ = at + 1;
  if (seen_outlets_[at]++ != 0) return wrong(fmt::format("outlet {} stands twice", dialect_.name_of(reading.number)), "");
  found_.outlets[at] = reading;
  ++outlets_seen_;
  if (reading.state != OutletState::unknown) ++states_seen_;
}

// A line that goes on about the outlet that was named before it.
void ReplyParser::more(const LineRule& rule, std::size_t index, const OutletReading& reading, std::string_view line) {
  if (!wants_outlets_) return;
  if (open_ == 0 && beyond_ > 0) return;
  if (open_ == 0) return wrong("speaks of no outlet", line);
  if (std::exchange(last_of_rule_[index], open_) == open_) return wrong("stands twice", line);
  OutletReading& known = found_.outlets[open_ - 1];
  for (const Capture& c : rule.captures) {
    if (c.says == Says::state) {
      known.state = reading.state;
      ++states_seen_;
    }
    if (c.says == Says::control) known.commanded = reading.commanded;
    if (c.says == Says::current) known.current = reading.current;
    if (c.says == Says::power) known.power = reading.power;
    if (c.says == Says::voltage) known.voltage = reading.voltage;
    if (c.says == Says::apparent) known.apparent = reading.apparent;
  }
}

bool ReplyParser::may_confirm() const {
  if (!sound()) return false;
  for (std::size_t i = 0; i < seen_rules_.size(); ++i) {
    if (exchange_->rules[i].before_confirm && seen_rules_[i] == 0) return false;
  }
  return true;
}

// Rules that must have been seen, and how often: each line about banks and each required line once; each line that goes on
// about an outlet, for all of them; and each line of an order that names its outlet.
std::size_t ReplyParser::lines_missing() const {
  std::size_t lines = 0;
  for (std::size_t i = 0; i < seen_rules_.size(); ++i) {
    const LineRule& rule = exchange_->rules[i];
    std::size_t wanted = 1;
    if (rule.of == LineRule::Of::outlet && !ordered_) wanted = rule.continues ? dialect_.outlets() : 0;
    if (rule.of == LineRule::Of::bank && useless(rule)) wanted = 0;
    if (seen_rules_[i] < wanted) ++lines;
  }
  return lines;
}

// Of banks that a smaller device does not have.
bool ReplyParser::useless(const LineRule& rule) const {
  return std::all_of(rule.captures.begin(), rule.captures.end(),
                     [this](const Capture& c) { return c.bank >= dialect_.banks.size(); });
}

bool ReplyParser::complete() const {
  if (!sound() || !echoed_ || beyond_ > 0) return false;
  if (wants_outlets_ && outlets_seen_ != dialect_.outlets()) return false;
  if (wants_outlets_ && exchange_->states && states_seen_ != dialect_.outlets()) return false;
  return lines_missing() == 0;
}

std::string ReplyParser::missing() const {
  if (!echoed_) return "not even the echo";
  const std::size_t lines = lines_missing();
  std::string text;
  if (wants_outlets_) text = fmt::format("{} of {} outlets", outlets_seen_, dialect_.outlets());
  if (lines > 0) text += fmt::format("{}{} other lines missing", text.empty() ? "" : ", ", lines);
  return text.empty() ? "no prompt" : text;
}

// Every outlet up to one, in order, and none after it.
bool ReplyParser::looks_smaller() const {
  if (!wants_outlets_ || outlets_seen_ == 0 || outlets_seen_ == dialect_.outlets() || !wrong_.empty()) return false;
  const auto last = seen_outlets_.begin() + static_cast<std::ptrdiff_t>(outlets_seen_);
  return std::all_of(seen_outlets_.begin(), last, [](std::uint8_t seen) { return seen == 1; });
}

// What is missing or too much; and where that looks like another number of outlets than was said, what to do about it.
std::string ReplyParser::wrong_size() const {
  const bool larger = beyond_ > 0 && outlets_seen_ == dialect_.outlets();
  if (!larger && !looks_smaller()) return missing();
  const std::size_t has = outlets_seen_ + beyond_;
  const std::string seen = !larger ? missing()
                                   : fmt::format("it goes on to outlet {}, and {} outlets are expected",
                                                 dialect_.first + has - 1, dialect_.outlets());
  if (has > dialect_.most)
    return fmt::format("{}; {} has at most {}: is it another device?", seen, dialect_.name, dialect_.most);
  return fmt::format("{0}; if the unit has {1}, say outlets = {1} in the room file, or --outlets {1}", seen, has);
}

Result<Extract> ReplyParser::take() {
  if (!wrong_.empty()) return fail(Errc::protocol, fmt::format("the reply to {} is void: {}", quoted(command_), wrong_));
  if (error_ != nullptr) {
    return fail(code_of(error_->fault), fmt::format("the device answered {} to {}", quoted(error_line_), quoted(command_)));
  }
  if (!complete()) return fail(Errc::protocol, fmt::format("the reply to {} is void: {}", quoted(command_), wrong_size()));
  return std::move(found_);
}

}  // namespace greenroom

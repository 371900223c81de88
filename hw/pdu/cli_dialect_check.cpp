#include "hw/pdu/cli_dialect_check.hpp"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>

#include "config/reader/reader.hpp"

namespace greenroom {
namespace {

constexpr char kEscape = '\x1b';
constexpr std::string_view kOneCommand = "one send is one command, and end_of_command is added";

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_letter(char c) { return is_lower(c) || is_upper(c); }

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (is_upper(c)) c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

// As a word by itself, in any case: "all" in "down ALL", "all_off" and "olAllOff", and not in "install" or "overall".
bool holds_word(std::string_view text, std::string_view word) {
  const std::string low = lower(text);
  for (auto at = low.find(word); at != low.npos; at = low.find(word, at + 1)) {
    const auto after = at + word.size();
    const bool begins = at == 0 || !is_letter(text[at - 1]) || (is_lower(text[at - 1]) && is_upper(text[at]));
    const bool ends =
        after == text.size() || !is_letter(text[after]) || (is_lower(text[after - 1]) && is_upper(text[after]));
    if (begins && ends) return true;
  }
  return false;
}

// Of the words by which a device switches by itself; empty: none.
std::string_view own_word(std::string_view message) {
  const std::string low = lower(message);
  for (const std::string_view word : {"reboot", "cycle", "toggle"}) {
    if (low.find(word) != low.npos) return word;
  }
  return {};
}

// As a device reads it that minds neither case nor blanks.
std::string as_read(std::string_view message) {
  std::string out;
  for (const char c : lower(message)) {
    const bool blank = c == ' ' || c == '\t' || c == '\r' || c == '\n';
    if (!blank) out += c;
    else if (!out.empty() && out.back() != ' ') out += ' ';
  }
  if (out.ends_with(' ')) out.pop_back();
  return out;
}

// What stands before the outlet in an order: "on", "set /system1/outlet". Empty where that is no word.
std::string order_word(const Exchange& order) {
  const std::string word = as_read(std::string_view(order.send).substr(0, order.send.find("{outlet}")));
  return std::any_of(word.begin(), word.end(), is_letter) && order.send.find("{outlet}") != std::string::npos
             ? word
             : std::string();
}

}  // namespace

std::string wrong_stand_in(std::string_view text, const std::vector<std::string_view>& known) {
  std::string rest(text);
  for (const std::string_view k : known) {
    const auto at = rest.find(k);
    if (at == rest.npos) continue;
    rest.erase(at, k.size());
    rest.insert(at, 1, ' ');
    if (rest.find(k) != rest.npos)
      return fmt::format("{}: {} stands twice, and only one would be filled in", quoted(text), k);
  }
  auto at = rest.find('{');
  if (at == rest.npos) return {};
  const auto end = std::min(rest.find('}', at), rest.size() - 1);
  if (at > 0 && rest[at - 1] == '$') --at;
  return fmt::format("{}: unknown stand-in {}; {}", quoted(text), quoted(std::string_view(rest).substr(at, end - at + 1)),
                     known.empty() ? "none is filled in here" : fmt::format("known: {}", fmt::join(known, ", ")));
}

std::string wrong_command(std::string_view send, std::string_view end_of_command) {
  if (std::any_of(send.begin(), send.end(), is_control))
    return fmt::format("{} holds a control character: {}", quoted(send), kOneCommand);
  if (!end_of_command.empty() && send.find(end_of_command) != send.npos)
    return fmt::format("{} holds end_of_command: {}", quoted(send), kOneCommand);
  return {};
}

std::string wrong_message(std::string_view message, std::string_view end_of_command) {
  if (message.empty()) return "an empty message asks for no prompt";
  std::string_view command = message;
  if (!end_of_command.empty() && command.ends_with(end_of_command)) command.remove_suffix(end_of_command.size());
  while (command.ends_with('\r') || command.ends_with('\n')) command.remove_suffix(1);
  const bool more = std::any_of(command.begin(), command.end(), [](char c) { return is_control(c) && c != kEscape; }) ||
                    (!end_of_command.empty() && command.find(end_of_command) != command.npos);
  if (more) return fmt::format("{} holds more than one command: each waits for the prompt of its own", quoted(message));
  return {};
}

// A device's own reboot leaves an outlet that is off as it is, and holds the line for ten seconds. The words are refused
// within others too: APC's is olReboot.
std::string own_switching(std::string_view message) {
  const std::string_view found = holds_word(message, "all") ? "all" : own_word(message);
  return found.empty() ? std::string() : fmt::format("{}: a device's own {} is never used", quoted(message), quoted(found));
}

std::string question_that_switches(std::string_view message, const CliDialect& d) {
  const std::string read = as_read(message);
  bool switches = !own_word(message).empty() || holds_word(message, "on") || holds_word(message, "off");
  for (const Exchange* order : {&d.on, &d.off}) {
    const std::string word = order_word(*order);
    if (word.empty() || !read.starts_with(word)) continue;
    switches = switches || read.size() == word.size() || !is_letter(read[word.size()]);
  }
  return switches ? fmt::format("{}: only [exchange.on] and [exchange.off] may switch", quoted(message)) : std::string();
}

bool same_order(const Exchange& a, const Exchange& b) {
  const auto alike = [](const std::string& x, const std::string& y) { return as_read(x) == as_read(y); };
  return alike(a.send, b.send) && std::equal(a.before.begin(), a.before.end(), b.before.begin(), b.before.end(), alike);
}

std::string matches_an_answer(const re2::RE2& pattern, const CliDialect& d) {
  if (re2::RE2::FullMatch("", pattern)) return {};  // told of every pattern
  std::vector<std::string> answers = {"a", "A", "1", "12345", "a b", "Outlet 1: a", "Outlet 1 : A"};
  for (const auto& [word, state] : d.states) answers.push_back(word);
  answers.insert(answers.end(), d.no_reading.begin(), d.no_reading.end());
  for (const std::string& answer : answers) {
    if (answer.empty() || !re2::RE2::FullMatch(answer, pattern)) continue;
    return fmt::format("pattern {} also matches {}: it must be told from an answer", quoted(pattern.pattern()),
                       quoted(answer));
  }
  return {};
}

std::string wrong_word(const CliDialect& d, std::string_view word, OutletState state) {
  if (word.empty()) return "an empty word is no state: what is not understood would read so";
  for (const auto& [other, its_state] : d.states) {
    if (its_state != state && lower(other) == lower(word))
      return fmt::format("{} and {} are one word, and mean different states", quoted(word), quoted(other));
  }
  return {};
}

std::string words_missing(const CliDialect& d) {
  const auto means = [&d](OutletState s) {
    return std::any_of(d.states.begin(), d.states.end(), [s](const auto& w) { return w.second == s; });
  };
  if (means(OutletState::unknown)) return {};  // one of them is wrong, and told
  for (const OutletState s : {OutletState::on, OutletState::off}) {
    if (!means(s)) {
      return fmt::format("no word in [states] means {}: an outlet would never read so", s == OutletState::on ? "on" : "off");
    }
  }
  return {};
}

}  // namespace greenroom

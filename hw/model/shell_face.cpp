#include "hw/model/shell_face.hpp"

#include <algorithm>
#include <charconv>
#include <sstream>
#include <utility>

namespace greenroom::model {

constexpr std::size_t longest_line = 80;

void ShellFace::boot(std::string& out) {
  reset();
  banner(out);
  greeted_ = true;
  if (open()) {
    stage_ = Stage::in;
    welcome(out);
    return prompt(out);
  }
  ask(out);
}

void ShellFace::reset() {
  line_.clear();
  stage_ = open() ? Stage::in : Stage::user;
  if (login_.user_prompt.empty() && !open()) stage_ = Stage::password;
  leaving_ = greeted_ = false;
  left();
}

void ShellFace::log_out() { leaving_ = true; }

void ShellFace::ask(std::string& out) {
  if (login_.user_prompt.empty()) {
    stage_ = Stage::password;
    out += login_.password_prompt;
    return;
  }
  stage_ = Stage::user;
  out += login_.user_prompt;
}

void ShellFace::quiet(Duration silence) {
  if (login_.idle > Duration{} && silence > login_.idle) reset();
}

void ShellFace::take(char c, std::string& out) {
  const bool second_half = c == '\n' && after_cr_;
  after_cr_ = c == '\r';
  if (second_half) return;
  if (stage_ == Stage::in && key(c, out)) return;
  if (c == '\r' || c == '\n') return enter(out);
  if (line_.size() < longest_line) line_ += c;
  if (echo_ && stage_ != Stage::password) out += c;
}

void ShellFace::enter(std::string& out) {
  const std::string line = std::exchange(line_, {});
  if (echo_) out += eol_;
  if (stage_ == Stage::in) {
    if (line.empty()) only_enter();
    else command(line, out);
    if (leaving_) {
      reset();
      if (!open()) ask(out);
      return;
    }
    return prompt(out);
  }
  if (stage_ == Stage::user) {
    if (line.empty()) {
      if (!std::exchange(greeted_, true)) banner(out);
      return ask(out);
    }
    user_ = line;
    stage_ = Stage::password;
    out += login_.password_prompt;
    return;
  }
  if (line.empty() && login_.user_prompt.empty()) return ask(out);
  line_ = line;
  check_password(out);
}

void ShellFace::check_password(std::string& out) {
  const bool right = std::exchange(line_, {}) == login_.password && (login_.user_prompt.empty() || user_ == login_.user);
  if (!right) {
    out += login_.denied;
    return ask(out);
  }
  stage_ = Stage::in;
  welcome(out);
  prompt(out);
}

std::optional<std::vector<std::size_t>> outlet_list(std::string_view text, std::size_t outlets, std::string_view all,
                                                    char separator, char range) {
  std::vector<std::size_t> found;
  if (text == all) {
    for (std::size_t i = 0; i < outlets; ++i) found.push_back(i);
    return found;
  }
  const auto number = [outlets](std::string_view digits) -> std::optional<std::size_t> {
    std::size_t n = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), n);
    if (error != std::errc{} || end != digits.data() + digits.size() || n < 1 || n > outlets) return std::nullopt;
    return n - 1;
  };
  while (!text.empty()) {
    const std::string_view part = text.substr(0, text.find(separator));
    text.remove_prefix(std::min(text.size(), part.size() + 1));
    const auto dash = part.find(range);
    const auto first = number(part.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : number(part.substr(dash + 1));
    if (!first || !last || *last < *first) return std::nullopt;
    for (std::size_t i = *first; i <= *last; ++i) found.push_back(i);
  }
  if (found.empty()) return std::nullopt;
  return found;
}

std::string lower_case(std::string_view s) {
  std::string out(s);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::vector<std::string> words_of(const std::string& line) {
  std::istringstream in(line);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

const std::string& password_or(const PduSpec& spec, const std::string& factory) {
  return spec.password.empty() ? factory : spec.password;
}

}  // namespace greenroom::model

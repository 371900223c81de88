#include "hw/pdu/cli_session.hpp"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "config/reader/reader.hpp"
#include "hw/pdu/drain.hpp"

namespace greenroom {
namespace {

// Noise, a banner or the rest of an old reply may each spoil one wake-up.
constexpr int kWakeUps = 3;

std::string replaced(std::string text, std::string_view what, std::string_view by) {
  if (const auto at = text.find(what); at != std::string::npos) text.replace(at, what.size(), by);
  return text;
}

bool matches_end(const Regex& regex, std::string_view text) {
  const auto newline = text.find_last_of("\r\n");
  if (newline != std::string_view::npos) text.remove_prefix(newline + 1);
  return re2::RE2::FullMatch({text.data(), text.size()}, *regex);
}

// The text of a message, without its line end.
std::string_view without_end(std::string_view message) {
  while (!message.empty() && (message.back() == '\r' || message.back() == '\n')) message.remove_suffix(1);
  return message;
}

// What a device says and no noise does: printable, and letters among it.
bool is_words(std::string_view heard) {
  return std::any_of(heard.begin(), heard.end(), [](unsigned char c) { return std::isalpha(c) != 0; }) &&
         std::all_of(heard.begin(), heard.end(), [](unsigned char c) {
           return std::isprint(c) != 0 || c == '\r' || c == '\n' || c == '\t' || c == 0x1b;
         });
}

bool answers_mark(const CliDialect& d, std::string_view text, std::string_view echo) {
  const auto at = text.rfind(echo);
  if (at == std::string_view::npos) return false;
  text.remove_prefix(at + echo.size());
  return !text.empty() && (text.front() == '\r' || text.front() == '\n') && matches_end(d.prompt, text);
}

}  // namespace

void CliSession::lose() {
  lost_ = true;
  unpaired_ = true;
}

Task<void> CliSession::put(std::string bytes) {
  last_said_ = clock_.now();
  auto r = co_await line_.write(std::move(bytes));
  if (!r) lose();
  co_return r;
}

// Answers a login question at the end of text_; false when there is none.
Task<bool> CliSession::log_in() {
  for (const Regex& denied : dialect_.login_denied) {
    if (!said_all_) break;  // nobody tried: the words are about something else
    if (re2::RE2::PartialMatch({text_.data(), text_.size()}, *denied)) {
      no_login_before_ = clock_.now() + dialect_.login_backoff;
      co_return fail(Errc::refused, fmt::format("{}; check user and password", kLoginRefused));
    }
  }
  for (const LoginStep& step : dialect_.login) {
    if (!matches_end(step.see, text_)) continue;
    const bool asks_user = step.say.find("${user}") != std::string::npos && credentials_.user.empty();
    const bool asks_password = step.say.find("${password}") != std::string::npos && credentials_.password.empty();
    if (asks_user || asks_password) {
      co_return fail(Errc::refused,
                     fmt::format("the device asks for a {}, and none was given: name it (--user and --password-file of a "
                                 "verb; the room's credentials)",
                                 asks_user ? "user name" : "password"));
    }
    // Asked again after all was said: refused. A login that the line cut short is none.
    if (&step == &dialect_.login.front() && std::exchange(said_all_, false)) ++logins_;
    if (logins_ >= dialect_.login_attempts) {
      logins_ = 0;
      no_login_before_ = clock_.now() + dialect_.login_backoff;
      co_return fail(Errc::refused, fmt::format("{} {} times; check user and password; the next try is in {:.0f} s, as the "
                                                "device may lock us out",
                                                kLoginRefused, dialect_.login_attempts, in_seconds(dialect_.login_backoff)));
    }
    said_all_ = &step == &dialect_.login.back();
    text_.clear();
    std::string say = replaced(replaced(step.say, "${user}", credentials_.user), "${password}", credentials_.password);
    if (auto r = co_await put(std::move(say)); !r) co_return fail(r.error());
    co_return true;
  }
  co_return false;
}

// Sends a wake-up or a mark, once. True: the right answer and nothing else is there. To a wake-up that is a prompt; to
// a mark it is its echo and, later, a prompt at the end.
Task<bool> CliSession::ask(std::string bytes, std::string echo) {
  line_.discard_input();
  text_.clear();
  if (auto r = co_await put(std::move(bytes)); !r) co_return fail(r.error());
  const TimePoint limit = clock_.now() + dialect_.wake_within;
  TimePoint until = limit;
  for (;;) {
    const auto got = co_await line_.read_some(until);
    if (!got && got.error().code == Errc::timeout) {
      const bool below_a_page = dialect_.screen && matches_end(dialect_.prompt, text_);
      co_return echo.empty() && below_a_page;
    }
    if (!got) co_return fail(got.error());
    text_ += *got;
    if (echo.empty() ? is_prompt(dialect_, text_) : answers_mark(dialect_, text_, echo)) {
      logins_ = 0;
      said_all_ = false;
      co_return true;
    }
    // A prompt behind other text: that text belongs to something older. Wait for silence, then ask again.
    until = limit;
    for (const Interrupt& i : dialect_.interrupts) {
      if (!matches_end(i.see, text_)) continue;
      text_.clear();
      std::string no = i.refuse;  // a question that nobody asked is answered with no
      if (auto r = co_await put(std::move(no)); !r) co_return fail(r.error());
    }
    const auto answered = co_await log_in();
    if (!answered) co_return fail(answered.error());
    if (echo.empty() && matches_end(dialect_.prompt, text_)) until = std::min(limit, clock_.now() + dialect_.quiet);
  }
}

// A device answers in order. So when some answers are outstanding, late or lost, a line that only its own echo matches
// tells the old ones from the new: what comes after that echo answers what is sent after it.
Task<bool> CliSession::at_prompt() {
  // A pager whose question was lost may take nothing but its letter.
  std::string wake_up = (mute_ ? dialect_.unstick : std::string()) + dialect_.wake;
  auto awake = co_await ask(std::move(wake_up), std::string());
  if (!awake || !*awake || !unpaired_) co_return awake;
  for (const std::string& message : dialect_.enter) {
    std::string bytes = message;
    awake = co_await say(std::move(bytes));
    if (!awake || !*awake) co_return awake;
  }
  if (!dialect_.mark.empty()) {
    std::string echo = replaced(dialect_.mark, "{n}", std::to_string(++marks_));
    std::string bytes = echo + dialect_.end_of_command;
    awake = co_await ask(std::move(bytes), std::move(echo));
    if (!awake || !*awake) co_return awake;
  }
  unpaired_ = false;
  co_return true;
}

// A message on the way into a session or out of a menu: true when the prompt answers it.
Task<bool> CliSession::say(std::string message) {
  text_.clear();
  if (auto r = co_await put(std::move(message)); !r) co_return fail(r.error());
  const TimePoint limit = clock_.now() + dialect_.wake_within;
  while (!matches_end(dialect_.prompt, text_)) {
    const auto got = co_await line_.read_some(limit);
    if (!got && got.error().code == Errc::timeout) co_return false;
    if (!got) co_return fail(got.error());
    text_ += *got;
    for (const Interrupt& i : dialect_.interrupts) {
      if (!matches_end(i.see, text_)) continue;
      text_.clear();
      std::string next = i.confirms ? i.refuse : i.say;
      if (auto r = co_await put(std::move(next)); !r) co_return fail(r.error());
    }
  }
  co_return true;
}

// Refused logins are not repeated before their time, but to open an outlet one more is tried.
Task<void> CliSession::wake(bool opens) {
  const bool once = opens && !pressed_;
  if (clock_.now() < no_login_before_ && !once) {
    co_return fail(Errc::busy, fmt::format("no login for another {:.0f} s after refused ones",
                                           in_seconds(no_login_before_ - clock_.now())));
  }
  if (clock_.now() < no_login_before_) {
    pressed_ = true;
    logins_ = 0;
  }
  for (int i = 0; i < kWakeUps; ++i) {
    if (lost_) {
      if (auto r = co_await drain(line_, clock_, dialect_.drain); !r) co_return fail(r.error());
      lost_ = false;
    }
    const auto awake = co_await at_prompt();
    if (!awake) {
      lose();
      co_return fail(awake.error());
    }
    mute_ = text_.empty();
    if (*awake) {
      pressed_ = false;
      co_return Result<void>{};
    }
    unpaired_ = true;
    // One dropped character is common and needs no long silence; a page that is still on its way does.
    lost_ = i > 0 || dialect_.screen;
  }
  lose();
  const std::string remedy =
      is_words(text_) ? "It seems that another device answers: greenroom pdu identify --line URL says which"
                      : fmt::format("Is it powered, is the cable right, is the line at {} baud?", dialect_.line.baud);
  co_return fail(Errc::device_gone, fmt::format("no prompt of {} after {} wake-ups; last seen {}. {}", dialect_.name,
                                                kWakeUps, quoted(text_), remedy));
}

// Answers the question at the end of the reply. A switch is confirmed only if it is still allowed at this byte.
Task<void> CliSession::answer(const SwitchOrder* order, Sent& sent) {
  const Interrupt& question = parser_.question();
  Result<void> allowed;
  if (question.confirms) {
    sent.committed = false;  // the device waits: nothing is switched until we say so
    if (order == nullptr) allowed = fail(Errc::protocol, "the device asks to confirm a switch that nobody ordered");
    else if (!parser_.may_confirm()) allowed = fail(Errc::protocol, "the device asks to confirm, and did not name what");
    else allowed = may_commit(*order, clock_.now());
  }
  std::string say = allowed ? question.say : question.refuse;
  if (question.confirms) sent.committed = allowed.has_value();
  if (auto r = co_await put(std::move(say)); !r) co_return fail(r.error());
  sent.ended = clock_.now();
  parser_.answered();
  if (!allowed) lose();  // whatever it says to the refusal is drained
  co_return allowed;
}

// Until the prompt; of the last message of an exchange until the whole reply.
Task<Extract> CliSession::collect(const Exchange& x, const SwitchOrder* order, Sent& sent, bool last) {
  const TimePoint limit = sent.began + x.within;
  for (;;) {
    const bool at_prompt = parser_.end() == ReplyParser::End::prompt;
    if (at_prompt && !last && !parser_.sound()) {  // on the way into a menu: no step further on a wrong one
      lose();
      co_return parser_.take();
    }
    if (at_prompt && !last) {
      Extract nothing_yet;
      co_return nothing_yet;
    }
    if (at_prompt && parser_.complete()) co_return parser_.take();
    const auto got = co_await line_.read_some(at_prompt ? std::min(limit, clock_.now() + dialect_.quiet) : limit);
    if (!got) {
      const bool silent = got.error().code == Errc::timeout;
      // An error that the device reports in good order leaves the line as it should be.
      auto reply = at_prompt ? parser_.take() : fail(got.error());
      const bool orderly = at_prompt && !reply && reply.error().code != Errc::protocol;
      if (!orderly) lose();
      if (at_prompt && silent) co_return reply;
      if (!silent) co_return fail(got.error());
      co_return fail(Errc::timeout,
                     fmt::format("no whole reply to {} within {:.1f} s: {}", quoted(x.send), in_seconds(x.within),
                                 parser_.unanswered() ? "not a byte" : parser_.missing()));
    }
    parser_.feed(*got);
    if (parser_.end() == ReplyParser::End::question) {
      if (auto r = co_await answer(order, sent); !r) co_return fail(r.error());
    }
    if (parser_.end() == ReplyParser::End::login) {
      lose();
      co_return fail(Errc::protocol, "the device has logged us out; the next exchange logs in again");
    }
  }
}

Task<Extract> CliSession::run(const Exchange& x, const SwitchOrder* order, Sent& sent) {
  const bool logged_out = dialect_.idle_logout > Duration{} && clock_.now() - last_said_ >= dialect_.idle_logout;
  if (logged_out) unpaired_ = true;
  if (dialect_.wake_each || lost_ || unpaired_) {
    if (auto r = co_await wake(order != nullptr && order->to == Switch::off); !r) co_return fail(r.error());
  }
  if (dialect_.gap > Duration{}) {
    if (auto r = co_await clock_.sleep_until(clock_.now() + dialect_.gap); !r) co_return fail(r.error());
  }
  const std::string outlet = order != nullptr ? dialect_.name_of(order->number) : std::string();
  parser_.begin(x, order != nullptr ? std::optional(order->number) : std::nullopt);
  sent.began = clock_.now();
  for (const std::string& message : x.before) {
    std::string bytes = replaced(message, "{outlet}", outlet);
    parser_.sent(without_end(bytes), bytes.front() == '\x1b' ? Echo::maybe : dialect_.echo);
    if (auto r = co_await put(std::move(bytes)); !r) co_return fail(r.error());
    const auto answered = co_await collect(x, order, sent, /*last=*/false);
    if (!answered) co_return answered;
  }
  std::string command = replaced(x.send, "{outlet}", outlet);
  command = replaced(std::move(command), "{first}", dialect_.name_of(dialect_.first));
  command = replaced(std::move(command), "{last}", dialect_.name_of(dialect_.last()));
  if (order != nullptr) {
    if (auto r = may_commit(*order, clock_.now()); !r) {
      if (!x.before.empty()) lose();  // in the middle of a menu
      co_return fail(r.error());
    }
    sent.committed = true;
  }
  parser_.sent(command, dialect_.echo);
  if (x.before.empty()) sent.began = clock_.now();
  command += dialect_.end_of_command;
  if (auto r = co_await put(std::move(command)); !r) co_return fail(r.error());
  sent.ended = clock_.now();
  auto reply = co_await collect(x, order, sent, /*last=*/true);
  for (const std::string& message : x.after) {
    if (lost_) break;
    std::string bytes = message;
    const auto back = co_await say(std::move(bytes));
    if (!back || !*back) lose();
  }
  co_return reply;
}

}  // namespace greenroom

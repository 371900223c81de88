// What the stand-in engine says as a git build does: progress and bare texts on stdout, each text with time and level on
// stderr, and how long it waits.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <utility>

namespace greenroom::test::engine {

// Its last words are said; the run ends with exit 1.
struct Failed {};

class Talk {
 public:
  // speed: times real time. hang: the text from which on it does nothing for ever; empty for none.
  Talk(double speed, std::string hang) : speed_(speed), hang_(std::move(hang)) {}

  void info(const std::string& text) { say("   <Info> ", text, true); }
  void verbose(const std::string& text) { say("<Verbose> ", text, false); }
  void error(const std::string& text) { say("  <Error> ", text, true); }
  void progress(unsigned step, double fraction);
  [[noreturn]] void fail(std::initializer_list<std::string> last_errors);

  void pause(std::chrono::milliseconds) const;
  // Looks until it holds, at most so long; false: it never did.
  bool until(const std::function<bool()>& holds, std::chrono::milliseconds longest) const;

 private:
  void say(const char* level, const std::string& text, bool on_stdout) const;
  double speed_;
  std::string hang_;
};

}  // namespace greenroom::test::engine

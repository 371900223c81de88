// The one way in for people and programs: the page, the command line, an MDM feed, and simulated technicians alike.
#pragma once

#include <functional>
#include <string>

#include "controller/domain/fact.hpp"
#include "controller/domain/input.hpp"

namespace greenroom {

struct Answer {
  bool accepted{};
  std::string words;  // what was done; or why not, and what to do
  Seq seq{};          // everything this command led to is durable up to here
};
using AnswerSink = std::function<void(const Answer&)>;

struct CommandPort {
  virtual ~CommandPort() = default;
  // Answers once, from the loop, after the command's facts are durable. Never answers if the room stops first: the
  // caller asks again with the same key. A key is good for 24 hours of room time (answers_kept in visit_state.hpp), across
  // restarts; after that it may be forgotten, and the same command under it would be taken anew.
  virtual void submit(Command, AnswerSink) = 0;
};

}  // namespace greenroom

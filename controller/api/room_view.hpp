// What the surfaces may look at, and how a request and its answer look. One shape for every way in: the local socket of
// the command line now, HTTP later.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "controller/domain/decide.hpp"
#include "controller/journal/journal.hpp"

namespace greenroom {

struct ApiRequest {
  ApiRequest() = default;
  ApiRequest(std::string m, std::string p, std::string b = {})
      : method(std::move(m)), path(std::move(p)), body(std::move(b)) {}
  std::string method;  // GET | POST
  std::string path;    // "/api/v1/slots/1-03", with its query: "?from=17&limit=100"
  std::string body;    // JSON text; empty for GET
};

// status: as in HTTP: 200 done, 400 not understood, 404 no such thing, 405 wrong method, 409 refused, 413 too large,
// 500 the journal cannot be read, 503 no place. Every body of another status than 200 and 409 is {"error": words}.
struct ApiResponse {
  ApiResponse() = default;
  ApiResponse(int s, std::string b) : status(s), body(std::move(b)) {}
  int status{};
  std::string body;  // one JSON value on one line
};

// What the service says of itself; kept by whoever runs the bench.
struct Health {
  std::string program;    // "greenroom 0.1.0"
  std::string data;       // the data directory
  std::string room_file;  // as it was named at the start
  int pid{};
  WallTime started;
  double speed{1};                  // room seconds in a real one; 1 but for rooms whose every line is a model's
  std::string chain;                // hash of the last durable fact
  Seq durable{};                    // its number
  std::string journal_trouble;      // why nothing can be recorded now, and the remedy; empty while it can
  std::vector<std::string> alarms;  // what a person must look at, beside what the room's state says
  std::vector<std::string> lines;   // by PduId: why the line cannot be used; empty while it can
};

// One moment of one room. All outlive the view; nothing here can change the room.
struct RoomView {
  const RoomSetup& setup;
  const RoomState& state;
  const RoomSenses& senses;
  const Journal& journal;
  const Health& health;
  TimePoint now;
  WallTime wall;

  [[nodiscard]] VisitContext context() const {
    return {setup.room, setup.catalogue, setup.rules, state.visits, senses.visits, state.power, senses.power, now, wall};
  }
};

}  // namespace greenroom

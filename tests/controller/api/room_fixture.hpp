// A room for the surfaces' tests: the visits' rig (2 restore slots, 2 shelf places, a pack table) with a journal in
// memory that holds every fact, and a command port that decides as the bench does.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <nlohmann/json.hpp>
#include <optional>

#include "controller/api/room_view.hpp"
#include "controller/bench/command_port.hpp"
#include "controller/journal/memory_journal.hpp"
#include "tests/controller/domain/visits/rig.hpp"

namespace greenroom::test {

struct ApiRoom : CommandPort {
  Rig rig;
  MemoryJournal journal;
  Health health;
  std::vector<std::pair<Command, AnswerSink>> held;  // commands that wait, while `slow`
  bool slow{};

  ApiRoom() {
    health.program = "greenroom 0.1.0";
    health.pid = 4711;
    health.data = "/srv/room";
    health.room_file = "room.toml";
  }
  [[nodiscard]] RoomView view() const { return {rig.setup, rig.state, rig.senses, journal, health, rig.now, rig.wall()}; }
  // What the rig has decided becomes durable.
  void keep() {
    Facts fresh(rig.journal.begin() + static_cast<std::ptrdiff_t>(health.durable), rig.journal.end());
    if (fresh.empty()) return;
    health.durable = fresh.back().seq;
    asio::io_context io;
    asio::co_spawn(io, journal.append(std::move(fresh)), [](std::exception_ptr broken, const Result<Seq>& kept) {
      ASSERT_FALSE(broken);
      ASSERT_TRUE(kept) << kept.error().message;
    });
    io.run();
    health.chain = journal.chain();
  }
  void submit(Command command, AnswerSink answer) override {
    if (slow) return held.emplace_back(std::move(command), std::move(answer)), void();
    const Decision d = decide(rig.setup, rig.state, rig.senses, command, rig.now, rig.wall());
    for (const FactBody& f : d.facts) rig.apply_one(f, command.by);
    keep();
    answer(Answer{!d.refused, d.answer, rig.state.last_seq});
  }
  void release() {
    slow = false;
    for (auto& [command, answer] : std::exchange(held, {})) submit(std::move(command), std::move(answer));
  }
};

inline nlohmann::json parsed(const std::string& text) { return nlohmann::json::parse(text, nullptr, false); }

}  // namespace greenroom::test

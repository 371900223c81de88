// A model device on a table of its own, on virtual time, for the tests of the faces.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <string>

#include "hw/async/manual_clock.hpp"
#include "hw/model/benchtop.hpp"
#include "tests/hw/model/world.hpp"

namespace greenroom::model {

struct Table {
  explicit Table(const BenchtopSpec& spec)
      : clock(io.get_executor()),
        bench(std::move(*Benchtop::make(io.get_executor(), clock, spec))),
        line(bench->open_line()) {}
  explicit Table(const std::string& id) : Table(of(id)) {}
  static BenchtopSpec of(const std::string& id) {
    BenchtopSpec spec;
    spec.id = id;
    return spec;
  }
  void settle() {
    io.restart();
    io.poll();
  }
  void run_for(Duration d) {
    const TimePoint end = clock.now() + d;
    bool there = false;
    clock.call_at(end, [&there] { there = true; });
    settle();
    while (!there && clock.run_next()) settle();
  }
  template <class T>
  Result<T> wait(Task<T> task) {
    std::optional<Result<T>> result;
    asio::co_spawn(io, into(std::move(task), result), asio::detached);
    settle();
    while (!result && clock.run_next()) settle();
    return std::move(*result);
  }
  // Everything that comes until the line was quiet for fifteen seconds, after sending the bytes.
  std::string ask(std::string bytes) {
    (void)wait(line->write(std::move(bytes)));
    std::string all;
    while (auto more = wait(line->read_some(clock.now() + std::chrono::seconds{15}))) all += *more;
    return all;
  }

  asio::io_context io;
  ManualClock clock;
  std::unique_ptr<Benchtop> bench;
  std::unique_ptr<SerialLine> line;
};

}  // namespace greenroom::model

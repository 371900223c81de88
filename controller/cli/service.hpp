// One room's service: every concrete object of it, put together. The parts know each other by their interfaces; this is
// the place, beside the simulated world, that names classes.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/dfu_via.hpp"
#include "controller/cli/real_engines.hpp"
#include "controller/domain/decide.hpp"
#include "hw/async/task.hpp"

namespace greenroom::cli {

struct ServiceOptions {
  std::string room, data;
  std::optional<std::string> model;  // the world's socket
  double speed{1};
  EngineOptions engines;                        // of a room without a model
  std::vector<std::optional<DfuVia>> dfu_vias;  // by slot
  std::vector<std::string> hosts;               // asked instead of Apple's
  bool no_hosts{};                              // none is asked
  std::optional<unsigned> port;                 // of 127.0.0.1, for the page and the API; 0: any free one; nothing: none
};

class Service {
 public:
  // In this order, so that a start that must fail touches nothing: the lock of DATA (R14), the journal, its folding, the
  // clock that goes on where the journal left off, the lines and buses, the sockets, and last the bench.
  // Errc::usage: the options do not fit the room. Errc::busy, refused, storage: as their owners say.
  static Result<std::unique_ptr<Service>> start(asio::any_io_executor, RoomSetup, ServiceOptions);
  ~Service();

  // Starts nothing new, keeps what was decided, lets go of lines; outlets and engines stay as they are. As the loop turns.
  void stop();
  [[nodiscard]] bool idle() const;
  // "http://127.0.0.1:8017/"; nothing without a port.
  [[nodiscard]] std::optional<std::string> address() const;

 private:
  struct Parts;
  explicit Service(std::unique_ptr<Parts>);
  std::unique_ptr<Parts> parts_;
};

}  // namespace greenroom::cli

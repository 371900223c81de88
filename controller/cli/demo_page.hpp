// The page over a simulated room, while it runs.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "controller/api/room_view.hpp"
#include "controller/simulate/world.hpp"

namespace greenroom::cli {

class DemoPage {
 public:
  // Listens on this port of 127.0.0.1; nothing: the usual one, or any free one when another program has it. The world
  // outlives the page. Errc::busy, storage: as HttpServer says.
  static Result<std::unique_ptr<DemoPage>> open(sim::World&, std::optional<unsigned> port, Health);
  ~DemoPage();  // after the world's run

  [[nodiscard]] std::string address() const;  // "http://127.0.0.1:8017/"

 private:
  struct Parts;
  explicit DemoPage(std::unique_ptr<Parts>);
  std::unique_ptr<Parts> parts_;
};

}  // namespace greenroom::cli

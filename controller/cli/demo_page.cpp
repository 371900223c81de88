#include "controller/cli/demo_page.hpp"

#include <fmt/format.h>

#include <boost/asio/io_context.hpp>
#include <utility>

#include "controller/api/http_server.hpp"
#include "controller/api/token.hpp"
#include "controller/bench/bench.hpp"
#include "hw/async/real_clock.hpp"

namespace greenroom::cli {
namespace {

constexpr unsigned usual_port = 8017;  // registered for nothing that runs on benches (IANA's service names)

}  // namespace

struct DemoPage::Parts {
  Parts(sim::WorldWindow w, Health h, std::string token)
      : window(std::move(w)),
        health(std::move(h)),
        real(make_system_clock(window.executor)),
        http(
            window.executor, *real, window.commands, [this] { return view(); }, std::move(token)) {}

  std::optional<RoomView> view() {
    const Bench* bench = window.bench();
    if (bench == nullptr) return std::nullopt;
    health.chain = window.journal.chain();
    health.durable = window.durable();
    health.lines.resize(bench->setup().room.pdus.size());
    return RoomView{bench->setup(), bench->state(),     bench->senses(),    window.journal,
                    health,         window.clock.now(), window.clock.wall()};
  }

  sim::WorldWindow window;
  Health health;
  std::unique_ptr<Clock> real;
  HttpServer http;
  unsigned port{};
};

Result<std::unique_ptr<DemoPage>> DemoPage::open(sim::World& world, std::optional<unsigned> port, Health health) {
  auto token = new_token();
  if (!token) return fail(token.error());
  auto parts = std::make_unique<Parts>(world.window(), std::move(health), std::move(*token));
  auto listening = parts->http.listen(port.value_or(usual_port));
  if (!listening && !port && listening.error().code == Errc::busy) listening = parts->http.listen(0);
  if (!listening) return fail(listening.error());
  parts->port = *listening;
  parts->http.start();
  return std::unique_ptr<DemoPage>(new DemoPage(std::move(parts)));
}

DemoPage::DemoPage(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

DemoPage::~DemoPage() {
  auto& io = static_cast<asio::io_context&>(parts_->window.executor.context());
  parts_->http.stop();
  io.restart();
  while (!parts_->http.idle() && io.run_one() > 0) {}
}

std::string DemoPage::address() const { return fmt::format("http://127.0.0.1:{}/", parts_->port); }

}  // namespace greenroom::cli

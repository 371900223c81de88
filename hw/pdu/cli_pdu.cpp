#include "hw/pdu/cli_pdu.hpp"

#include <utility>

#include "hw/pdu/cli_session.hpp"
#include "hw/pdu/pdu_queue.hpp"

namespace greenroom {
namespace {

class CliTalk final : public PduTalk {
 public:
  CliTalk(const CliDialect& d, std::unique_ptr<SerialLine> line, Clock& clock, Credentials c)
      : dialect_(d), line_(std::move(line)), clock_(clock), session_(d, *line_, clock, std::move(c)) {}

  // A device whose file has no identify exchange is proven by its prompt and the layout of its states.
  Task<Named> name() override {
    Named named;
    if (dialect_.identify) {
      Sent sent;
      auto reply = co_await session_.run(*dialect_.identify, nullptr, sent);
      if (!reply) co_return fail(reply.error());
      named.model = reply->model;
      named.identity = reply->identity;
    }
    if (dialect_.power_policy) {
      Sent sent;
      const auto reply = co_await session_.run(*dialect_.power_policy, nullptr, sent);
      if (!reply && reply.error().code != Errc::protocol && reply.error().code != Errc::refused)
        co_return fail(reply.error());
      named.boots_all_off = reply.has_value();
    }
    co_return named;
  }

  Task<PduReading> states() override { return read(dialect_.supervise); }
  Task<PduReading> meters() override { return read(*dialect_.meters); }
  [[nodiscard]] bool has_meters() const override { return dialect_.meters.has_value(); }

  Task<void> switch_outlets(std::span<SwitchOrder* const> orders, Sent& sent) override {
    const SwitchOrder& order = *orders.front();
    const Exchange& exchange = order.to == Switch::off ? dialect_.off : dialect_.on;
    const auto reply = co_await session_.run(exchange, &order, sent);
    if (!reply) co_return fail(reply.error());
    co_return Result<void>{};
  }

 private:
  Task<PduReading> read(const Exchange& x) {
    Sent sent;
    auto reply = co_await session_.run(x, nullptr, sent);
    if (!reply) co_return fail(reply.error());
    PduReading reading{sent.began, clock_.now(), std::move(reply->outlets), std::move(reply->banks)};
    co_return reading;
  }

  const CliDialect& dialect_;
  std::unique_ptr<SerialLine> line_;
  Clock& clock_;
  CliSession session_;
};

// Keeps the dialect for as long as the queue that was built over it.
class CliPdu final : public Pdu {
 public:
  CliPdu(CliDialect d, std::unique_ptr<SerialLine> line, Clock& clock, Credentials c)
      : dialect_(std::move(d)),
        queue_(make_pdu_queue(dialect_, std::make_unique<CliTalk>(dialect_, std::move(line), clock, std::move(c)), clock)) {}

  Task<PduTraits> identify() override { return queue_->identify(); }
  Task<PduReading> read(Depth depth) override { return queue_->read(depth); }
  Task<OutletReading> set(SwitchOrder order) override { return queue_->set(std::move(order)); }

 private:
  CliDialect dialect_;
  std::unique_ptr<Pdu> queue_;
};

}  // namespace

std::unique_ptr<Pdu> make_cli_pdu(CliDialect d, std::unique_ptr<SerialLine> line, Clock& clock, Credentials c) {
  return std::make_unique<CliPdu>(std::move(d), std::move(line), clock, std::move(c));
}

}  // namespace greenroom

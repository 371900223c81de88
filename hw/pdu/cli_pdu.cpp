#include "hw/pdu/cli_pdu.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "hw/async/handover.hpp"
#include "hw/pdu/cli_session.hpp"

namespace greenroom {
namespace {

// A read-back that is void this often leaves the order in doubt.
constexpr int kReadBackTries = 3;
// A device that answers at once must not be asked in a tight circle.
constexpr Duration kShortestRepeat = std::chrono::milliseconds{100};

// One call, on the stack of its caller.
struct Job {
  enum class Kind { order, identify, supervise, full };
  explicit Job(Kind k, SwitchOrder* o = nullptr) : kind(k), order(o) {}

  Kind kind;
  SwitchOrder* order;
  std::uint64_t number{};
  bool done{};
  Error error{Errc::cancelled, "cancelled"};
  bool failed{};
  std::optional<Handover<void>::Giver> parked;  // while it waits for its turn or its answer

  bool sent{};               // an order that the device has
  TimePoint due{}, until{};  // a reading that began at `due` may show it; one at `until` is the last word
  int void_reads{};
  OutletReading outlet;
  std::optional<PduReading> states;  // full: the first half; supervise: the answer
  std::optional<Extract> named;      // identify: what the device calls itself
  PduTraits traits;
};

class CliPdu final : public Pdu {
 public:
  CliPdu(Dialect d, std::unique_ptr<SerialLine> line, Clock& clock, Credentials c)
      : dialect_(std::move(d)), line_(std::move(line)), clock_(clock), session_(dialect_, *line_, clock, std::move(c)) {}

  Task<PduTraits> identify() override {
    Job job(Job::Kind::identify);
    if (auto r = co_await take_part(job); !r) co_return fail(r.error());
    co_return std::move(job.traits);
  }

  Task<PduReading> read(Depth depth) override {
    Job job(depth == Depth::full ? Job::Kind::full : Job::Kind::supervise);
    if (auto r = co_await take_part(job); !r) co_return fail(r.error());
    co_return std::move(*job.states);
  }

  Task<OutletReading> set(SwitchOrder order) override {
    if (order.number < dialect_.first || order.number > dialect_.last) {
      co_return fail(Errc::usage, fmt::format("outlet {}: {} has outlets {} to {}", order.number, dialect_.name,
                                              dialect_.first, dialect_.last));
    }
    Job job(Job::Kind::order, &order);
    if (auto r = co_await take_part(job); !r) co_return fail(r.error());
    co_return job.outlet;
  }

 private:
  // Takes a job out of the queue however its coroutine ends, and hands the line on.
  struct Place {
    Place(CliPdu& p, Job& j) : pdu(p), job(j) {
      job.number = pdu.asked_++;
      pdu.jobs_.push_back(&job);
    }
    ~Place() { pdu.leave(job); }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    CliPdu& pdu;
    Job& job;
  };

  Task<void> take_part(Job& job);
  void leave(Job&);
  Task<void> park(Job&, TimePoint until);
  Task<void> step(Job& leader);
  Task<void> send(Job&);
  Task<void> ask_name(Job&);
  Task<void> supervise();
  Task<void> meters(Job&);
  void judge(Job&, const PduReading&);
  void doubt(Job&, const Error&);
  void finish(Job&);
  void finish(Job&, Error);
  [[nodiscard]] PduTraits traits(const std::optional<Extract>& named) const;
  [[nodiscard]] Job* unsent(Switch) const;
  [[nodiscard]] Job* first(Job::Kind) const;
  [[nodiscard]] bool wants_states(const Job&) const;

  Dialect dialect_;
  std::unique_ptr<SerialLine> line_;
  Clock& clock_;
  CliSession session_;
  std::vector<Job*> jobs_;  // in the order of the calls
  Job* leader_{};           // the caller whose coroutine works the line now, for all
  bool idle_{};             // the leader waits for contacts to move
  std::uint64_t asked_{};
};

// The callers themselves work the line: one of them leads and does the next piece of work, whoever asked for it; when
// its own is done, the next caller leads. So no coroutine outlives its caller.
Task<void> CliPdu::take_part(Job& job) {
  const Place place(*this, job);
  if (leader_ != nullptr && idle_) leader_->parked->give(Result<void>{});
  while (!job.done) {
    if (leader_ == nullptr) leader_ = &job;
    Result<void> r;
    if (leader_ == &job) r = co_await step(job);
    else r = co_await park(job, never);
    if (!r) co_return r;  // cancelled; nothing is awaited after that
  }
  if (job.failed) co_return fail(job.error);
  co_return Result<void>{};
}

void CliPdu::leave(Job& job) {
  std::erase(jobs_, &job);
  if (leader_ != &job) return;
  idle_ = false;
  leader_ = nullptr;
  const auto next = std::find_if(jobs_.begin(), jobs_.end(), [](const Job* j) { return !j->done; });
  if (next == jobs_.end()) return;
  leader_ = *next;
  if (leader_->parked) leader_->parked->give(Result<void>{});
}

Task<void> CliPdu::park(Job& job, TimePoint until) {
  Handover<void> wake;
  job.parked = wake.giver();
  if (until != never) {
    clock_.call_at(until, [giver = wake.giver()] { giver.give(Result<void>{}); });
  }
  auto r = co_await wake.take();
  job.parked.reset();
  co_return r;
}

void CliPdu::finish(Job& job) {
  job.done = true;
  if (job.parked) job.parked->give(Result<void>{});
}

void CliPdu::finish(Job& job, Error error) {
  job.error = std::move(error);
  job.failed = true;
  finish(job);
}

Job* CliPdu::unsent(Switch to) const {
  const auto at = std::find_if(jobs_.begin(), jobs_.end(), [to](const Job* j) {
    return j->kind == Job::Kind::order && !j->done && !j->sent && j->order->to == to;
  });
  return at == jobs_.end() ? nullptr : *at;
}

Job* CliPdu::first(Job::Kind kind) const {
  const auto at = std::find_if(jobs_.begin(), jobs_.end(), [kind](const Job* j) { return j->kind == kind && !j->done; });
  return at == jobs_.end() ? nullptr : *at;
}

bool CliPdu::wants_states(const Job& j) const {
  if (j.done) return false;
  switch (j.kind) {
    case Job::Kind::order: return j.sent && clock_.now() >= j.due;
    case Job::Kind::identify: return j.named || !dialect_.identify;
    case Job::Kind::supervise: return true;
    case Job::Kind::full: break;
  }
  return !j.states;
}

// The most urgent piece of work. Fails only when the leader is cancelled.
Task<void> CliPdu::step(Job& leader) {
  if (Job* off = unsent(Switch::off)) co_return co_await send(*off);
  if (Job* on = unsent(Switch::on)) co_return co_await send(*on);
  if (Job* who = first(Job::Kind::identify); who != nullptr && !wants_states(*who)) co_return co_await ask_name(*who);
  // While contacts move, states are not asked for: one reading afterwards serves the orders and all readers.
  TimePoint moved = TimePoint::min();
  for (const Job* j : jobs_) {
    if (!j->done && j->sent) moved = std::max(moved, j->due);
  }
  const bool wanted = std::any_of(jobs_.begin(), jobs_.end(), [this](const Job* j) { return wants_states(*j); });
  if (wanted && moved <= clock_.now()) co_return co_await supervise();
  if (Job* full = first(Job::Kind::full); full != nullptr && full->states) co_return co_await meters(*full);
  idle_ = true;
  auto r = co_await park(leader, moved);
  idle_ = false;
  co_return r;
}

Task<void> CliPdu::send(Job& job) {
  Sent sent;
  const auto reply = co_await session_.run(job.order->to == Switch::off ? dialect_.off : dialect_.on, job.order, sent);
  const bool cancelled = !reply && reply.error().code == Errc::cancelled;
  if (sent.committed) {
    job.sent = true;
    job.due = sent.ended + dialect_.relay;
    job.until = sent.ended + std::max(dialect_.relay, dialect_.longest_queue);
    // States that were read before it are history; a full read that has them begins again.
    for (Job* j : jobs_) {
      if (j->kind == Job::Kind::full && !j->done) j->states.reset();
    }
  }
  if (cancelled) co_return fail(reply.error());
  if (reply) co_return Result<void>{};
  const Errc code = reply.error().code;
  const std::string where = fmt::format("outlet {}", job.order->number);
  // Garbage or silence after the commit is no answer: the read-back tells. A clear refusal by the device is one.
  if (!sent.committed || code == Errc::refused || code == Errc::busy) finish(job, reply.error().within(where));
  co_return Result<void>{};
}

Task<void> CliPdu::ask_name(Job& job) {
  Sent sent;
  auto reply = co_await session_.run(*dialect_.identify, nullptr, sent);
  if (!reply && reply.error().code == Errc::cancelled) co_return fail(reply.error());
  if (reply) job.named = std::move(*reply);
  else finish(job, reply.error());
  co_return Result<void>{};
}

// One exchange that serves everybody who waits for states.
Task<void> CliPdu::supervise() {
  const std::uint64_t asked_before = asked_;
  Sent sent;
  auto reply = co_await session_.run(dialect_.supervise, nullptr, sent);
  if (!reply && reply.error().code == Errc::cancelled) co_return fail(reply.error());
  PduReading reading{sent.began, clock_.now(), {}, {}};
  if (reply) {
    reading.outlets = std::move(reply->outlets);
    reading.banks = std::move(reply->banks);
  }
  for (Job* j : jobs_) {
    if (j->done || j->number >= asked_before) continue;
    if (j->kind == Job::Kind::order) {
      if (!j->sent || clock_.now() < j->due) continue;
      if (reply) judge(*j, reading);
      else doubt(*j, reply.error());
    } else if (!wants_states(*j)) {
      continue;
    } else if (!reply) {
      finish(*j, reply.error());
    } else if (j->kind == Job::Kind::identify) {
      j->traits = traits(j->named);
      finish(*j);
    } else {
      j->states = reading;
      if (j->kind == Job::Kind::supervise || !dialect_.meters) finish(*j);
    }
  }
  co_return Result<void>{};
}

void CliPdu::judge(Job& job, const PduReading& reading) {
  if (reading.began < job.due) return;
  job.outlet = reading.outlets[static_cast<std::size_t>(job.order->number - dialect_.first)];
  const OutletState wanted = job.order->to == Switch::on ? OutletState::on : OutletState::off;
  if (job.outlet.state == wanted || reading.began >= job.until) return finish(job);
  job.due = std::min(job.until, clock_.now() + kShortestRepeat);
}

void CliPdu::doubt(Job& job, const Error& why) {
  if (++job.void_reads < kReadBackTries) return;
  finish(job, Error(Errc::timeout,
                    fmt::format("outlet {}: the order to switch {} was sent, and its state could not be read back: {}",
                                job.order->number, job.order->to == Switch::on ? "on" : "off", why.message)));
}

Task<void> CliPdu::meters(Job& job) {
  Sent sent;
  const auto reply = co_await session_.run(*dialect_.meters, nullptr, sent);
  if (!reply && reply.error().code == Errc::cancelled) co_return fail(reply.error());
  if (!reply) {
    finish(job, reply.error());
    co_return Result<void>{};
  }
  for (std::size_t i = 0; i < reply->outlets.size(); ++i) {
    job.states->outlets[i].current = reply->outlets[i].current;
    job.states->outlets[i].power = reply->outlets[i].power;
  }
  if (!reply->banks.empty()) job.states->banks = reply->banks;
  job.states->received = clock_.now();
  finish(job);
  co_return Result<void>{};
}

PduTraits CliPdu::traits(const std::optional<Extract>& named) const {
  PduTraits t;
  t.model = named && !named->model.empty() ? named->model : dialect_.name;
  t.outlets = static_cast<std::uint16_t>(dialect_.outlets());
  t.identity =
      fmt::format("{}, {} outlets{}", t.model, t.outlets, named && !named->identity.empty() ? ", " + named->identity : "");
  t.meters_outlets = dialect_.supervise.outlet_meters || (dialect_.meters && dialect_.meters->outlet_meters);
  t.meters_banks = dialect_.supervise.bank_meters || (dialect_.meters && dialect_.meters->bank_meters);
  t.longest_queue = dialect_.longest_queue;
  t.meter_lag = dialect_.meter_lag;
  t.meter_floor = dialect_.meter_floor;
  t.meter_error_per_mille = dialect_.meter_error_per_mille;
  return t;
}

}  // namespace

std::unique_ptr<Pdu> make_cli_pdu(Dialect d, std::unique_ptr<SerialLine> line, Clock& clock, Credentials c) {
  return std::make_unique<CliPdu>(std::move(d), std::move(line), clock, std::move(c));
}

}  // namespace greenroom

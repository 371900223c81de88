#include "hw/pdu/pdu_queue.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "hw/async/handover.hpp"

namespace greenroom {
namespace {

// A read-back that is void this often leaves the order in doubt.
constexpr int kReadBackTries = 3;
// A device that answers at once must not be asked in a tight circle.
constexpr Duration kShortestRepeat = std::chrono::milliseconds{100};

// One call, on the stack of its caller.
struct Job {
  enum class Kind { order, identify, supervise, meters, full };
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
  bool alone{};  // does not go in one message with others: one of them was refused
  OutletReading outlet;
  std::optional<PduReading> states;  // full: the first half; supervise, meters: the answer
  std::optional<Named> named;        // identify: what the device calls itself
  PduTraits traits;
};

class PduQueue final : public Pdu {
 public:
  PduQueue(const DialectFacts& facts, std::unique_ptr<PduTalk> talk, Clock& clock)
      : facts_(facts), talk_(std::move(talk)), clock_(clock) {}

  Task<PduTraits> identify() override {
    Job job(Job::Kind::identify);
    if (auto r = co_await take_part(job); !r) co_return fail(r.error());
    co_return std::move(job.traits);
  }

  Task<PduReading> read(Depth depth) override {
    if (depth == Depth::meters && !talk_->has_meters()) co_return fail(Errc::usage, facts_.name + " does not meter apart");
    Job job(depth == Depth::full ? Job::Kind::full : depth == Depth::meters ? Job::Kind::meters : Job::Kind::supervise);
    if (auto r = co_await take_part(job); !r) co_return fail(r.error());
    co_return std::move(*job.states);
  }

  Task<OutletReading> set(SwitchOrder order) override {
    if (!facts_.has(order.number)) {
      co_return fail(Errc::usage, facts_.count == 0 ? fmt::format("{} is a meter and has no outlets", facts_.name)
                                                    : fmt::format("outlet {}: {} has outlets {} to {}", order.number,
                                                                  facts_.name, facts_.first, facts_.last()));
    }
    Job job(Job::Kind::order, &order);
    if (auto r = co_await take_part(job); !r) co_return fail(r.error());
    co_return job.outlet;
  }

 private:
  // Takes a job out of the queue however its coroutine ends, and hands the line on.
  struct Place {
    Place(PduQueue& p, Job& j) : pdu(p), job(j) {
      job.number = pdu.asked_++;
      pdu.jobs_.push_back(&job);
    }
    ~Place() { pdu.leave(job); }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    PduQueue& pdu;
    Job& job;
  };

  Task<void> take_part(Job& job);
  void leave(Job&);
  Task<void> park(Job&, TimePoint until);
  Task<void> step(Job& leader);
  Task<void> open_outlets();
  Task<void> send(std::span<Job* const>);
  [[nodiscard]] SwitchOrder withdrawable(const Job&) const;
  Task<void> ask_name(Job&);
  Task<void> supervise();
  Task<void> meters(Job&);
  void share(const Result<PduReading>&, std::uint64_t asked_before);
  void judge(Job&, const PduReading&);
  void doubt(Job&, const Error&);
  void finish(Job&);
  void finish(Job&, Error);
  [[nodiscard]] PduTraits traits(const Named&) const;
  [[nodiscard]] std::vector<Job*> unsent(Switch) const;
  [[nodiscard]] Job* first(Job::Kind) const;
  [[nodiscard]] bool wants_states(const Job&) const;

  const DialectFacts& facts_;
  std::unique_ptr<PduTalk> talk_;
  Clock& clock_;
  std::vector<Job*> jobs_;  // in the order of the calls
  Job* leader_{};           // the caller whose coroutine works the line now, for all
  bool idle_{};             // the leader waits for contacts to move
  std::uint64_t asked_{};
};

// The callers themselves work the line: one of them leads and does the next piece of work, whoever asked for it; when
// its own is done, the next caller leads. So no coroutine outlives its caller.
Task<void> PduQueue::take_part(Job& job) {
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

void PduQueue::leave(Job& job) {
  std::erase(jobs_, &job);
  if (leader_ != &job) return;
  idle_ = false;
  leader_ = nullptr;
  const auto next = std::find_if(jobs_.begin(), jobs_.end(), [](const Job* j) { return !j->done; });
  if (next == jobs_.end()) return;
  leader_ = *next;
  if (leader_->parked) leader_->parked->give(Result<void>{});
}

Task<void> PduQueue::park(Job& job, TimePoint until) {
  Handover<void> wake;
  job.parked = wake.giver();
  if (until != never) {
    clock_.call_at(until, [giver = wake.giver()] { giver.give(Result<void>{}); });
  }
  auto r = co_await wake.take();
  job.parked.reset();
  co_return r;
}

void PduQueue::finish(Job& job) {
  job.done = true;
  if (job.parked) job.parked->give(Result<void>{});
}

void PduQueue::finish(Job& job, Error error) {
  job.error = std::move(error);
  job.failed = true;
  finish(job);
}

std::vector<Job*> PduQueue::unsent(Switch to) const {
  std::vector<Job*> found;
  for (Job* j : jobs_) {
    if (j->kind == Job::Kind::order && !j->done && !j->sent && j->order->to == to) found.push_back(j);
  }
  return found;
}

Job* PduQueue::first(Job::Kind kind) const {
  const auto at = std::find_if(jobs_.begin(), jobs_.end(), [kind](const Job* j) { return j->kind == kind && !j->done; });
  return at == jobs_.end() ? nullptr : *at;
}

bool PduQueue::wants_states(const Job& j) const {
  if (j.done) return false;
  switch (j.kind) {
    case Job::Kind::order: return j.sent && clock_.now() >= j.due;
    case Job::Kind::identify: return j.named.has_value();
    case Job::Kind::supervise: return true;
    case Job::Kind::meters: return false;
    case Job::Kind::full: break;
  }
  return !j.states;
}

// The most urgent piece of work. Fails only when the leader is cancelled.
Task<void> PduQueue::step(Job& leader) {
  if (!unsent(Switch::off).empty()) co_return co_await open_outlets();
  if (auto ons = unsent(Switch::on); !ons.empty()) co_return co_await send(std::span(ons).first(1));
  if (Job* who = first(Job::Kind::identify); who != nullptr && !who->named) co_return co_await ask_name(*who);
  // While contacts move, states are not asked for: one reading afterwards serves the orders and all readers.
  TimePoint moved = TimePoint::min();
  for (const Job* j : jobs_) {
    if (!j->done && j->sent) moved = std::max(moved, j->due);
  }
  const bool wanted = std::any_of(jobs_.begin(), jobs_.end(), [this](const Job* j) { return wants_states(*j); });
  if (wanted && moved <= clock_.now()) co_return co_await supervise();
  if (Job* more = first(Job::Kind::meters); more != nullptr) co_return co_await meters(*more);
  if (Job* full = first(Job::Kind::full); full != nullptr && full->states) co_return co_await meters(*full);
  idle_ = true;
  auto r = co_await park(leader, moved);
  idle_ = false;
  co_return r;
}

// In the order of their numbers, so that neighbours can go in one message.
Task<void> PduQueue::open_outlets() {
  std::vector<Job*> offs = unsent(Switch::off);
  std::stable_sort(offs.begin(), offs.end(), [](const Job* a, const Job* b) { return a->order->number < b->order->number; });
  std::size_t many = 1;
  if (!offs.front()->alone) {
    std::vector<SwitchOrder*> orders;
    for (const Job* j : offs) {
      if (j->alone) break;
      orders.push_back(j->order);
    }
    many = talk_->together(orders);
  }
  co_return co_await send(std::span(offs).first(many));
}

// The caller may be cancelled while another caller's coroutine has its order on the wire: then the order is not allowed any
// more, and nothing of the caller's is touched.
SwitchOrder PduQueue::withdrawable(const Job& job) const {
  auto allowed = [this, number = job.number]() -> Result<void> {
    const auto at = std::find_if(jobs_.begin(), jobs_.end(), [number](const Job* j) { return j->number == number; });
    if (at == jobs_.end()) return fail(Errc::expired, "the order was withdrawn");
    return (*at)->order->still_allowed ? (*at)->order->still_allowed() : Result<void>{};
  };
  return {job.order->number, job.order->to, job.order->expires, std::move(allowed)};
}

Task<void> PduQueue::send(std::span<Job* const> jobs) {
  std::vector<Job*> sending(jobs.begin(), jobs.end());
  std::vector<SwitchOrder> copies;
  for (const Job* j : jobs) copies.push_back(withdrawable(*j));
  std::vector<SwitchOrder*> orders;
  for (SwitchOrder& o : copies) orders.push_back(&o);
  Sent sent;
  const auto reply = co_await talk_->switch_outlets(orders, sent);
  std::erase_if(sending, [this](const Job* j) { return std::find(jobs_.begin(), jobs_.end(), j) == jobs_.end(); });
  if (sent.committed) {
    for (Job* j : sending) {
      j->sent = true;
      j->due = sent.ended + facts_.relay;
      j->until = sent.ended + std::max(facts_.relay, facts_.longest_queue);
    }
    // States that were read before it are history; a full read that has them begins again.
    for (Job* j : jobs_) {
      if (j->kind == Job::Kind::full && !j->done) j->states.reset();
    }
  }
  if (reply) co_return Result<void>{};
  const Errc code = reply.error().code;
  if (code == Errc::cancelled) co_return fail(reply.error());
  // Garbage or silence after the commit is no answer: the read-back tells. A clear refusal by the device is one.
  if (sent.committed && code != Errc::refused && code != Errc::busy) co_return Result<void>{};
  if (copies.size() > 1) {  // whose refusal it was is not said: each by itself
    for (Job* j : sending) {
      j->alone = true;
      j->sent = false;
    }
    co_return Result<void>{};
  }
  if (sending.empty()) co_return Result<void>{};  // cancelled meanwhile
  Job& job = *sending.front();
  finish(job, reply.error().within("outlet " + facts_.name_of(job.order->number)));
  co_return Result<void>{};
}

Task<void> PduQueue::ask_name(Job& job) {
  auto reply = co_await talk_->name();
  if (!reply && reply.error().code == Errc::cancelled) co_return fail(reply.error());
  if (reply) job.named = std::move(*reply);
  else finish(job, reply.error());
  co_return Result<void>{};
}

// One exchange that serves everybody who waits for states.
Task<void> PduQueue::supervise() {
  const std::uint64_t asked_before = asked_;
  auto reply = co_await talk_->states();
  if (!reply && reply.error().code == Errc::cancelled) co_return fail(reply.error());
  share(reply, asked_before);
  co_return Result<void>{};
}

void PduQueue::share(const Result<PduReading>& reply, std::uint64_t asked_before) {
  for (Job* j : jobs_) {
    if (j->done || j->number >= asked_before) continue;
    if (j->kind == Job::Kind::order) {
      if (!j->sent || clock_.now() < j->due) continue;
      if (reply) judge(*j, *reply);
      else doubt(*j, reply.error());
    } else if (!wants_states(*j)) {
      continue;
    } else if (!reply) {
      finish(*j, reply.error());
    } else if (j->kind == Job::Kind::identify) {
      j->traits = traits(*j->named);
      finish(*j);
    } else {
      j->states = *reply;
      if (j->kind == Job::Kind::supervise || !talk_->has_meters()) finish(*j);
    }
  }
}

void PduQueue::judge(Job& job, const PduReading& reading) {
  if (reading.began < job.due) return;
  job.outlet = reading.outlets[facts_.index(job.order->number)];
  const OutletState wanted = job.order->to == Switch::on ? OutletState::on : OutletState::off;
  if (job.outlet.state == wanted || reading.began >= job.until) return finish(job);
  job.due = std::min(job.until, clock_.now() + kShortestRepeat);
}

void PduQueue::doubt(Job& job, const Error& why) {
  if (++job.void_reads < kReadBackTries) return;
  finish(job,
         Error(Errc::timeout,
               fmt::format("outlet {}: the order to switch {} was sent, and its state could not be read back: {}",
                           facts_.name_of(job.order->number), job.order->to == Switch::on ? "on" : "off", why.message)));
}

Task<void> PduQueue::meters(Job& job) {
  const auto reply = co_await talk_->meters();
  if (!reply && reply.error().code == Errc::cancelled) co_return fail(reply.error());
  if (!reply) {
    finish(job, reply.error());
    co_return Result<void>{};
  }
  if (job.kind == Job::Kind::meters) {
    job.states = *reply;
    job.states->states = false;
    finish(job);
    co_return Result<void>{};
  }
  for (std::size_t i = 0; i < reply->outlets.size(); ++i) {
    OutletReading& outlet = job.states->outlets[i];
    const OutletReading& more = reply->outlets[i];
    if (more.current) outlet.current = more.current;
    if (more.power) outlet.power = more.power;
    if (more.voltage) outlet.voltage = more.voltage;
    if (more.apparent) outlet.apparent = more.apparent;
  }
  for (const BankReading& more : reply->banks) {
    if (!more.current && !more.power && !more.voltage && !more.apparent) continue;
    auto& banks = job.states->banks;
    const auto same =
        std::find_if(banks.begin(), banks.end(), [&more](const BankReading& b) { return b.bank == more.bank; });
    if (same == banks.end()) banks.push_back(more);
    else *same = more;
  }
  job.states->received = clock_.now();
  finish(job);
  co_return Result<void>{};
}

PduTraits PduQueue::traits(const Named& named) const {
  PduTraits t;
  t.model = named.model.empty() ? facts_.name : named.model;
  t.outlets = facts_.count;
  t.identity = fmt::format("{}, {} outlets{}", t.model, t.outlets, named.identity.empty() ? "" : ", " + named.identity);
  t.meters_outlets = facts_.meters_outlets;
  t.meters_banks = facts_.meters_banks;
  t.meters_apart = talk_->has_meters();
  t.boots_all_off = named.boots_all_off;
  t.longest_queue = facts_.longest_queue;
  t.meter_lag = facts_.meter_lag;
  t.meter_floor = facts_.meter_floor;
  t.meter_error_per_mille = facts_.meter_error_per_mille;
  return t;
}

}  // namespace

Result<void> may_commit(const SwitchOrder& order, TimePoint now) {
  if (now >= order.expires) {
    return fail(Errc::expired, fmt::format("the order expired {:.3f} s before it could be sent; nothing was switched",
                                           in_seconds(now - order.expires)));
  }
  if (!order.still_allowed) return {};
  return order.still_allowed();
}

std::unique_ptr<Pdu> make_pdu_queue(const DialectFacts& facts, std::unique_ptr<PduTalk> talk, Clock& clock) {
  return std::make_unique<PduQueue>(facts, std::move(talk), clock);
}

}  // namespace greenroom

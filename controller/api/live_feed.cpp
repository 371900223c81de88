#include "controller/api/live_feed.hpp"

#include <fmt/format.h>

#include <utility>

#include "controller/journal/fact_json.hpp"

namespace greenroom {
namespace {

constexpr std::size_t facts_a_look = 10'000;  // a room decides some hundred in a quarter of a second

std::string parts_event(const std::string& frame) { return "event: parts\ndata: " + frame + "\n\n"; }

}  // namespace

Result<std::string> fact_events(const Journal& journal, Seq& from, std::size_t most) {
  const auto facts = journal.read(from, most);
  if (!facts) return fail(facts.error());
  std::string events;
  for (const Fact& fact : *facts) {
    fmt::format_to(std::back_inserter(events), "id: {}\nevent: fact\ndata: {}\n\n", fact.seq, to_json_line(fact));
    from = fact.seq + 1;
  }
  return events;
}

void LiveFeed::begin(const RoomView& v) {
  if (std::exchange(begun_, true)) return;
  next_ = v.health.durable + 1;
  parts_ = parts_of(v);
}

Result<SharedText> LiveFeed::look(const RoomView& v) {
  auto events = next_ <= v.health.durable ? fact_events(v.journal, next_, facts_a_look) : std::string();
  if (!events) return fail(events.error());
  Parts now = parts_of(v);
  const std::string frame = change_frame(parts_, now, v);
  if (!frame.empty()) *events += parts_event(frame);
  if (events->empty()) return SharedText();
  parts_ = std::move(now);
  whole_ = nullptr;
  return std::make_shared<const std::string>(std::move(*events));
}

SharedText LiveFeed::whole(const RoomView& v) {
  if (!whole_) whole_ = std::make_shared<const std::string>(parts_event(whole_frame(parts_, v)));
  return whole_;
}

void LiveFeed::end() {
  begun_ = false;
  parts_.clear();
  whole_ = nullptr;
}

}  // namespace greenroom

// What a room's streams are told, worked out once for all of them: server-sent events (WHATWG HTML, 9.2) with the facts
// that became durable and the parts that changed, four times a second of real time at most.
//
//   id: 1788            a fact, as the journal holds it: none is missed, none comes twice
//   event: fact
//   data: {"seq":1788,..}
//
//   event: parts        what changed since the frame before; of a reader's first, everything (live_parts.hpp)
//   data: {"whole":false,..}
//
// Text is shared between readers, so that a thousand of them cost one room's worth of work.
#pragma once

#include <memory>
#include <string>

#include "controller/api/live_parts.hpp"

namespace greenroom {

using SharedText = std::shared_ptr<const std::string>;

class LiveFeed {
 public:
  // The first reader comes: from now on each look() tells what happened since. Again: nothing.
  void begin(const RoomView&);
  // Looks at the room anew. What happened since begin() or the last look, as events; nothing when nothing did.
  // Errc::storage: the journal cannot be read.
  Result<SharedText> look(const RoomView&);
  // Everything, as one event: what a reader begins with. Fits what the next look() returns.
  SharedText whole(const RoomView&);
  // The first fact that the next look() tells of: a reader must have all before it.
  [[nodiscard]] Seq next() const { return next_; }

  // Nobody reads any more.
  void end();

 private:
  Parts parts_;
  bool begun_{};
  Seq next_{};
  SharedText whole_;  // of the last look, once somebody asked
};

// Facts from this one on as events, `most` at most; `from` moves on behind them.
Result<std::string> fact_events(const Journal&, Seq& from, std::size_t most);

}  // namespace greenroom

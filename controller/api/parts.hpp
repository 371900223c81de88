// The pieces of an answer, one function each. For the .cpp files of this folder.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "controller/api/room_view.hpp"
#include "controller/api/wait_words.hpp"

namespace greenroom::api {

using Json = nlohmann::ordered_json;  // keys in the order people read them

Json status_json(const RoomView&);
Json slot_json(const RoomView&, SlotId);
Json slots_json(const RoomView&);
Json circuits_json(const RoomView&);
Json pdus_json(const RoomView&);
Json power_json(const RoomView&);
Json batches_json(const RoomView&);
Json batch_json(const RoomView&, std::uint32_t batch);  // with its rows
Json cases_json(const RoomView&, bool closed_too);
Json chores_json(const RoomView&);
Json room_json(const RoomView&);  // all of the above as one object, the slots as "places"

// ---- values: null where unknown -----------------------------------------------------------------------------------

Json amps(Amps);
// Milliseconds from then to now; null for long_ago.
Json age_ms(const RoomView&, TimePoint then);
// "2026-11-23T08:15:00Z", of the wall clock as it is set now; null for long_ago and never.
Json clock_time(const RoomView&, TimePoint);
std::string clock_text(WallTime);
// Seconds from now to then, negative once it has passed; null for never.
Json seconds_left(const RoomView&, TimePoint then);
Json waits_json(const WaitsFor&);  // null when it waits for nothing
Json text_or_null(std::string_view);

}  // namespace greenroom::api

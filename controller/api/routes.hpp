// What the room answers to a request. Pure: a request and one moment of the room in, words out. Who calls: the two
// servers.
//
//   GET  /api/v1/status  slots  slots/ID  circuits  pdus  batches  batches/NAME  cases[?all=1]  chores  power  room
//        openapi.json                all of this for programs (openapi.hpp)
//        facts?from=SEQ&limit=N      as they stand in the journal
//        watch[?from=SEQ]            the same, one a line as they come; answered by the local server
//        events[?from=SEQ | ?last=N] the same over HTTP, with what changed beside it (live_feed.hpp)
//   POST commands                    one command (command_form.hpp); handed to the room by the server
#pragma once

#include <optional>
#include <string_view>

#include "controller/api/room_view.hpp"
#include "controller/bench/command_port.hpp"

namespace greenroom {

inline constexpr std::size_t most_facts_a_page = 1000;

// Everything but what routed() names.
ApiResponse handle(const ApiRequest&, const RoomView&);

// Is this one of the two that a server must carry out itself?
enum class Route { plain, commands, watch };
Route routed(const ApiRequest&);

// A command that may go to the room; otherwise the answer: 400 not understood, 409 its key was used for another command.
Result<Command> command_of(const ApiRequest&, const RoomView&);
ApiResponse refusal(const Error&);
// {"error": words}, with this status.
ApiResponse wrong(int status, std::string_view words);
// 200 when accepted, 409 when refused: {"accepted":..,"words":..,"seq":..,"key":..}
ApiResponse to_response(const Answer&, std::string_view key);

// The first fact that a watch sends: ?from, or the next one that comes. Errc::usage when it is no number, or beyond the
// next: whoever waits for it would wait in silence.
Result<Seq> watch_from(const ApiRequest&, const RoomView&);
// The same for a stream over HTTP: behind what its reader had last (Last-Event-ID, "" for none), ?from, or ?last=N of
// those that are there. Beyond the end it is the next one: the reader is told the whole room first, and goes on from there
// even where its number is of a journal that a backup has replaced.
Result<Seq> events_from(const std::string& target, const std::string& last_id, const RoomView&);

}  // namespace greenroom

// A command of a request, carried out: what every server does with POST /api/v1/commands.
#pragma once

#include "controller/api/room_view.hpp"
#include "controller/bench/command_port.hpp"
#include "hw/async/task.hpp"

namespace greenroom {

// Ends when the room has answered, which is after the command's facts are durable; at once with a refusal when it is no
// command. The view is looked at before anything is waited for. Errc::cancelled: the server stops.
Task<ApiResponse> carry_out(CommandPort&, ApiRequest, const RoomView&);

}  // namespace greenroom

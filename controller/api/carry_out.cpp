#include "controller/api/carry_out.hpp"

#include <utility>

#include "controller/api/routes.hpp"
#include "hw/async/handover.hpp"

namespace greenroom {

Task<ApiResponse> carry_out(CommandPort& commands, ApiRequest request, const RoomView& view) {
  auto asked = command_of(request, view);
  if (!asked) co_return refusal(asked.error());
  const std::string key = asked->key;
  Handover<Answer> handover;
  const auto giver = handover.giver();
  commands.submit(std::move(*asked), [giver](const Answer& a) { giver.give(a); });
  const auto answered = co_await handover.take();
  if (!answered) co_return fail(answered.error());
  co_return to_response(*answered, key);
}

}  // namespace greenroom

#include "controller/api/parts.hpp"

#include <fmt/format.h>

namespace greenroom::api {

Json amps(Amps a) { return a.value(); }

Json text_or_null(std::string_view text) { return text.empty() ? Json() : Json(text); }

Json age_ms(const RoomView& v, TimePoint then) {
  if (then == long_ago || then == never) return nullptr;
  return std::chrono::duration_cast<std::chrono::milliseconds>(v.now - then).count();
}

std::string clock_text(WallTime t) {
  const auto day = std::chrono::floor<std::chrono::days>(t);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(std::chrono::floor<std::chrono::seconds>(t - day));
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), time.hours().count(),
                     time.minutes().count(), time.seconds().count());
}

Json clock_time(const RoomView& v, TimePoint t) {
  if (t == long_ago || t == never) return nullptr;
  return clock_text(v.wall + (t - v.now));
}

Json seconds_left(const RoomView& v, TimePoint then) {
  if (then == never) return nullptr;
  return std::chrono::floor<std::chrono::seconds>(then - v.now).count();
}

Json waits_json(const WaitsFor& w) {
  if (w.kind.empty()) return nullptr;
  return {{"kind", w.kind}, {"name", w.name}, {"words", w.words}};
}

Json room_json(const RoomView& v) {
  Json state = status_json(v);
  for (Json part : {slots_json(v), circuits_json(v), pdus_json(v), power_json(v), batches_json(v), cases_json(v, false),
                    chores_json(v)}) {
    for (auto& [name, value] : part.items()) state[name == "slots" ? "places" : name] = std::move(value);
  }
  return state;
}

}  // namespace greenroom::api

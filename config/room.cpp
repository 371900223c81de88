#include "config/room.hpp"

#include "config/embedded.hpp"
#include "config/room_draft.hpp"

namespace greenroom {

RoomFile load_room_text(std::string_view text, const std::string& file) {
  BricksFile bricks = load_bricks();
  if (bricks.bricks.empty()) return {std::nullopt, std::move(bricks.complaints), {}, {}};
  draft::RoomDraft d(Document::from_text(text, file), std::move(bricks.bricks));
  draft::read_circuits(d);
  draft::read_pdus(d);
  draft::read_slots(d);
  draft::read_rest(d);
  draft::check_room(d);
  RoomFile out{std::nullopt, d.doc.complaints(), {}, std::move(d.dfu_vias)};
  for (const Table& t : d.pdus) out.pdus.push_back(t.place());
  if (d.doc.ok()) out.room = std::move(d.room);
  return out;
}

RoomFile load_room(const std::string& path) {
  const Result<std::string> text = read_data(path);
  if (text) return load_room_text(*text, path);
  const std::string prefix = path + ": ";
  std::string why = text.error().message;
  if (why.starts_with(prefix)) why = why.substr(prefix.size());
  return {std::nullopt, {{path, {}, why, false}}, {}, {}};
}

}  // namespace greenroom

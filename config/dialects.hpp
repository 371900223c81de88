// Where the dialect of a PDU stands: one answer for the room check, the demo and the service. The text is parsed by
// parse_dialect (hw/pdu/dialect.hpp), with `file` as its name in messages.
#pragma once

#include <string>
#include <vector>

#include "controller/domain/room.hpp"
#include "hw/base/result.hpp"

namespace greenroom {

struct DialectText {
  std::string file;  // as messages name it
  std::string text;
};

// `dialect` of a [[pdu]]: the name of one that travels with the program ("baytech-mmp"), or the path of a file of one's
// own, with a slash in it. A path that is not absolute counts from the folder of the room file.
std::string dialect_path(const std::string& dialect, const std::string& room_file);

// By PduConfig::dialect, in which load_room left a path as dialect_path gives it. Errc::usage when there is none such.
Result<DialectText> dialect_text(const PduConfig&);
std::vector<std::string> known_dialects();

}  // namespace greenroom

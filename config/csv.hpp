// Lists of Macs as asset teams export them: Asset Tag, Serial, Model, Model No., Status, Location, Notes, in any order,
// from a spreadsheet or a database, as UTF-8 or UTF-16, parted by commas, semicolons or tabs. All rows, or complaints and
// no row. What rows mean (a serial twice, an unknown model) is judged by the domain, not here.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/reader/reader.hpp"
#include "controller/domain/input.hpp"

namespace greenroom {

struct BatchFile {
  std::vector<ExpectedRow> rows;      // empty when any complaint is an error; `row` as a spreadsheet counts
  std::vector<Complaint> complaints;  // warnings: columns that are not used
};

BatchFile read_batch(std::string_view bytes, const std::string& file);

}  // namespace greenroom

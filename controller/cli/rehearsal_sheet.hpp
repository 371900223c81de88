// The sheet of a rehearsal: for people, as one JSON value, and kept as DATA/rehearsals/PRODUCT_TYPE.json for the room that
// runs. A sheet that did not pass is kept beside it, as PRODUCT_TYPE.failed.json, and replaces none that did.
#pragma once

#include <set>
#include <span>
#include <string>
#include <vector>

#include "controller/cli/mac_rehearse_judge.hpp"
#include "controller/domain/recipe.hpp"

namespace greenroom::cli {

struct RehearsalSheet {
  std::string product_type, model;  // empty: the Mac did not come as far as DFU
  std::string made_at, by, host;
  std::string engine, build;  // empty: not known
  std::string mac;            // where a Mac that did not come through stands now; empty: it is booted
  std::string directory;      // of the runs
};

std::string sheet_text(const RehearsalSheet&, const RehearsalSeen&);
std::string sheet_json(const RehearsalSheet&, const RehearsalSeen&);  // on one line

std::string rehearsals_folder(const std::string& data);
// Durable when this returns; the file's path. Errc::storage.
Result<std::string> keep_sheet(const std::string& data, const RehearsalSheet&, const RehearsalSeen&);

// Of the models whose rehearsal passed. What is no such sheet, of a model that Greenroom knows, counts as not rehearsed, and
// is named in `troubles`, each with what to do.
struct Rehearsed {
  std::set<std::string> product_types;
  std::vector<std::string> troubles;
};
Rehearsed read_rehearsals(const std::string& data, std::span<const MacModel>);

}  // namespace greenroom::cli

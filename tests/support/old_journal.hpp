// The journal of the first version (tests/journals/README.md), its room, and what it folds to.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "config/macs.hpp"
#include "config/recipes.hpp"
#include "config/room.hpp"
#include "controller/journal/fact_json.hpp"
#include "controller/journal/fold.hpp"

namespace greenroom::old_journal {

inline const std::string folder = GREENROOM_SOURCE_DIR "/tests/journals/v1/";

inline RoomSetup setup() {
  RoomSetup setup;
  RoomFile room = load_room(folder + "room.toml");
  for (const Complaint& complaint : room.complaints) ADD_FAILURE() << to_string(complaint);
  if (room.room) setup.room = std::move(*room.room);
  setup.catalogue.models = load_macs().models;
  for (const char* name : {"full-apple-silicon.toml", "full-t2.toml"}) {
    std::ifstream file(folder + name, std::ios::binary);
    const std::string text(std::istreambuf_iterator<char>(file), {});
    RecipesFile recipes = load_recipe_text(text, name);
    for (const Complaint& complaint : recipes.complaints) ADD_FAILURE() << to_string(complaint);
    for (Recipe& recipe : recipes.recipes) setup.catalogue.recipes.push_back(std::move(recipe));
  }
  return setup;
}

inline Facts facts() {
  Facts facts;
  std::ifstream file(folder + "journal.jsonl", std::ios::binary);
  for (std::string line; std::getline(file, line);) {
    auto fact = fact_from_json(line);
    if (!fact) ADD_FAILURE() << line << "\n" << fact.error().message;
    else facts.push_back(std::move(*fact));
  }
  EXPECT_FALSE(facts.empty());
  return facts;
}

// The first `count` facts.
inline FoldedState folded(const RoomSetup& setup, const Facts& facts, std::size_t count) {
  FoldedState folded{initial_state(setup), {}};
  for (std::size_t i = 0; i < count && i < facts.size(); ++i) fold_in(setup, folded, facts[i]);
  return folded;
}

}  // namespace greenroom::old_journal

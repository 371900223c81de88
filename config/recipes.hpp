// Recipe files: config/recipes/*.toml become Recipes, or complaints with their places. Callers: `greenroom serve`, demo,
// tests. What a step kind means is in controller/domain/recipe.hpp; what passes it stands in the files as comments.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/reader/reader.hpp"
#include "controller/domain/recipe.hpp"

namespace greenroom {

struct RecipesFile {
  std::vector<Recipe> recipes;  // empty when any complaint is an error
  std::vector<Complaint> complaints;
};

RecipesFile load_recipe_text(std::string_view text, const std::string& file);
// All embedded recipes in the order of file names: the first that has a Mac's family is the one it follows by itself.
RecipesFile load_recipes();

}  // namespace greenroom

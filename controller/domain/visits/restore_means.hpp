// What a restore would be made with now: the engine that would run, and for each model and each word of a recipe the build
// that its Macs would get. Who asks the engine's program and the folder of firmware tells the bench; the visits send one
// Mac ahead of those that a new combination would restore (firmware-bridge/facts/combination.hpp). Plain values.
#pragma once

#include <string>
#include <vector>

#include "firmware-bridge/facts/combination.hpp"

namespace greenroom {

struct RestoreMeans {
  struct Choice {
    std::string product_type, firmware;  // a model's, and the recipe's word for an image
    std::string build;                   // empty: there is none; known.why says what is wrong
    KnownAs known;                       // by the table of engines
    bool operator==(const Choice&) const = default;
  };
  std::string engine;   // its version
  std::string trouble;  // why there is none, with its remedy; empty: there is one
  std::vector<Choice> choices;
  bool operator==(const RestoreMeans&) const = default;
};

}  // namespace greenroom

// A parsed file as plain values, so that toml++ stands in tree.cpp alone (7 s for each file that includes it). Private to
// the reader.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/reader/reader.hpp"

namespace greenroom::detail {

enum class Kind { text, integer, number, flag, list, table, other };

struct Node {
  Kind kind{Kind::other};
  Place place;
  std::string label;  // of a table, as messages name it
  std::string text;   // of text; of `other`, what it is ("a date")
  std::int64_t integer{};
  double number{};
  bool flag{};
  std::vector<Node> items;                // of a list; of a table, the values of `keys`
  std::vector<Placed<std::string>> keys;  // of a table, in the order of the file
  // What getters asked for, and hints: it makes keys known.
  mutable std::vector<std::string> asked;
  mutable std::vector<std::pair<std::string, std::string>> hints;
};

struct State {
  std::string file;
  Node root;
  bool broken{};  // not readable or not TOML: that alone is reported
  std::vector<Complaint> complaints;
};

// Fills state.root, or reports why not. Never throws.
void parse(State&, std::string_view text);

}  // namespace greenroom::detail

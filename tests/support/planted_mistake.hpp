// A mistake that is planted into a dialect file, and what its author is told of it.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "hw/pdu/dialect.hpp"

namespace greenroom::test {

struct Mistake {
  const char* name;
  std::string what, by;
  std::string complaint;
};

inline std::vector<std::string> complaints(std::string file, const std::string& name, const Mistake& planted) {
  const auto at = file.find(planted.what);
  EXPECT_NE(at, file.npos) << planted.what;
  const auto d = parse_dialect(file.replace(at, planted.what.size(), planted.by), name);
  std::vector<std::string> all;
  if (d) return all;
  for (const Complaint& c : d.error()) all.push_back(to_string(c));
  return all;
}

}  // namespace greenroom::test

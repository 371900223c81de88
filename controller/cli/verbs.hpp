// The verbs of the program, one function each. They print to stdout what was asked for and to stderr all else, and
// return the exit code: 0 done, 1 failed, 2 used wrongly.
#pragma once

#include <string>
#include <vector>

namespace greenroom::cli {

int demo(const std::vector<std::string>& arguments);
int room(const std::vector<std::string>& arguments);
int recipe(const std::vector<std::string>& arguments);
int batch(const std::vector<std::string>& arguments);
int gate(const std::vector<std::string>& arguments);  // started by the service for each engine job

}  // namespace greenroom::cli

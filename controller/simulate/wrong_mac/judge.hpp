// Judges a history by its Macs: whose data went, by which job, and what is claimed of it. Believes no view of the
// controller's: of its facts only what people and the device half promised with them.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "controller/domain/fact.hpp"
#include "controller/simulate/wrong_mac/floor.hpp"
#include "firmware-bridge/restore_engine.hpp"

namespace greenroom::sim::wrong_mac {

class Judge {
 public:
  explicit Judge(Floor& floor) : floor_(floor) {}

  void on_fact(const Fact&);    // once it is durable
  void on_erase(JobId, MacNo);  // StartRestore went to that Mac, now

  std::vector<std::string> wrong_erasures;
  std::vector<std::string> false_certificates;

 private:
  struct Run {
    std::uint64_t visit{};
    bool permitted{}, denied{};  // denied: before its permit
  };
  void certify(const std::string& serial, std::uint64_t ecid, const std::string& what);

  Floor& floor_;
  std::map<std::uint64_t, std::string> serials_;  // by visit
  std::map<std::uint64_t, Run> runs_;             // by engine effect
  std::set<std::string, std::less<>> denied_;
};

}  // namespace greenroom::sim::wrong_mac

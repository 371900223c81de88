// The report of a finished run as one HTML page: load over time against the limits, who stood where and in which step,
// which outlet was on, the counts, the cases with their owners, and what broke a rule. Self-contained: no script, no
// network, inline SVG; colours that colour-blind people tell apart (Okabe and Ito), and words beside every colour.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "controller/domain/fact.hpp"
#include "hw/base/time.hpp"
#include "hw/base/units.hpp"

namespace greenroom::sim {

// One circuit's current at times 0, period, 2 period ... In amps.
struct LoadSeries {
  std::string circuit;
  Amps hard, continuous;
  std::vector<double> now, clean, mean;  // clean: without what faults injected; mean: of the last ten minutes
};

struct ReportData {
  std::string title;  // "Returns, seed 1, faults none"
  Duration period{std::chrono::seconds{10}};
  Duration length;  // of the run
  std::vector<LoadSeries> loads;
  std::vector<std::string> slots, outlets;  // by printed name, in the order in which they are shown
  std::vector<Fact> facts;
  std::vector<std::pair<std::string, std::string>> counts;  // "packed", "44"
  std::map<std::string, std::uint64_t> violations;
  std::vector<std::string> first_violations;
};

std::string report_html(const ReportData&);

}  // namespace greenroom::sim

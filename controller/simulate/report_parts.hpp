// Parts of the report (report_html.hpp): facts to spans of time (report_spans.cpp), spans and series to SVG
// (report_charts.cpp). Pure.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "controller/simulate/report_html.hpp"

namespace greenroom::sim {

enum class Paint { hand, look, charge, restore, boot, held, on, leased, shed, unknown };
struct PaintWords {
  const char* colour;
  const char* words;
};
PaintWords paint(Paint);

struct Span {
  TimePoint from, to;
  Paint colour{};
  std::string word;   // inside the bar, where it fits
  std::string title;  // shown on pointing
};
using Rows = std::map<std::string, std::vector<Span>, std::less<>>;  // by printed name

Rows slot_rows(const ReportData&);
Rows outlet_rows(const ReportData&);

std::string load_chart(const ReportData&, const LoadSeries&);
std::string gantt(const ReportData&, const std::vector<std::string>& names, const Rows&);
std::string legend(const std::vector<Paint>&);

std::string escaped(std::string_view);
std::string hours_text(TimePoint);  // "1:02"

}  // namespace greenroom::sim

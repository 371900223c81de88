// Series and spans to inline SVG.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "controller/simulate/report_parts.hpp"

namespace greenroom::sim {
namespace {

constexpr double left = 110, right = 90, width = 1320;  // pixels; room for names, for the limits' words
constexpr double plot = width - left - right;
constexpr double chart_height = 180, row_height = 16, axis_height = 34;
constexpr double word_width = 6.6;  // of one letter at 11 px

double hours(const ReportData& d) { return std::max(in_seconds(d.length) / 3600.0, 1.0 / 60.0); }
double x_of(const ReportData& d, double h) { return left + plot * h / hours(d); }
double x_of(const ReportData& d, TimePoint t) { return x_of(d, in_seconds(t.time_since_epoch()) / 3600.0); }

// About ten to twenty lines, at an hour's round share.
double hour_step(double all) {
  for (const double step : {1.0 / 12, 0.25, 0.5, 1.0, 2.0, 3.0, 6.0}) {
    if (all / step <= 16) return step;
  }
  return 12.0;
}

void time_axis(std::string& svg, const ReportData& d, double top, double height) {
  auto out = std::back_inserter(svg);
  const double step = hour_step(hours(d));
  for (int i = 0; i * step <= hours(d) + 1e-9; ++i) {
    const double x = x_of(d, i * step);
    fmt::format_to(out, "<line class=\"grid\" x1=\"{0:.1f}\" y1=\"{1:.1f}\" x2=\"{0:.1f}\" y2=\"{2:.1f}\"/>", x, top,
                   top + height);
    fmt::format_to(out, "<text class=\"tick\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">{:g}</text>", x,
                   top + height + 13, std::round(i * step * 100) / 100);
  }
  fmt::format_to(out, "<text class=\"axis\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">hours since the start</text>",
                 left + plot / 2, top + height + 28);
}

// At most two points a pixel: more than that nobody sees, and a long run would fill the page. The highest of each bin.
std::string path(const ReportData& d, const std::vector<double>& values, double amps_most) {
  std::string points;
  const auto bin =
      std::max<std::size_t>(1, static_cast<std::size_t>(std::ceil(static_cast<double>(values.size()) / (2 * plot))));
  for (std::size_t i = 0; i < values.size(); i += bin) {
    const auto end = values.begin() + static_cast<std::ptrdiff_t>(std::min(i + bin, values.size()));
    const double amps = *std::max_element(values.begin() + static_cast<std::ptrdiff_t>(i), end);
    const double h = static_cast<double>(i) * in_seconds(d.period) / 3600.0;
    fmt::format_to(std::back_inserter(points), "{:.1f},{:.1f} ", x_of(d, h), chart_height * (1.0 - amps / amps_most) + 8);
  }
  return points;
}

void limit_line(std::string& svg, const char* kind, const char* words, double amps, double amps_most) {
  const double y = chart_height * (1.0 - amps / amps_most) + 8;
  fmt::format_to(std::back_inserter(svg),
                 "<line class=\"{0}\" x1=\"{1}\" y1=\"{2:.1f}\" x2=\"{3}\" y2=\"{2:.1f}\"/><text class=\"tick\" x=\"{4}\" "
                 "y=\"{5:.1f}\">{6} {7:g} A</text>",
                 kind, left, y, left + plot, left + plot + 4, y + 4, words, amps);
}

}  // namespace

// Okabe and Ito's set, which people with any colour vision tell apart.
PaintWords paint(Paint p) {
  switch (p) {
    case Paint::hand: return {"#c9c9c9", "by hand"};
    case Paint::look: return {"#56b4e9", "looked at"};
    case Paint::charge: return {"#0072b2", "charge"};
    case Paint::restore: return {"#d55e00", "DFU and restore"};
    case Paint::boot: return {"#e69f00", "first boot"};
    case Paint::held: return {"#000000", "held by a case"};
    case Paint::on: return {"#0072b2", "on"};
    case Paint::leased: return {"#d55e00", "protected"};
    case Paint::shed: return {"#f0e442", "shed"};
    case Paint::unknown: return {"#999999", "unknown"};
  }
  return {"#999999", "unknown"};
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '&') out += "&amp;";
    else if (c == '<') out += "&lt;";
    else if (c == '>') out += "&gt;";
    else if (c == '"') out += "&quot;";
    else out += c;
  }
  return out;
}

std::string hours_text(TimePoint t) {
  const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(t.time_since_epoch()).count();
  return fmt::format("{}:{:02}", minutes / 60, minutes % 60);
}

std::string legend(const std::vector<Paint>& paints) {
  std::string html = "<p class=\"legend\">";
  for (const Paint p : paints) {
    html += fmt::format("<span><i style=\"background:{}\"></i>{}</span>", paint(p).colour, paint(p).words);
  }
  return html + "</p>\n";
}

std::string load_chart(const ReportData& d, const LoadSeries& load) {
  double most = 1.15 * load.hard.value();
  for (const double a : load.now) most = std::max(most, 1.05 * a);
  std::string svg = fmt::format("<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"Load of {} over time\">", width,
                                chart_height + 8 + axis_height, escaped(load.circuit));
  time_axis(svg, d, 8, chart_height);
  const double step = most > 40 ? 20 : most > 16 ? 5 : 2;
  for (double a = 0; a <= most; a += step) {
    fmt::format_to(std::back_inserter(svg), "<text class=\"tick\" x=\"{}\" y=\"{:.1f}\" text-anchor=\"end\">{:g}</text>",
                   left - 5, chart_height * (1.0 - a / most) + 12, a);
  }
  fmt::format_to(std::back_inserter(svg),
                 "<text class=\"axis\" transform=\"translate(70 {}) rotate(-90)\" text-anchor=\"middle\">amps</text>",
                 chart_height / 2 + 8);
  const bool injected = load.clean != load.now;
  fmt::format_to(std::back_inserter(svg), "<polyline class=\"now\" points=\"{}\"/>", path(d, load.now, most));
  if (injected)
    fmt::format_to(std::back_inserter(svg), "<polyline class=\"clean\" points=\"{}\"/>", path(d, load.clean, most));
  fmt::format_to(std::back_inserter(svg), "<polyline class=\"mean\" points=\"{}\"/>", path(d, load.mean, most));
  limit_line(svg, "hard", "hard", load.hard.value(), most);
  if (load.continuous != load.hard) limit_line(svg, "soft", "continuous", load.continuous.value(), most);
  return svg + "</svg>\n";
}

std::string gantt(const ReportData& d, const std::vector<std::string>& names, const Rows& rows) {
  const double height = row_height * static_cast<double>(names.size());
  std::string svg = fmt::format("<svg viewBox=\"0 0 {} {}\" role=\"img\">", width, height + axis_height + 2);
  time_axis(svg, d, 2, height);
  auto out = std::back_inserter(svg);
  for (std::size_t i = 0; i < names.size(); ++i) {
    const double y = 2 + row_height * static_cast<double>(i);
    fmt::format_to(out, "<text class=\"tick\" x=\"{}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>", left - 6, y + 12,
                   escaped(names[i]));
    const auto row = rows.find(names[i]);
    if (row == rows.end()) continue;
    for (const Span& s : row->second) {
      const double x = x_of(d, s.from), w = x_of(d, s.to) - x;
      fmt::format_to(out,
                     "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{}\" fill=\"{}\"><title>{}</title></rect>",
                     x, y + 1, std::max(w, 0.6), row_height - 2, paint(s.colour).colour, escaped(s.title));
      if (w < word_width * static_cast<double>(s.word.size())) continue;
      const bool light =
          s.colour == Paint::hand || s.colour == Paint::shed || s.colour == Paint::look || s.colour == Paint::boot;
      fmt::format_to(out, "<text class=\"{}\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>", light ? "dark" : "light", x + 3, y + 12,
                     escaped(s.word));
    }
  }
  return svg + "</svg>\n";
}

}  // namespace greenroom::sim

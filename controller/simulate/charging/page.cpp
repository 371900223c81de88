// The report of a suite: a table, the distribution of every cell's ratios, and for the first seed of each small cell its
// load against the limits and its outlets over time. Self-contained: no script, no network, inline SVG.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "controller/simulate/charging/sums_up.hpp"
#include "controller/simulate/report_parts.hpp"

namespace greenroom::sim::charging {
namespace {

constexpr std::string_view style = R"(
body{font:14px/1.45 system-ui,sans-serif;color:#1a1a1a;background:#fff;margin:24px auto;max-width:1340px;padding:0 12px}
h1{font-size:22px}h2{font-size:17px;margin:28px 0 4px}h3{font-size:14px;margin:14px 0 0}svg{width:100%;height:auto;display:block}
.grid{stroke:#e4e4e4}.tick,.axis{font-size:11px;fill:#333}polyline{fill:none}.now{stroke:#0072b2;stroke-width:1}
.mean{stroke:none}.hard{stroke:#d55e00;stroke-width:1.8}.soft{stroke:#e69f00;stroke-width:1.5;stroke-dasharray:7 4}
.dark,.light{font-size:11px}.run{fill:#0072b2;fill-opacity:.45}.over{stroke:#d55e00}.middle{stroke:#000;stroke-width:2}
table{border-collapse:collapse}td,th{border:1px solid #ccc;padding:2px 8px;text-align:right;font-variant-numeric:tabular-nums}
td:first-child,th:first-child{text-align:left}th{background:#f3f3f3}details{margin:6px 0}
)";

std::string table(const Summary& s) {
  std::string html =
      "<table><tr><th>cell</th><th>runs</th><th>mean</th><th>worst</th><th>over the integer bound</th><th>half ready, h</th>"
      "<th>95 % ready, h</th><th>above continuous, s an hour</th><th>above hard, A s</th><th>heat, of a "
      "trip</th><th>trips</th>"
      "<th>relay operations a device</th></tr>\n";
  for (const Row& r : s.rows) {
    html += fmt::format(
        "<tr><td>{}</td><td>{}</td><td>{:.3f}</td><td>{:.3f}</td><td>{}</td><td>{:.2f}</td><td>{:.2f}</td><td>{:.0f}</td>"
        "<td>{:.1f}</td><td>{:.2f}</td><td>{}</td><td>{:.1f}</td></tr>\n",
        escaped(r.cell), r.runs, r.mean, r.worst, r.integer_mean > 0 ? fmt::format("{:.3f}", r.integer_mean) : "",
        r.p50_s / 3600, r.p95_s / 3600, r.over_soft_s_per_hour, r.hard_As, r.worst_theta, r.trips, r.operations_per_device);
  }
  html += "</table>\n";
  if (s.baselines.empty()) return html;
  html +=
      "<h2>Compared with</h2><table><tr><th>planner</th><th>runs</th><th>mean</th><th>worst</th><th>deadlines missed</th>"
      "<th>trips</th><th>relay operations a device</th></tr>\n";
  for (const Compared& c : s.baselines) {
    html += fmt::format(
        "<tr><td>{}</td><td>{}</td><td>{:.3f}</td><td>{:.3f}</td><td>{:.1f} %</td><td>{}</td><td>{:.1f}</td></tr>\n",
        to_string(c.planner), c.runs, c.mean, c.worst, 100 * c.miss_ratio, c.trips, c.operations_per_device);
  }
  return html + "</table>\n";
}

// A dot for every run, by its makespan over the bound; a row for every cell.
std::string distributions(const Summary& s, const std::vector<Task>& tasks, const std::vector<Outcome>& outcomes) {
  constexpr double left = 330, width = 1320, row = 16, right = 20;
  double most = 1.1;
  for (std::size_t i = 0; i < tasks.size(); ++i) most = std::max(most, outcomes[i].ratio(outcomes[i].product));
  most = std::min(most, 2.0);
  const auto x = [&](double ratio) { return left + (width - left - right) * (std::min(ratio, most) - 1.0) / (most - 1.0); };
  const double height = row * static_cast<double>(s.rows.size());
  std::string svg = fmt::format(
      "<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"Makespan over the bound of every run\">", width, height + 22);
  auto out = std::back_inserter(svg);
  for (const double ratio : {1.0, 1.05, 1.10, 1.15}) {
    if (ratio > most) continue;
    fmt::format_to(out,
                   "<line class=\"grid\" x1=\"{0:.1f}\" y1=\"0\" x2=\"{0:.1f}\" y2=\"{1:.1f}\"/><text class=\"tick\" "
                   "x=\"{0:.1f}\" y=\"{2:.1f}\" text-anchor=\"middle\">{3:.2f}</text>",
                   x(ratio), height, height + 14, ratio);
  }
  std::size_t task = 0;
  for (std::size_t i = 0; i < s.rows.size(); ++i) {
    const double y = row * (static_cast<double>(i) + 0.5);
    fmt::format_to(out, "<text class=\"tick\" x=\"{}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>", left - 8, y + 4,
                   escaped(s.rows[i].cell));
    for (; task < tasks.size() && tasks[task].spec.name == s.rows[i].cell; ++task)
      fmt::format_to(out, "<circle class=\"run\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3\"/>",
                     x(outcomes[task].ratio(outcomes[task].product)), y);
    fmt::format_to(out, "<line class=\"middle\" x1=\"{0:.1f}\" y1=\"{1:.1f}\" x2=\"{0:.1f}\" y2=\"{2:.1f}\"/>",
                   x(s.rows[i].mean), y - 6, y + 6);
  }
  return svg + "</svg>\n";
}

std::string pictures(const Task& task, const Outcome& o) {
  const RunResult& r = o.product;
  const Cell cell = make_cell(task.spec);
  ReportData d;
  d.length = seconds_of(r.virtual_s);
  d.period = task.spec.poll;
  LoadSeries load;
  load.circuit = cell.room.circuits.front().name;
  load.hard = cell.room.circuits.front().hard;
  load.continuous = cell.room.circuits.front().continuous;
  load.now = load.clean = load.mean = r.load_A;
  std::vector<std::string> names;
  for (const Outlet& outlet : cell.room.outlets) names.push_back(outlet.name);
  Rows rows;
  for (const RunResult::OnTime& t : r.on_times) {
    rows[names[t.outlet]].push_back({TimePoint{} + seconds_of(std::max(0.0, t.from_s)), TimePoint{} + seconds_of(t.to_s),
                                     Paint::on, "", cell.seats[t.outlet].mac.model});
  }
  return fmt::format("<details><summary>{}, seed {}: {:.3f} of the bound</summary>{}{}</details>\n", escaped(task.spec.name),
                     task.spec.seed, o.ratio(r), load_chart(d, load), gantt(d, names, rows));
}

}  // namespace

std::string as_html(const Summary& s, const std::vector<Task>& tasks, const std::vector<Outcome>& outcomes) {
  std::string html = fmt::format(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Charging, suite "
      "{0}</title><style>{1}</style></head>\n"
      "<body><h1>Charging, suite {0}, seeds {2} to {3}</h1>\n<p>Makespan over the demand bound: mean {4:.4f}, 99 % of the "
      "runs below "
      "{5:.4f}. Models of Macs, meters and breakers; Greenroom keeps its own orders within the limits, the breaker "
      "protects.</p>\n",
      s.suite, style, s.first_seed, s.last_seed, s.mean, s.p99);
  html += table(s);
  html += "<h2>Every run, by makespan over the bound</h2>\n<p>A dot is a run, the black mark their mean.</p>\n";
  html += distributions(s, tasks, outcomes);
  html += "<h2>Load and outlets of the first seed</h2>\n";
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    if (!outcomes[i].product.load_A.empty()) html += pictures(tasks[i], outcomes[i]);
  }
  return html + "</body></html>\n";
}

}  // namespace greenroom::sim::charging

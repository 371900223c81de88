#include "controller/simulate/report_html.hpp"

#include <fmt/format.h>

#include <set>

#include "controller/simulate/report_parts.hpp"

namespace greenroom::sim {
namespace {

constexpr std::string_view style = R"(
body{font:14px/1.45 system-ui,sans-serif;color:#1a1a1a;background:#fff;margin:24px auto;max-width:1340px;padding:0 12px}
h1{font-size:22px}h2{font-size:17px;margin:28px 0 4px}h3{font-size:14px;margin:14px 0 0}
svg{width:100%;height:auto;display:block}
.grid{stroke:#e4e4e4}.tick{font-size:11px;fill:#333}.axis{font-size:11px;fill:#333}
polyline{fill:none}.now{stroke:#0072b2;stroke-width:1}.mean{stroke:#000;stroke-width:1.8}
.clean{stroke:#cc79a7;stroke-width:1.2;stroke-dasharray:4 3}
.hard{stroke:#d55e00;stroke-width:1.8}.soft{stroke:#e69f00;stroke-width:1.5;stroke-dasharray:7 4}
.dark{font-size:11px;fill:#1a1a1a;pointer-events:none}.light{font-size:11px;fill:#fff;pointer-events:none}
.legend span{margin-right:18px;white-space:nowrap}.legend i{display:inline-block;width:22px;height:11px;margin-right:6px;border:1px solid #888}
table{border-collapse:collapse}td,th{border:1px solid #ccc;padding:3px 9px;text-align:left;vertical-align:top}th{background:#f3f3f3}
.counts td:nth-child(2n){text-align:right;font-variant-numeric:tabular-nums}code{font-size:13px}
)";

constexpr std::string_view load_legend =
    "<p class=\"legend\"><span><i style=\"background:#0072b2\"></i>present current</span>"
    "<span><i style=\"background:#000\"></i>mean of the last ten minutes</span>"
    "<span><i style=\"background:#cc79a7\"></i>dashed: without what faults injected, where it differs</span>"
    "<span><i style=\"background:#d55e00\"></i>hard limit</span>"
    "<span><i style=\"background:#e69f00\"></i>dashed: continuous limit, for the mean</span></p>\n";

std::string counts_table(const ReportData& d) {
  std::string html = "<h2>Counts</h2><table class=\"counts\"><tr>";
  std::size_t cell = 0;
  for (const auto& [what, value] : d.counts) {
    if (cell > 0 && cell % 4 == 0) html += "</tr><tr>";
    html += fmt::format("<th>{}</th><td>{}</td>", escaped(what), escaped(value));
    ++cell;
  }
  return html + "</tr></table>\n";
}

std::string cases_table(const ReportData& d) {
  std::set<std::uint64_t> closed;
  for (const Fact& f : d.facts) {
    if (const auto* c = std::get_if<CaseClosed>(&f.body)) closed.insert(c->number);
  }
  std::string rows;
  for (const Fact& f : d.facts) {
    const auto* c = std::get_if<CaseOpened>(&f.body);
    if (c == nullptr) continue;
    rows +=
        fmt::format("<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
                    c->number, hours_text(f.at), escaped(c->subject), escaped(c->reason), escaped(c->words),
                    escaped(c->next), escaped(c->owner), closed.contains(c->number) ? "closed" : "open");
  }
  if (rows.empty()) return "<h2>Cases</h2><p>None.</p>\n";
  return "<h2>Cases</h2><table><tr><th>No.</th><th>opened at</th><th>about</th><th>reason</th><th>what "
         "happened</th><th>what to do "
         "next</th><th>owner</th><th>state</th></tr>\n" +
         rows + "</table>\n";
}

std::string violations_part(const ReportData& d) {
  std::string html = "<h2>Rules</h2><table class=\"counts\"><tr>";
  for (const auto& [rule, count] : d.violations) html += fmt::format("<th>{}</th><td>{}</td>", escaped(rule), count);
  html += "</tr></table>\n";
  if (d.first_violations.empty()) return html + "<p>No rule was broken.</p>\n";
  html += "<p>First of each, with the virtual time that replays it with this seed:</p><ul>";
  for (const std::string& text : d.first_violations) html += "<li><code>" + escaped(text) + "</code></li>\n";
  return html + "</ul>\n";
}

}  // namespace

std::string report_html(const ReportData& d) {
  std::string html = fmt::format(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{0}</title><style>{1}</style></head>\n<body>"
      "<h1>{0}</h1>\n<p>{2} hours of the room's time. Greenroom keeps its own orders within the limits; the breaker "
      "protects.</p>\n",
      escaped(d.title), style, hours_text(TimePoint{} + d.length));
  html += counts_table(d);
  html += "<h2>Load against the limits</h2>\n";
  html += load_legend;
  for (const LoadSeries& load : d.loads) html += "<h3>" + escaped(load.circuit) + "</h3>" + load_chart(d, load);
  html +=
      "<h2>Slots: who stood where, in which step</h2>\n<p>Point at a bar for the serial number and what it waited "
      "for.</p>\n";
  html += legend({Paint::hand, Paint::look, Paint::charge, Paint::restore, Paint::boot, Paint::held});
  html += gantt(d, d.slots, slot_rows(d));
  html += "<h2>Outlets</h2>\n<p>No bar: off.</p>\n" + legend({Paint::on, Paint::leased, Paint::shed, Paint::unknown});
  html += gantt(d, d.outlets, outlet_rows(d));
  html += cases_table(d) + violations_part(d);
  return html + "</body></html>\n";
}

}  // namespace greenroom::sim

#include "controller/simulate/load_dialect.hpp"

#include <algorithm>

#include "config/dialects.hpp"
#include "hw/model/device_face.hpp"
#include "hw/serial/line_url.hpp"

namespace greenroom::sim {

Result<Dialect> load_dialect(const Room& room, PduId id) {
  const auto source = dialect_text(room.pdus[id.value]);
  if (!source) return fail(source.error());
  auto dialect = parse_dialect(source->text, source->file);
  if (!dialect) return fail(Errc::bad_config, to_string(dialect.error().front()));
  const auto outlets =
      std::count_if(room.outlets.begin(), room.outlets.end(), [id](const Outlet& o) { return o.pdu == id; });
  if (const auto fits = facts(*dialect).resize(static_cast<std::uint16_t>(outlets)); !fits) return fail(fits.error());
  // The silence between Modbus frames is counted in characters of the line as it is set.
  if (const auto line = parse_line_url(room.pdus[id.value].line); line && line->baud > 0)
    facts(*dialect).line.baud = line->baud;
  return std::move(*dialect);
}

Credentials factory_login(std::string_view dialect) {
  const model::DeviceForm* form = model::form_named(dialect);
  return form != nullptr ? Credentials(std::string(form->user), std::string(form->password)) : Credentials();
}

}  // namespace greenroom::sim

#include "controller/simulate/load_dialect.hpp"

#include "config/dialects.hpp"

namespace greenroom::sim {

Result<Dialect> load_dialect(const PduConfig& pdu) {
  const auto source = dialect_text(pdu);
  if (!source) return fail(source.error());
  auto dialect = parse_dialect(source->text, source->file);
  if (!dialect) return fail(Errc::bad_config, to_string(dialect.error().front()));
  return std::move(*dialect);
}

}  // namespace greenroom::sim

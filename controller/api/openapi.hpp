// The API described for programs: an OpenAPI 3.1 document. Pure.
#pragma once

#include <string>

namespace greenroom {

// Paths are those of route_table.hpp, commands those of command_form.hpp; the shapes of answers are openapi.json.
const std::string& openapi_document();

}  // namespace greenroom

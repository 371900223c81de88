// The text of openapi.json, put into the program by the build: what the document says that no table of ours does.
#pragma once

namespace greenroom {

extern const char* const openapi_data;

}  // namespace greenroom

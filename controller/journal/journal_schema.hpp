// The text of schema.sql, put into the program by the build.
#pragma once

namespace greenroom {

extern const char* const journal_schema;

}  // namespace greenroom

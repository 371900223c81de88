-- The journal's file, schema 1. The schema's number is in PRAGMA user_version.
-- facts.body is the line exactly as it is hashed: hash(n) = SHA-256(hash(n-1) || body(n)), hash(0) = 32 zero bytes.
CREATE TABLE facts (seq INTEGER PRIMARY KEY, body TEXT NOT NULL, hash BLOB NOT NULL) STRICT;

-- The last fact that was written, so that an end cut off is seen; and how often a commit failed (journal_file.cpp, undo).
CREATE TABLE head (one INTEGER PRIMARY KEY CHECK (one = 1), seq INTEGER NOT NULL, hash BLOB NOT NULL,
                   failed INTEGER NOT NULL) STRICT;
INSERT INTO head VALUES (1, 0, zeroblob(32), 0);

-- Facts that were moved to archive/facts-FIRST-LAST.jsonl; hash is that of fact LAST. Facts begin after the last of them.
CREATE TABLE archives (first INTEGER PRIMARY KEY, last INTEGER NOT NULL, hash BLOB NOT NULL) STRICT;

-- What the facts up to seq fold to; hash is the chain's at seq, sum is SHA-256 over the rest of the row.
CREATE TABLE snapshot (one INTEGER PRIMARY KEY CHECK (one = 1), seq INTEGER NOT NULL, hash BLOB NOT NULL,
                       fingerprint TEXT NOT NULL, state TEXT NOT NULL, sum BLOB NOT NULL) STRICT;

-- home: where this file lives, so that a copy is not taken for the journal (home.hpp).
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

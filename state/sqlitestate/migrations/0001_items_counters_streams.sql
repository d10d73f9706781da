-- One row an item. A write replaces the row, and AUTOINCREMENT never gives a number twice, so the number of the row is
-- the version. Times are Unix milliseconds; 0 is never.
CREATE TABLE items (
	version INTEGER PRIMARY KEY AUTOINCREMENT,
	key     TEXT    NOT NULL UNIQUE,
	value   BLOB    NOT NULL,
	expires INTEGER NOT NULL
) STRICT;

CREATE INDEX items_expires ON items (expires) WHERE expires > 0;

-- One row a counter. length is its window in milliseconds, 0 for one that never ends; ends is the end of the window
-- that used belongs to.
CREATE TABLE counters (
	shard  TEXT    NOT NULL,
	name   TEXT    NOT NULL,
	length INTEGER NOT NULL,
	ends   INTEGER NOT NULL,
	used   INTEGER NOT NULL CHECK (used >= 0),
	PRIMARY KEY (shard, name, length)
) STRICT, WITHOUT ROWID;

CREATE INDEX counters_ends ON counters (ends) WHERE ends > 0;

-- last is the number of the last record there ever was, whether it is kept or not.
CREATE TABLE streams (
	id   INTEGER PRIMARY KEY,
	name TEXT    NOT NULL UNIQUE,
	last INTEGER NOT NULL
) STRICT;

CREATE TABLE records (
	stream INTEGER NOT NULL,
	seq    INTEGER NOT NULL,
	at     INTEGER NOT NULL,
	value  BLOB    NOT NULL,
	PRIMARY KEY (stream, seq)
) STRICT, WITHOUT ROWID;

-- Level tests as their owners list them. A running test lives in its TestSession object; a finished one's report is here.

CREATE TABLE level_tests (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  language TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('running', 'scoring', 'complete', 'abandoned')),
  overall_level TEXT,
  report TEXT,
  asked TEXT NOT NULL DEFAULT '[]',
  started_at INTEGER NOT NULL,
  ended_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX level_tests_by_user ON level_tests (user_id, started_at, id);

UPDATE schema_version SET version = 3;

-- The history that driftless keeps in every database it changes: append-only, one event a row.
-- `chain` is a hash over the row and the `chain` of the row before, so that an edit shows.
CREATE TABLE driftless_history (
  id INTEGER PRIMARY KEY,
  format INTEGER NOT NULL,
  at TEXT NOT NULL,
  event TEXT NOT NULL,
  version INTEGER,
  name TEXT NOT NULL,
  file_hash TEXT,
  code_hash TEXT,
  from_state TEXT,
  to_state TEXT,
  step INTEGER,
  duration_ms INTEGER,
  db_user TEXT,
  os_user TEXT,
  host TEXT,
  git_commit TEXT,
  author TEXT,
  tool_version TEXT NOT NULL,
  error TEXT,
  chain TEXT NOT NULL
);

-- The history that driftless keeps in every database it changes: append-only, one event a row.
-- `chain` is a hash over the row and the `chain` of the row before, so that an edit shows.
CREATE TABLE driftless_history (
  id bigint NOT NULL,
  format int NOT NULL,
  at varchar(40) NOT NULL,
  event varchar(40) NOT NULL,
  version bigint,
  name text NOT NULL,
  file_hash varchar(80),
  code_hash varchar(80),
  from_state varchar(80),
  to_state varchar(80),
  step int,
  duration_ms bigint,
  db_user text,
  os_user text,
  host text,
  git_commit varchar(80),
  author text,
  tool_version varchar(80) NOT NULL,
  error text,
  chain varchar(80) NOT NULL,
  PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

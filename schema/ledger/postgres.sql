-- The history that driftless keeps in every database it changes: append-only, one event a row.
-- `chain` is a hash over the row and the `chain` of the row before, so that an edit shows.
CREATE TABLE public.driftless_history (
  id bigint PRIMARY KEY,
  format integer NOT NULL,
  at text NOT NULL,
  event text NOT NULL,
  version bigint,
  name text NOT NULL,
  file_hash text,
  code_hash text,
  from_state text,
  to_state text,
  step integer,
  duration_ms bigint,
  db_user text,
  os_user text,
  host text,
  git_commit text,
  author text,
  tool_version text NOT NULL,
  error text,
  chain text NOT NULL
);

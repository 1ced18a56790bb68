-- Prints what the installed server knows of types, casts, operators and functions, a line each; see README.md.
\set ON_ERROR_STOP 1
\pset tuples_only on
\pset format unaligned
SET search_path = '';

-- A type's name in these tables: its own, arrays as `element[]`, those of extensions behind an `@`.
CREATE FUNCTION pg_temp.t(o oid) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN t.typnamespace <> 'pg_catalog'::regnamespace THEN '@' ELSE '' END
    || CASE WHEN t.typelem <> 0 AND t.typlen = -1 AND e.typarray = t.oid THEN e.typname || '[]' ELSE t.typname::text END
  FROM pg_catalog.pg_type t LEFT JOIN pg_catalog.pg_type e ON e.oid = t.typelem WHERE t.oid = o
$$;
-- The extension that a thing belongs to; empty for the server's own.
CREATE FUNCTION pg_temp.x(c regclass, o oid) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT coalesce((SELECT e.extname::text FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid
    WHERE d.classid = c AND d.objid = o AND d.deptype = 'e' AND d.refclassid = 'pg_catalog.pg_extension'::regclass
      AND e.extname <> 'plpgsql'), '')
$$;
-- Things that no SQL expression of a user's can name.
CREATE FUNCTION pg_temp.hidden(o oid) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT o <> 0 AND pg_temp.t(o) IN ('internal', 'cstring', 'language_handler', 'fdw_handler', 'tsm_handler', 'index_am_handler',
    'table_am_handler', 'trigger', 'event_trigger', 'pg_ddl_command', 'unknown')
$$;

SELECT concat_ws('|', 'T', pg_temp.x('pg_catalog.pg_type', t.oid), pg_temp.t(t.oid),
  CASE WHEN n.nspname = 'pg_catalog' AND pg_catalog.format_type(t.oid, NULL) <> t.typname THEN pg_catalog.format_type(t.oid, NULL) ELSE '' END)
  || '|' || t.typcategory::text || '|' || CASE WHEN t.typispreferred THEN 'p' ELSE '' END || '|' || t.typtype::text
  || '|' || coalesce((SELECT pg_temp.t(r.rngsubtype) FROM pg_catalog.pg_range r WHERE r.rngtypid = t.oid), '')
FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
WHERE (n.nspname = 'pg_catalog' OR pg_temp.x('pg_catalog.pg_type', t.oid) <> '') AND NOT pg_temp.t(t.oid) LIKE '%[]'
  AND t.typrelid = 0 ;

SELECT concat_ws('|', 'C', pg_temp.x('pg_catalog.pg_cast', c.oid), pg_temp.t(castsource), pg_temp.t(casttarget), castcontext, castmethod)
FROM pg_catalog.pg_cast c WHERE castsource <> casttarget ;

SELECT concat_ws('|', 'O', pg_temp.x('pg_catalog.pg_operator', o.oid), oprname, coalesce(pg_temp.t(oprleft), ''), coalesce(pg_temp.t(oprright), ''),
  pg_temp.t(oprresult))
FROM pg_catalog.pg_operator o JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace
WHERE (n.nspname = 'pg_catalog' OR pg_temp.x('pg_catalog.pg_operator', o.oid) <> '') AND oprresult <> 0
  AND NOT pg_temp.hidden(oprleft) AND NOT pg_temp.hidden(oprright) ;

-- kind (f, a, w), s where it returns a set, v where the last argument is variadic, V where it is volatile, how many
-- arguments have defaults,
-- the columns it gives in FROM as name:type
SELECT concat_ws('|', 'F', pg_temp.x('pg_catalog.pg_proc', p.oid), proname,
  prokind::text || CASE WHEN proretset THEN 's' ELSE '' END || CASE WHEN provariadic <> 0 THEN 'v' ELSE '' END || CASE WHEN provolatile = 'v' THEN 'V' ELSE '' END || CASE WHEN pronargdefaults > 0 THEN pronargdefaults::text ELSE '' END,
  pg_temp.t(prorettype), (SELECT coalesce(string_agg(pg_temp.t(a), ',' ORDER BY i), '') FROM unnest(proargtypes::oid[]) WITH ORDINALITY u(a, i)),
  (SELECT coalesce(string_agg(proargnames[i] || ':' || pg_temp.t(a), ',' ORDER BY i), '') FROM unnest(proallargtypes) WITH ORDINALITY u(a, i)
   WHERE proargmodes[i] IN ('o', 'b', 't')))
FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
WHERE (n.nspname = 'pg_catalog' OR pg_temp.x('pg_catalog.pg_proc', p.oid) <> '') AND prokind IN ('f', 'a', 'w')
  AND NOT pg_temp.hidden(prorettype) AND NOT EXISTS (SELECT FROM unnest(proargtypes::oid[]) a WHERE pg_temp.hidden(a))
;

-- What only definitions name: functions of types, indexes, text search, languages.
SELECT DISTINCT concat_ws('|', 'N', pg_temp.x('pg_catalog.pg_proc', p.oid), proname)
FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
WHERE (n.nspname = 'pg_catalog' OR pg_temp.x('pg_catalog.pg_proc', p.oid) <> '') AND prokind = 'f'
  AND (pg_temp.hidden(prorettype) OR EXISTS (SELECT FROM unnest(proargtypes::oid[]) a WHERE pg_temp.hidden(a)))
;

CREATE EXTENSION IF NOT EXISTS citext;
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE DOMAIN email AS text CHECK (VALUE ~ '@');
CREATE DOMAIN short AS varchar(10);
CREATE TYPE pair AS (a integer, b text);
CREATE SCHEMA other;
CREATE TYPE other.level AS ENUM ('low', 'high');
CREATE SEQUENCE seq;
CREATE SEQUENCE other."Odd Seq";
CREATE FUNCTION twice(x integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT x * 2';
CREATE FUNCTION twice(x text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT x || x';
CREATE FUNCTION other.label(x text, n integer DEFAULT 1) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT x';
CREATE FUNCTION big(x bigint) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT x > 100';
CREATE FUNCTION pairs(n integer) RETURNS TABLE (k integer, v text) LANGUAGE sql STABLE AS 'SELECT n, n::text';
CREATE TABLE t (
    id integer, big bigint, small smallint, price numeric(10,2), ratio double precision, r real,
    name varchar(50), note text, code char(3), flag boolean, day date, at timestamptz, at0 timestamp,
    span interval, tm time, doc jsonb, js json, tags text[], nums integer[], vtags varchar(20)[],
    mood mood, level other.level, mail email, sh short, uid uuid, ip inet, raw bytea, p pair, bits bit(4),
    "Odd Name" integer, "order" integer, rng int4range, ci citext
);
CREATE TABLE o (id integer, t_id integer, qty integer, name text, day date, status varchar(20), total numeric(12,2));
CREATE TABLE other.u (id integer, t_id integer, kind text, day timestamptz);
CREATE VIEW seen AS SELECT id, name, price AS cost FROM t WHERE flag;

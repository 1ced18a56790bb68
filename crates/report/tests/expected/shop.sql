-- not modelled: publication pub_orders
-- not modelled: rule r DROP TABLE x; on orders

CREATE SCHEMA billing;
COMMENT ON SCHEMA billing IS 'money';

CREATE EXTENSION citext;

CREATE ENUM order_status;

CREATE COMPOSITE TYPE address;

CREATE DOMAIN positive;

CREATE SEQUENCE orders_number_seq;
ALTER SEQUENCE orders_number_seq OWNED BY orders.number;

CREATE FUNCTION touch();

CREATE PROCEDURE tidy(integer);

CREATE TABLE billing.invoices (
    order_id bigint,
    made date
);

CREATE TABLE billing.invoices_2026 (

);

CREATE TABLE customers (
    id bigint,
    email public.citext
);

CREATE TABLE orders (
    id bigint,
    number integer,
    customer bigint,
    total numeric(12,2),
    doubled numeric,
    note character varying(200),
    status public.order_status
);
COMMENT ON TABLE orders IS 'one row per checkout';

CREATE VIEW open_orders;

CREATE MATERIALIZED VIEW billing.totals;

CREATE CONSTRAINT billing.invoices.invoices_order_fkey;

CREATE CONSTRAINT customers.customers_pkey;

CREATE CONSTRAINT orders.orders_customer_fkey;
CREATE CONSTRAINT orders.orders_note_excl;
CREATE CONSTRAINT orders.orders_number_uq;
CREATE CONSTRAINT orders.orders_pkey;
CREATE CONSTRAINT orders.orders_total_ck;

CREATE INDEX billing.invoices_order_idx;

CREATE INDEX billing.totals_idx;

CREATE INDEX orders_note_idx;
CREATE TRIGGER orders.touch;
CREATE POLICY orders.own;

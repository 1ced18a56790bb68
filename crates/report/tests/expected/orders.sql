BEGIN;
DROP VIEW open_orders;
ALTER TABLE orders
    ADD COLUMN status order_status,
    ALTER COLUMN note TYPE text;
ALTER TABLE orders ADD CONSTRAINT orders_total_ck CHECK (total >= 0) NOT VALID;
CREATE VIEW open_orders AS SELECT id, note FROM orders -- all of them
;
COMMIT;
BEGIN;
ALTER TABLE orders VALIDATE CONSTRAINT orders_total_ck;
COMMIT;

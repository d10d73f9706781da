WITH old AS (
  SELECT id FROM orders WHERE created < now() - interval '1 year'
)
DELETE FROM orders USING old WHERE orders.id = old.id;
UPDATE totals SET n = n + 1 WHERE month = 7 AND (region = 'a' OR region = 'b');
SELECT count(*) FROM orders WHERE state = 'truncate';

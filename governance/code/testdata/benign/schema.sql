-- DROP TABLE users is not here.
CREATE TABLE users (
  id bigint PRIMARY KEY,
  name text NOT NULL DEFAULT 'delete from me',
  team bigint REFERENCES teams ON DELETE CASCADE
);
GRANT SELECT, INSERT ON users TO app;
INSERT INTO users (id, name) VALUES (1, 'O''Brien; DROP TABLE x');

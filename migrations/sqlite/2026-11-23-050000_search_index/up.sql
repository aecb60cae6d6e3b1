-- Names this database among others: a server's search index of another one is of no use.
ALTER TABLE catalogue ADD COLUMN identity TEXT NOT NULL DEFAULT '';
UPDATE catalogue SET identity = lower(hex(randomblob(16)));
-- What was announced is read in pieces, in this order.
DROP INDEX algorithms_by_announcement;
CREATE INDEX algorithms_by_announcement ON algorithms (announced, id);

DROP INDEX algorithms_by_announcement;
CREATE INDEX algorithms_by_announcement ON algorithms (announced);
ALTER TABLE catalogue DROP COLUMN identity;

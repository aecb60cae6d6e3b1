ALTER TABLE algorithms DROP COLUMN touches;

ALTER TABLE attempts DROP COLUMN environment;

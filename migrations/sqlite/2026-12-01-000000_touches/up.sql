-- How often a counter or a comment of an algorithm has changed: two changes may fall on the same millisecond.
ALTER TABLE algorithms ADD COLUMN touches BIGINT NOT NULL DEFAULT 0;

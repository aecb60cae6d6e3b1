-- Whoever reports the same thing twice is waiting for one answer.
CREATE UNIQUE INDEX reports_one_open ON reports (reporter_id, algorithm_id, COALESCE(comment_id, 0)) WHERE closed_at IS NULL;

DROP INDEX reports_one_open;

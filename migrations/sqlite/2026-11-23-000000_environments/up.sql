-- SHA-256 of the lock of the environment that an attempt has; none when Python's standard library was enough.
ALTER TABLE attempts ADD COLUMN environment TEXT;

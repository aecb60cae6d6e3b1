-- What scripts show instead of a session. Only the SHA-256 is kept: a copy of the database opens nothing.
CREATE TABLE tokens (
    id           INTEGER   NOT NULL PRIMARY KEY AUTOINCREMENT,
    user_id      BIGINT    NOT NULL REFERENCES users (id),
    name         TEXT      NOT NULL,
    -- Words with a space between them.
    scopes       TEXT      NOT NULL,
    token_hash   TEXT      NOT NULL UNIQUE,
    created_at   TIMESTAMP NOT NULL,
    expires_at   TIMESTAMP,
    last_used_at TIMESTAMP,
    revoked_at   TIMESTAMP
);
CREATE INDEX tokens_by_user ON tokens (user_id);

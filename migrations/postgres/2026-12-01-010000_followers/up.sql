-- Servers whose search index is far behind, each with how far it has come: whoever announces much at once waits for them.
CREATE TABLE followers (
    id       TEXT      NOT NULL PRIMARY KEY,
    sequence BIGINT    NOT NULL,
    said_at  TIMESTAMP NOT NULL
);

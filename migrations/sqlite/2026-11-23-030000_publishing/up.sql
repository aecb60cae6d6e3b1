-- A version is shown to others once a real run of it succeeded here; `exempt`: nobody asked for that.
ALTER TABLE versions ADD COLUMN proof TEXT NOT NULL DEFAULT 'exempt';
ALTER TABLE versions ADD COLUMN proof_job_id BIGINT REFERENCES jobs (id);
-- Why the run did not prove it, a sentence.
ALTER TABLE versions ADD COLUMN proof_reason TEXT NOT NULL DEFAULT '';
-- Whether others than its publishers see it.
ALTER TABLE versions ADD COLUMN shown BOOLEAN NOT NULL DEFAULT TRUE;
-- Number of the version to take instead of a withdrawn one.
ALTER TABLE versions ADD COLUMN replacement TEXT;
-- JSON: what the run that proved it took and reported.
ALTER TABLE versions ADD COLUMN proof_facts TEXT;
CREATE INDEX versions_by_proof ON versions (proof, id);

-- A deleted draft leaves its row, so that every server hears of it; nobody sees it, and its name is free.
ALTER TABLE algorithms ADD COLUMN deleted_at TIMESTAMP;

-- Of an organisation: `owner` or `publisher`.
ALTER TABLE members ADD COLUMN role TEXT NOT NULL DEFAULT 'owner';

-- Exception class and source line of a failure, never its message: that may hold a user's data.
ALTER TABLE jobs ADD COLUMN failure TEXT;

CREATE TABLE notifications (
    id           INTEGER   NOT NULL PRIMARY KEY AUTOINCREMENT,
    user_id      BIGINT    NOT NULL REFERENCES users (id),
    kind         TEXT      NOT NULL,
    -- A sentence, and the page of this gallery that it is about.
    sentence     TEXT      NOT NULL,
    path         TEXT      NOT NULL,
    at           TIMESTAMP NOT NULL,
    read_at      TIMESTAMP
);
CREATE INDEX notifications_by_user ON notifications (user_id, id);
CREATE INDEX notifications_unread ON notifications (user_id, read_at);

-- What a comment said before it was edited.
CREATE TABLE comment_edits (
    id          INTEGER   NOT NULL PRIMARY KEY AUTOINCREMENT,
    comment_id  BIGINT    NOT NULL REFERENCES comments (id),
    body        TEXT      NOT NULL,
    at          TIMESTAMP NOT NULL
);
CREATE INDEX comment_edits_by_comment ON comment_edits (comment_id, id);

CREATE TABLE reports (
    id            INTEGER   NOT NULL PRIMARY KEY AUTOINCREMENT,
    reporter_id   BIGINT    NOT NULL REFERENCES users (id),
    algorithm_id  BIGINT    NOT NULL REFERENCES algorithms (id),
    -- The comment that is reported; without one, the algorithm.
    comment_id    BIGINT    REFERENCES comments (id),
    reason        TEXT      NOT NULL,
    at            TIMESTAMP NOT NULL,
    closed_at     TIMESTAMP,
    closed_by     BIGINT    REFERENCES users (id),
    outcome       TEXT
);
CREATE INDEX reports_open ON reports (closed_at, id);

-- Who did what to whom, for the operator. Nothing here is ever changed.
CREATE TABLE audit (
    id        INTEGER   NOT NULL PRIMARY KEY AUTOINCREMENT,
    actor_id  BIGINT    REFERENCES users (id),
    action    TEXT      NOT NULL,
    subject   TEXT      NOT NULL,
    detail    TEXT      NOT NULL,
    at        TIMESTAMP NOT NULL
);

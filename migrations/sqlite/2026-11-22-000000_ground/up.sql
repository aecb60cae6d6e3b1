-- People and organisations. A user is a publisher with a login: users.id is its publisher's id.
CREATE TABLE publishers (
    id            INTEGER   NOT NULL PRIMARY KEY AUTOINCREMENT,
    handle        TEXT      NOT NULL UNIQUE,
    kind          TEXT      NOT NULL CHECK (kind IN ('user', 'organisation')),
    name          TEXT      NOT NULL,
    about         TEXT      NOT NULL DEFAULT '',
    official      BOOLEAN   NOT NULL DEFAULT FALSE,
    suspended_at  TIMESTAMP,
    created_at    TIMESTAMP NOT NULL
);

CREATE TABLE users (
    id                  BIGINT    NOT NULL PRIMARY KEY REFERENCES publishers (id),
    email               TEXT      UNIQUE,
    password_hash       TEXT,
    admin               BOOLEAN   NOT NULL DEFAULT FALSE,
    time_zone           TEXT,
    created_at          TIMESTAMP NOT NULL,
    suspended_at        TIMESTAMP,
    deleted_at          TIMESTAMP
);

CREATE TABLE members (
    publisher_id BIGINT NOT NULL REFERENCES publishers (id),
    user_id      BIGINT NOT NULL REFERENCES users (id),
    PRIMARY KEY (publisher_id, user_id)
);
CREATE INDEX members_by_user ON members (user_id);

-- Only the SHA-256 of a session's token is kept: a copy of the database signs nobody in.
CREATE TABLE sessions (
    token_hash TEXT      NOT NULL PRIMARY KEY,
    user_id    BIGINT    REFERENCES users (id),
    state      TEXT      NOT NULL,
    user_agent TEXT      NOT NULL DEFAULT '',
    created_at TIMESTAMP NOT NULL,
    seen_at    TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL
);
CREATE INDEX sessions_by_user ON sessions (user_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

CREATE TABLE algorithms (
    id            INTEGER   NOT NULL PRIMARY KEY AUTOINCREMENT,
    publisher_id  BIGINT    NOT NULL REFERENCES publishers (id),
    name          TEXT      NOT NULL,
    title         TEXT      NOT NULL,
    summary       TEXT      NOT NULL,
    description   TEXT      NOT NULL,
    delivery      TEXT      NOT NULL,
    restrictions  TEXT      NOT NULL,
    task          TEXT      NOT NULL,
    framework     TEXT      NOT NULL,
    license       TEXT      NOT NULL,
    open_source   BOOLEAN   NOT NULL,
    visibility    TEXT      NOT NULL CHECK (visibility IN ('public', 'users', 'private')),
    state         TEXT      NOT NULL CHECK (state IN ('draft', 'listed', 'delisted')),
    -- Of the newest version that is not withdrawn, so that lists need no join.
    newest        TEXT,
    constrained   BOOLEAN   NOT NULL DEFAULT FALSE,
    accelerator   TEXT      NOT NULL DEFAULT 'none',
    distributed   BOOLEAN   NOT NULL DEFAULT FALSE,
    -- Counted with the act that changes them.
    subscribers   BIGINT    NOT NULL DEFAULT 0,
    likes         BIGINT    NOT NULL DEFAULT 0,
    completed     BIGINT    NOT NULL DEFAULT 0,
    failed        BIGINT    NOT NULL DEFAULT 0,
    trend         DOUBLE PRECISION NOT NULL DEFAULT 0,
    created_at    TIMESTAMP NOT NULL,
    updated_at    TIMESTAMP NOT NULL,
    -- When anything a list shows last changed, counters included.
    touched_at    TIMESTAMP NOT NULL,
    -- The catalogue's sequence when lists last had to show something else than a counter.
    announced     BIGINT    NOT NULL DEFAULT 0,
    UNIQUE (publisher_id, name)
);
CREATE INDEX algorithms_by_touch ON algorithms (touched_at);
CREATE INDEX algorithms_by_announcement ON algorithms (announced);

-- One row: it moves with every change of what lists may show, and its lock puts those changes in order.
CREATE TABLE catalogue (
    id       BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    sequence BIGINT NOT NULL
);
INSERT INTO catalogue (id, sequence) VALUES (1, 1);

CREATE TABLE allowed_users (
    algorithm_id BIGINT NOT NULL REFERENCES algorithms (id),
    user_id      BIGINT NOT NULL REFERENCES users (id),
    PRIMARY KEY (algorithm_id, user_id)
);
CREATE INDEX allowed_users_by_user ON allowed_users (user_id);

-- Texts that people accept, by the SHA-256 of their bytes.
CREATE TABLE texts (
    digest TEXT NOT NULL PRIMARY KEY,
    body   TEXT NOT NULL
);

CREATE TABLE versions (
    id                  INTEGER   NOT NULL PRIMARY KEY AUTOINCREMENT,
    algorithm_id        BIGINT    NOT NULL REFERENCES algorithms (id),
    number              TEXT      NOT NULL,
    -- major, minor and patch in one sortable number
    rank                BIGINT    NOT NULL,
    digest              TEXT      NOT NULL,
    size                BIGINT    NOT NULL,
    manifest            TEXT      NOT NULL,
    files               TEXT      NOT NULL,
    file_count          BIGINT    NOT NULL DEFAULT 0,
    readme              TEXT      NOT NULL,
    notes               TEXT      NOT NULL,
    constraints_digest  TEXT      REFERENCES texts (digest),
    withdrawn_at        TIMESTAMP,
    withdrawn_reason    TEXT,
    published_by        BIGINT    REFERENCES users (id),
    published_at        TIMESTAMP NOT NULL,
    UNIQUE (algorithm_id, number)
);
CREATE INDEX versions_by_rank ON versions (algorithm_id, rank);

CREATE TABLE subscriptions (
    id            INTEGER   NOT NULL PRIMARY KEY AUTOINCREMENT,
    user_id       BIGINT    NOT NULL REFERENCES users (id),
    algorithm_id  BIGINT    NOT NULL REFERENCES algorithms (id),
    state         TEXT      NOT NULL CHECK (state IN ('active', 'cancelled')),
    -- Whether it is in algorithms.subscribers: the publisher's own is not.
    counted       BOOLEAN   NOT NULL,
    subscribed_at TIMESTAMP NOT NULL,
    changed_at    TIMESTAMP NOT NULL,
    UNIQUE (user_id, algorithm_id)
);
CREATE INDEX subscriptions_by_algorithm ON subscriptions (algorithm_id, state);

CREATE TABLE subscription_events (
    id              INTEGER   NOT NULL PRIMARY KEY AUTOINCREMENT,
    subscription_id BIGINT    NOT NULL REFERENCES subscriptions (id),
    kind            TEXT      NOT NULL CHECK (kind IN ('subscribed', 'cancelled', 'retrieved')),
    at              TIMESTAMP NOT NULL
);
CREATE INDEX subscription_events_by_subscription ON subscription_events (subscription_id, id);

CREATE TABLE consents (
    id         INTEGER   NOT NULL PRIMARY KEY AUTOINCREMENT,
    user_id    BIGINT    NOT NULL REFERENCES users (id),
    kind       TEXT      NOT NULL CHECK (kind IN ('constraints', 'note')),
    digest     TEXT      NOT NULL REFERENCES texts (digest),
    version_id BIGINT    NOT NULL REFERENCES versions (id),
    given_at   TIMESTAMP NOT NULL,
    UNIQUE (user_id, kind, digest)
);

CREATE TABLE likes (
    user_id      BIGINT    NOT NULL REFERENCES users (id),
    algorithm_id BIGINT    NOT NULL REFERENCES algorithms (id),
    at           TIMESTAMP NOT NULL,
    PRIMARY KEY (user_id, algorithm_id)
);

CREATE TABLE favorites (
    user_id      BIGINT    NOT NULL REFERENCES users (id),
    algorithm_id BIGINT    NOT NULL REFERENCES algorithms (id),
    at           TIMESTAMP NOT NULL,
    PRIMARY KEY (user_id, algorithm_id)
);

CREATE TABLE comments (
    id            INTEGER   NOT NULL PRIMARY KEY AUTOINCREMENT,
    algorithm_id  BIGINT    NOT NULL REFERENCES algorithms (id),
    author_id     BIGINT    NOT NULL REFERENCES users (id),
    -- The comment that this one answers; answers themselves have no answers.
    parent_id     BIGINT    REFERENCES comments (id),
    body          TEXT      NOT NULL,
    created_at    TIMESTAMP NOT NULL,
    edited_at     TIMESTAMP,
    deleted_at    TIMESTAMP,
    hidden_at     TIMESTAMP,
    hidden_by     BIGINT    REFERENCES users (id),
    hidden_reason TEXT
);
CREATE INDEX comments_by_algorithm ON comments (algorithm_id, parent_id, id);

CREATE TABLE jobs (
    id             INTEGER   NOT NULL PRIMARY KEY AUTOINCREMENT,
    owner_id       BIGINT    NOT NULL REFERENCES users (id),
    -- Chosen by the form that was shown: the same form sent twice is one job.
    launch_id      TEXT      NOT NULL,
    algorithm_id   BIGINT    NOT NULL REFERENCES algorithms (id),
    version_id     BIGINT    NOT NULL REFERENCES versions (id),
    name           TEXT      NOT NULL,
    description    TEXT      NOT NULL,
    -- Region and flavor as they were at submit (JSON), so that jobs and bills outlive the configuration.
    region         TEXT      NOT NULL,
    flavor         TEXT      NOT NULL,
    hardware       TEXT      NOT NULL,
    nodes          BIGINT    NOT NULL,
    entry_point    TEXT      NOT NULL,
    parameters     TEXT      NOT NULL,
    environment    TEXT      NOT NULL,
    command        TEXT      NOT NULL,
    retries        BIGINT    NOT NULL DEFAULT 0,
    stop_after_ms  BIGINT,
    price_micros   BIGINT    NOT NULL,
    currency       TEXT      NOT NULL,
    state          TEXT      NOT NULL CHECK (state IN ('creating', 'pending', 'running', 'terminating', 'terminated', 'completed', 'failed', 'abnormal')),
    reason         TEXT      NOT NULL DEFAULT '',
    exit_code      BIGINT,
    stop_asked_at  TIMESTAMP,
    metered_ms     BIGINT    NOT NULL DEFAULT 0,
    cost_micros    BIGINT    NOT NULL DEFAULT 0,
    created_at     TIMESTAMP NOT NULL,
    started_at     TIMESTAMP,
    ended_at       TIMESTAMP,
    deleted_at     TIMESTAMP,
    UNIQUE (owner_id, launch_id)
);
CREATE INDEX jobs_by_owner ON jobs (owner_id, region, id);
CREATE INDEX jobs_by_state ON jobs (state, id);
CREATE INDEX jobs_by_version ON jobs (version_id, state);

CREATE TABLE attempts (
    -- Is also the engine's name for it.
    id           TEXT      NOT NULL PRIMARY KEY,
    job_id       BIGINT    NOT NULL REFERENCES jobs (id),
    number       BIGINT    NOT NULL,
    -- The worker that looks after it, and until when it is its own to look after.
    worker       TEXT,
    leased_until TIMESTAMP,
    -- Has its place among the CPUs of its region; then the engine has taken it.
    admitted_at  TIMESTAMP,
    submitted_at TIMESTAMP,
    started_at   TIMESTAMP,
    ended_at     TIMESTAMP,
    exit_code    BIGINT,
    cause        TEXT      NOT NULL DEFAULT '',
    metered_ms   BIGINT    NOT NULL DEFAULT 0,
    cost_micros  BIGINT    NOT NULL DEFAULT 0,
    -- Its job was deleted: what the engine keeps of it is to be thrown away.
    discarded    BOOLEAN   NOT NULL DEFAULT FALSE,
    UNIQUE (job_id, number)
);
CREATE INDEX attempts_open ON attempts (job_id) WHERE ended_at IS NULL;
CREATE INDEX attempts_discarded ON attempts (id) WHERE discarded;

CREATE TABLE job_events (
    id     INTEGER   NOT NULL PRIMARY KEY AUTOINCREMENT,
    job_id BIGINT    NOT NULL REFERENCES jobs (id),
    kind   TEXT      NOT NULL,
    detail TEXT      NOT NULL,
    at     TIMESTAMP NOT NULL
);
CREATE INDEX job_events_by_job ON job_events (job_id, id);

-- Single facts about this gallery: what the first start has done, when a worker was last seen.
CREATE TABLE facts (
    name  TEXT      NOT NULL PRIMARY KEY,
    value TEXT      NOT NULL,
    at    TIMESTAMP NOT NULL
);

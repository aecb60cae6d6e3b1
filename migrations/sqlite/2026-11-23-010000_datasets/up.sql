-- Files that members give to jobs. A version never changes; its bytes are under its digest in the data folder.
CREATE TABLE datasets (
    id         INTEGER   NOT NULL PRIMARY KEY AUTOINCREMENT,
    owner_id   BIGINT    NOT NULL REFERENCES users (id),
    name       TEXT      NOT NULL,
    created_at TIMESTAMP NOT NULL,
    -- No longer shown or chosen; jobs that used it still name it.
    deleted_at TIMESTAMP
);
CREATE UNIQUE INDEX datasets_by_name ON datasets (owner_id, name) WHERE deleted_at IS NULL;

CREATE TABLE dataset_versions (
    id         INTEGER   NOT NULL PRIMARY KEY AUTOINCREMENT,
    dataset_id BIGINT    NOT NULL REFERENCES datasets (id),
    number     BIGINT    NOT NULL,
    -- As jobs see it, with its extension.
    file_name  TEXT      NOT NULL,
    format     TEXT      NOT NULL,
    digest     TEXT      NOT NULL,
    size       BIGINT    NOT NULL,
    created_at TIMESTAMP NOT NULL,
    -- Its bytes were removed after its dataset was deleted.
    emptied_at TIMESTAMP,
    UNIQUE (dataset_id, number)
);
CREATE INDEX dataset_versions_by_digest ON dataset_versions (digest);

CREATE TABLE job_inputs (
    job_id             BIGINT NOT NULL REFERENCES jobs (id),
    name               TEXT   NOT NULL,
    dataset_version_id BIGINT NOT NULL REFERENCES dataset_versions (id),
    PRIMARY KEY (job_id, name)
);
CREATE INDEX job_inputs_by_version ON job_inputs (dataset_version_id, job_id);

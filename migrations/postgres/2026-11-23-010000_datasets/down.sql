DROP TABLE job_inputs;
DROP TABLE dataset_versions;
DROP TABLE datasets;

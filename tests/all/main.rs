//! Every noun against a running gallery; one target, because each costs a long link.

mod engine;

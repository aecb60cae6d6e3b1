//! The tables, as Diesel sees them on both databases. `tests/all/schema.rs` compares this with what the migrations make.
#![allow(missing_docs)]

mod changes;
mod record;

pub use changes::*;
pub use record::*;

diesel::table! {
    publishers (id) {
        id -> BigInt,
        handle -> Text,
        kind -> Text,
        name -> Text,
        about -> Text,
        official -> Bool,
        suspended_at -> Nullable<Timestamp>,
        created_at -> Timestamp,
    }
}

diesel::table! {
    users (id) {
        id -> BigInt,
        email -> Nullable<Text>,
        password_hash -> Nullable<Text>,
        admin -> Bool,
        time_zone -> Nullable<Text>,
        created_at -> Timestamp,
        suspended_at -> Nullable<Timestamp>,
        deleted_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    members (publisher_id, user_id) {
        publisher_id -> BigInt,
        user_id -> BigInt,
        role -> Text,
    }
}

diesel::table! {
    sessions (token_hash) {
        token_hash -> Text,
        user_id -> Nullable<BigInt>,
        state -> Text,
        user_agent -> Text,
        created_at -> Timestamp,
        seen_at -> Timestamp,
        expires_at -> Timestamp,
    }
}

diesel::table! {
    tokens (id) {
        id -> BigInt,
        user_id -> BigInt,
        name -> Text,
        scopes -> Text,
        token_hash -> Text,
        created_at -> Timestamp,
        expires_at -> Nullable<Timestamp>,
        last_used_at -> Nullable<Timestamp>,
        revoked_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    algorithms (id) {
        id -> BigInt,
        publisher_id -> BigInt,
        name -> Text,
        title -> Text,
        summary -> Text,
        description -> Text,
        delivery -> Text,
        restrictions -> Text,
        task -> Text,
        framework -> Text,
        license -> Text,
        open_source -> Bool,
        visibility -> Text,
        state -> Text,
        newest -> Nullable<Text>,
        constrained -> Bool,
        accelerator -> Text,
        distributed -> Bool,
        subscribers -> BigInt,
        likes -> BigInt,
        completed -> BigInt,
        failed -> BigInt,
        trend -> Double,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        touched_at -> Timestamp,
        announced -> BigInt,
        deleted_at -> Nullable<Timestamp>,
        touches -> BigInt,
    }
}

diesel::table! {
    allowed_users (algorithm_id, user_id) {
        algorithm_id -> BigInt,
        user_id -> BigInt,
    }
}

diesel::table! {
    texts (digest) {
        digest -> Text,
        body -> Text,
    }
}

diesel::table! {
    versions (id) {
        id -> BigInt,
        algorithm_id -> BigInt,
        number -> Text,
        rank -> BigInt,
        digest -> Text,
        size -> BigInt,
        manifest -> Text,
        files -> Text,
        file_count -> BigInt,
        readme -> Text,
        notes -> Text,
        constraints_digest -> Nullable<Text>,
        withdrawn_at -> Nullable<Timestamp>,
        withdrawn_reason -> Nullable<Text>,
        published_by -> Nullable<BigInt>,
        published_at -> Timestamp,
        proof -> Text,
        proof_job_id -> Nullable<BigInt>,
        proof_reason -> Text,
        shown -> Bool,
        replacement -> Nullable<Text>,
        proof_facts -> Nullable<Text>,
    }
}

diesel::table! {
    subscriptions (id) {
        id -> BigInt,
        user_id -> BigInt,
        algorithm_id -> BigInt,
        state -> Text,
        counted -> Bool,
        subscribed_at -> Timestamp,
        changed_at -> Timestamp,
    }
}

diesel::table! {
    subscription_events (id) {
        id -> BigInt,
        subscription_id -> BigInt,
        kind -> Text,
        at -> Timestamp,
    }
}

diesel::table! {
    consents (id) {
        id -> BigInt,
        user_id -> BigInt,
        kind -> Text,
        digest -> Text,
        version_id -> BigInt,
        given_at -> Timestamp,
    }
}

diesel::table! {
    likes (user_id, algorithm_id) {
        user_id -> BigInt,
        algorithm_id -> BigInt,
        at -> Timestamp,
    }
}

diesel::table! {
    favorites (user_id, algorithm_id) {
        user_id -> BigInt,
        algorithm_id -> BigInt,
        at -> Timestamp,
    }
}

diesel::table! {
    jobs (id) {
        id -> BigInt,
        owner_id -> BigInt,
        launch_id -> Text,
        algorithm_id -> BigInt,
        version_id -> BigInt,
        name -> Text,
        description -> Text,
        region -> Text,
        flavor -> Text,
        hardware -> Text,
        nodes -> BigInt,
        entry_point -> Text,
        parameters -> Text,
        environment -> Text,
        command -> Text,
        retries -> BigInt,
        stop_after_ms -> Nullable<BigInt>,
        price_micros -> BigInt,
        currency -> Text,
        state -> Text,
        reason -> Text,
        exit_code -> Nullable<BigInt>,
        stop_asked_at -> Nullable<Timestamp>,
        metered_ms -> BigInt,
        cost_micros -> BigInt,
        created_at -> Timestamp,
        started_at -> Nullable<Timestamp>,
        ended_at -> Nullable<Timestamp>,
        deleted_at -> Nullable<Timestamp>,
        failure -> Nullable<Text>,
    }
}

diesel::table! {
    attempts (id) {
        id -> Text,
        job_id -> BigInt,
        number -> BigInt,
        worker -> Nullable<Text>,
        leased_until -> Nullable<Timestamp>,
        admitted_at -> Nullable<Timestamp>,
        submitted_at -> Nullable<Timestamp>,
        started_at -> Nullable<Timestamp>,
        ended_at -> Nullable<Timestamp>,
        exit_code -> Nullable<BigInt>,
        cause -> Text,
        metered_ms -> BigInt,
        cost_micros -> BigInt,
        discarded -> Bool,
        environment -> Nullable<Text>,
    }
}

diesel::table! {
    job_events (id) {
        id -> BigInt,
        job_id -> BigInt,
        kind -> Text,
        detail -> Text,
        at -> Timestamp,
    }
}

diesel::table! {
    datasets (id) {
        id -> BigInt,
        owner_id -> BigInt,
        name -> Text,
        created_at -> Timestamp,
        deleted_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    dataset_versions (id) {
        id -> BigInt,
        dataset_id -> BigInt,
        number -> BigInt,
        file_name -> Text,
        format -> Text,
        digest -> Text,
        size -> BigInt,
        created_at -> Timestamp,
        emptied_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    job_inputs (job_id, name) {
        job_id -> BigInt,
        name -> Text,
        dataset_version_id -> BigInt,
    }
}

diesel::table! {
    facts (name) {
        name -> Text,
        value -> Text,
        at -> Timestamp,
    }
}

diesel::joinable!(users -> publishers (id));
diesel::joinable!(members -> publishers (publisher_id));
diesel::joinable!(members -> users (user_id));
diesel::joinable!(sessions -> users (user_id));
diesel::joinable!(tokens -> users (user_id));
diesel::joinable!(algorithms -> publishers (publisher_id));
diesel::joinable!(allowed_users -> algorithms (algorithm_id));
diesel::joinable!(allowed_users -> users (user_id));
diesel::joinable!(versions -> algorithms (algorithm_id));
diesel::joinable!(versions -> texts (constraints_digest));
diesel::joinable!(versions -> users (published_by));
diesel::joinable!(subscriptions -> users (user_id));
diesel::joinable!(subscriptions -> algorithms (algorithm_id));
diesel::joinable!(subscription_events -> subscriptions (subscription_id));
diesel::joinable!(consents -> users (user_id));
diesel::joinable!(consents -> texts (digest));
diesel::joinable!(consents -> versions (version_id));
diesel::joinable!(likes -> users (user_id));
diesel::joinable!(likes -> algorithms (algorithm_id));
diesel::joinable!(favorites -> users (user_id));
diesel::joinable!(favorites -> algorithms (algorithm_id));
diesel::joinable!(comments -> algorithms (algorithm_id));
diesel::joinable!(jobs -> users (owner_id));
diesel::joinable!(jobs -> algorithms (algorithm_id));
diesel::joinable!(jobs -> versions (version_id));
diesel::joinable!(attempts -> jobs (job_id));
diesel::joinable!(job_events -> jobs (job_id));
diesel::joinable!(datasets -> users (owner_id));
diesel::joinable!(dataset_versions -> datasets (dataset_id));
diesel::joinable!(job_inputs -> jobs (job_id));
diesel::joinable!(job_inputs -> dataset_versions (dataset_version_id));
diesel::joinable!(notifications -> users (user_id));
diesel::joinable!(comment_edits -> comments (comment_id));
diesel::joinable!(reports -> algorithms (algorithm_id));
diesel::joinable!(reports -> comments (comment_id));
diesel::joinable!(audit -> users (actor_id));

diesel::allow_tables_to_appear_in_same_query!(
    publishers, users, members, sessions, tokens, algorithms, catalogue, followers, allowed_users, texts, versions, subscriptions,
    subscription_events, consents, likes, favorites, comments, jobs, attempts, job_events, datasets, dataset_versions, job_inputs, facts,
    notifications, comment_edits, reports, audit
);

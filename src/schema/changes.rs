//! What servers of one database know of each other's writes by.

diesel::table! {
    catalogue (id) {
        id -> BigInt,
        sequence -> BigInt,
        identity -> Text,
    }
}

diesel::table! {
    followers (id) {
        id -> Text,
        sequence -> BigInt,
        said_at -> Timestamp,
    }
}

//! Consents: what exactly a member accepted, by the digest of the text, and what is still to be accepted.

mod history;

pub use history::{Change, Given, Line, behind, change, count, of_user};

use diesel::prelude::*;

use crate::algorithms::Access;
use crate::clock::Time;
use crate::config::Note;
use crate::db::Conn;
use crate::error::Result;
use crate::schema::consents;
use crate::versions::{self, Version};

crate::text_enum! {
    /// What is accepted. In this order: the constraints are asked for before the note.
    pub enum Kind { Constraints = "constraints" / "Constraints", Note = "note" / "Note" }
}

/// A text that has to be accepted first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// Which of the two.
    pub kind: Kind,
    /// SHA-256 of `text`, in hex; what a consent names.
    pub digest: String,
    /// All that is accepted, Markdown.
    pub text: String,
}

/// What this member must accept before using `version`, in the order in which it is asked; empty: nothing.
///
/// The note is for what neither they nor the operator of this gallery released.
///
/// # Errors
/// Only the database's.
pub fn missing(conn: &mut Conn, user: i64, access: &Access, version: &Version, note: &Note) -> Result<Vec<Missing>> {
    let mut asked = Vec::new();
    if let Some(digest) = &version.constraints_digest {
        asked.push(Missing { kind: Kind::Constraints, digest: digest.clone(), text: versions::text(conn, digest)? });
    }
    if !access.own && !access.publisher.official {
        let text = note.whole();
        asked.push(Missing { kind: Kind::Note, digest: versions::digest(&text), text });
    }
    let digests: Vec<&str> = asked.iter().map(|text| text.digest.as_str()).collect();
    let theirs = consents::table.filter(consents::user_id.eq(user)).filter(consents::digest.eq_any(digests));
    let given: Vec<(Kind, String)> = theirs.select((consents::kind, consents::digest)).load(conn)?;
    asked.retain(|text| !given.iter().any(|(kind, digest)| *kind == text.kind && *digest == text.digest));
    Ok(asked)
}

/// Records that this member accepted `text` for `version`. The same text twice is one consent.
///
/// # Errors
/// Only the database's.
pub fn give(conn: &mut Conn, user: i64, version: i64, text: &Missing, at: Time) -> Result<()> {
    let digest = versions::keep_text(conn, &text.text)?;
    let row = (
        consents::user_id.eq(user),
        consents::kind.eq(text.kind),
        consents::digest.eq(&digest),
        consents::version_id.eq(version),
        consents::given_at.eq(at),
    );
    crate::per_backend!(conn, c => diesel::insert_into(consents::table).values(row).on_conflict_do_nothing().execute(c))?;
    tracing::info!(event = "consent_given", user, kind = text.kind.as_str(), digest);
    Ok(())
}

/// Of these texts, the ones that this member accepted as constraints.
///
/// # Errors
/// Only the database's.
pub fn accepted(conn: &mut Conn, user: i64, digests: &[String]) -> Result<Vec<String>> {
    let theirs = consents::table.filter(consents::user_id.eq(user)).filter(consents::kind.eq(Kind::Constraints));
    Ok(theirs.filter(consents::digest.eq_any(digests)).order(consents::digest).select(consents::digest).load(conn)?)
}

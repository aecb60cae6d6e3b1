use diesel::prelude::*;

use crate::algorithms::{self, Listing, Reader};
use crate::clock::Time;
use crate::comments::{self, Comment};
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::notifications::{self, Kind};
use crate::schema::{algorithms as algorithm_table, comments as comment_table, publishers, reports};
use crate::users::User;
use crate::{audit, releases};

crate::text_enum! {
    /// What the operator did about a report.
    pub enum Outcome { Dismissed = "dismissed" / "Dismissed", Hidden = "hidden" / "Comment hidden", Delisted = "delisted" / "Delisted" }
}

/// A row of `reports`.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = reports)]
pub struct Report {
    /// In URLs.
    pub id: i64,
    /// Who reports.
    pub reporter_id: i64,
    /// What, or what was said about it.
    pub algorithm_id: i64,
    /// The comment that is reported; `None`: the algorithm.
    pub comment_id: Option<i64>,
    /// What is wrong.
    pub reason: String,
    /// When.
    pub at: Time,
    /// When the operator was done with it.
    pub closed_at: Option<Time>,
    /// What came of it.
    pub outcome: Option<Outcome>,
}

/// A report with the names of what it is about.
#[derive(Debug, Clone, Queryable)]
pub struct Case {
    /// The report.
    pub report: Report,
    /// Handle of who reports.
    pub reporter: String,
    /// Handle of the algorithm's publisher.
    pub publisher: String,
    /// The algorithm's name.
    pub name: String,
    /// The algorithm's title.
    pub title: String,
    /// Whether the algorithm stands in the market.
    pub listing: Listing,
    /// The reported comment, as it is now.
    pub comment: Option<Comment>,
    /// Handle of the comment's author.
    pub author: Option<String>,
    /// Handle of the operator who closed it.
    pub closed_by: Option<String>,
}

diesel::alias!(publishers as reporters: Reporters, publishers as authors: Authors, publishers as closers: Closers);

/// Reports with everything that a [`Case`] names.
macro_rules! cases {
    () => {{
        let comment = comment_table::id.nullable().eq(reports::comment_id);
        let author = authors.field(publishers::id).nullable().eq(comment_table::author_id.nullable());
        reports::table
            .inner_join(algorithm_table::table.on(algorithm_table::id.eq(reports::algorithm_id)))
            .inner_join(publishers::table.on(publishers::id.eq(algorithm_table::publisher_id)))
            .inner_join(reporters.on(reporters.field(publishers::id).eq(reports::reporter_id)))
            .left_join(comment_table::table.on(comment))
            .left_join(authors.on(author))
            .left_join(closers.on(closers.field(publishers::id).nullable().eq(reports::closed_by)))
            .select((
                Report::as_select(),
                reporters.field(publishers::handle),
                publishers::handle,
                algorithm_table::name,
                algorithm_table::title,
                algorithm_table::state,
                Option::<Comment>::as_select(),
                authors.field(publishers::handle).nullable(),
                closers.field(publishers::handle).nullable(),
            ))
    }};
}

/// A page of the reports: the open ones first, of each the latest first.
///
/// # Errors
/// Only the database's.
pub fn page(conn: &mut Conn, offset: i64, limit: i64) -> Result<Vec<Case>> {
    Ok(cases!().order((reports::closed_at.is_null().desc(), reports::id.desc())).offset(offset).limit(limit).load(conn)?)
}

/// How many reports there are, and how many of them are open.
///
/// # Errors
/// Only the database's.
pub fn count(conn: &mut Conn) -> Result<(i64, i64)> {
    let open: i64 = reports::table.filter(reports::closed_at.is_null()).count().get_result(conn)?;
    Ok((reports::table.count().get_result(conn)?, open))
}

/// The report of this id.
///
/// # Errors
/// `NotFound`.
pub fn find(conn: &mut Conn, id: i64) -> Result<Case> {
    Ok(cases!().filter(reports::id.eq(id)).first(conn)?)
}

/// Closes a report without doing anything.
///
/// # Errors
/// `Conflict` when it is closed already.
pub fn dismiss(conn: &mut Conn, operator: &User, case: &Case, at: Time) -> Result<()> {
    close(conn, operator, case, Outcome::Dismissed, at)
}

/// Hides the reported comment and closes every open report of it; everybody reads `why` in its place.
///
/// # Errors
/// `Refused` for `reason`; `Conflict` when no comment is reported, or it is hidden, deleted or closed already.
pub fn hide(conn: &mut Conn, operator: &User, case: &Case, why: &str, at: Time) -> Result<()> {
    let comment = case.comment.as_ref().ok_or(Error::Conflict("The algorithm is reported, and not a comment on it."))?;
    let reason: comments::Reason = why.parse().map_err(|sentence: &str| Error::refused("reason", sentence))?;
    comments::hide(conn, comment, operator.id, &reason, at)?;
    close(conn, operator, case, Outcome::Hidden, at)
}

/// Takes the reported algorithm off the market and closes every open report of it.
///
/// # Errors
/// Those of [`releases::delist`]; `Conflict` when a comment is reported, or it is closed already.
pub fn delist(conn: &mut Conn, operator: &User, case: &Case, why: &str, at: Time) -> Result<()> {
    if case.comment.is_some() {
        return Err(Error::Conflict("A comment is reported, and not the algorithm."));
    }
    let access = algorithms::readable(conn, Reader::of(Some(operator)), case.report.algorithm_id)?;
    releases::delist(conn, operator.id, &access, why, at)?;
    close(conn, operator, case, Outcome::Delisted, at)
}

/// Records the outcome and tells who reported. What was done to the thing answers everybody who reported it.
fn close(conn: &mut Conn, operator: &User, case: &Case, outcome: Outcome, at: Time) -> Result<()> {
    let Report { id, algorithm_id, comment_id, .. } = case.report;
    let set = (reports::closed_at.eq(at), reports::closed_by.eq(operator.id), reports::outcome.eq(outcome));
    let one = reports::table.find(id).filter(reports::closed_at.is_null());
    let mut told: Vec<i64> = diesel::update(one).set(set).returning(reports::reporter_id).get_results(conn)?;
    if told.is_empty() {
        return Err(Error::Conflict("This report is closed already."));
    }
    let others = reports::table.filter(reports::algorithm_id.eq(algorithm_id)).filter(reports::closed_at.is_null());
    told.extend(match (outcome, comment_id) {
        (Outcome::Dismissed, _) => Vec::new(),
        (_, Some(comment)) => {
            diesel::update(others.filter(reports::comment_id.eq(comment))).set(set).returning(reports::reporter_id).get_results::<i64>(conn)?
        }
        (_, None) => {
            diesel::update(others.filter(reports::comment_id.is_null())).set(set).returning(reports::reporter_id).get_results::<i64>(conn)?
        }
    });
    audit::record(conn, Some(operator.id), "report closed", &case.subject(), outcome.label(), at)?;
    let what = if comment_id.is_some() { "a comment on " } else { "" };
    let sentence = format!("The operator looked at your report of {what}{}: {}.", case.title, outcome.label().to_lowercase());
    let path = if outcome == Outcome::Delisted { "/market/algorithms".to_owned() } else { case.path() };
    notifications::tell(conn, &told, Kind::Report, &sentence, &path, at)
}

impl Case {
    /// Where the reported thing is read.
    pub fn path(&self) -> String {
        let Self { publisher, name, .. } = self;
        match self.report.comment_id {
            Some(comment) => format!("/algorithms/{publisher}/{name}/comments#comment-{comment}"),
            None => format!("/algorithms/{publisher}/{name}"),
        }
    }

    /// `report 3 of publisher/name comment 7`, for the log.
    fn subject(&self) -> String {
        let comment = self.report.comment_id.map(|comment| format!(" comment {comment}")).unwrap_or_default();
        format!("report {} of {}/{}{comment}", self.report.id, self.publisher, self.name)
    }

    /// Nobody has decided yet.
    pub fn is_open(&self) -> bool {
        self.report.closed_at.is_none()
    }

    /// It is about a comment that others still read.
    pub fn can_hide(&self) -> bool {
        self.is_open() && self.comment.as_ref().is_some_and(|comment| comment.hidden_at.is_none() && comment.deleted_at.is_none())
    }

    /// It is about an algorithm that stands in the market.
    pub fn can_delist(&self) -> bool {
        self.is_open() && self.report.comment_id.is_none() && self.listing == Listing::Listed
    }
}

use diesel::prelude::*;

use super::full_name;
use crate::algorithms::{self, Access, Listing, Visibility};
use crate::audit;
use crate::clock::Time;
use crate::db::Conn;
use crate::error::{Error, Mistakes, Result};
use crate::notifications::{self, Kind};
use crate::schema::{
    algorithms as algorithm_table, allowed_users, comment_edits, comments, consents, favorites, jobs, likes, reports, subscriptions,
    versions as version_table,
};
use crate::versions::{self, Version};

/// Characters of a reason.
const REASON: usize = 500;

fn reason(typed: &str) -> Result<String> {
    let text = typed.split_whitespace().collect::<Vec<_>>().join(" ");
    match text.chars().count() {
        0 => Err(Error::refused("reason", "Say why; everybody who used it will read it.")),
        1..=REASON => Ok(text),
        _ => Err(Error::refused("reason", format!("Use at most {REASON} characters."))),
    }
}

/// Withdraws a version, with a reason and the version to take instead; whoever ran it is told.
///
/// # Errors
/// `Refused` for `reason` and `replacement`, both at once; `Conflict` when it is withdrawn already.
pub fn withdraw(conn: &mut Conn, actor: i64, access: &Access, version: &Version, (why, instead): (&str, &str), at: Time) -> Result<()> {
    let (why, instead) = match (reason(why), replacement(conn, access, version, instead)) {
        (Ok(why), Ok(instead)) => (why, instead),
        (why, instead) => return Err(together([why.err(), instead.err()])),
    };
    versions::withdraw(conn, version, &why, instead.as_deref(), at)?;
    versions::settle(conn, access.algorithm.id, at)?;
    let subject = format!("{} {}", full_name(access), version.number);
    audit::record(conn, Some(actor), "version withdrawn", &subject, &why, at)?;
    let ran = jobs::table.filter(jobs::version_id.eq(version.id)).filter(jobs::deleted_at.is_null()).filter(jobs::owner_id.ne(actor));
    let users: Vec<i64> = ran.order(jobs::owner_id).select(jobs::owner_id).distinct().load(conn)?;
    let take = instead.map(|number| format!(" Take {number} instead.")).unwrap_or_default();
    let sentence = format!("{} {} was withdrawn: {why}{take}", access.algorithm.title, version.number);
    let path = format!("/algorithms/{}/versions/{}", full_name(access), version.number);
    notifications::tell(conn, &users, Kind::Withdrawn, &sentence, &path, at)
}

fn replacement(conn: &mut Conn, access: &Access, version: &Version, typed: &str) -> Result<Option<String>> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Ok(None);
    }
    let wrong = || Error::refused("replacement", "Choose another version that stands.");
    let other = versions::by_number(conn, access.algorithm.id, typed).map_err(|_| wrong())?;
    if other.id == version.id || other.is_withdrawn() || !other.shown { Err(wrong()) } else { Ok(Some(other.number)) }
}

/// Several refusals as one; any other error goes first.
fn together(errors: [Option<Error>; 2]) -> Error {
    let mut wrong = Mistakes::new();
    for error in errors.into_iter().flatten() {
        match error {
            Error::Refused(mistakes) => wrong.extend(mistakes),
            other => return other,
        }
    }
    Error::Refused(wrong)
}

/// What was decided about the algorithm itself; while its publisher is suspended it is off the market in any case.
fn listing(conn: &mut Conn, access: &Access) -> Result<Listing> {
    Ok(algorithm_table::table.find(access.algorithm.id).select(algorithm_table::state).first(conn)?)
}

/// Takes an algorithm off the market; active subscribers go on using it.
///
/// # Errors
/// `Refused` for `reason`; `Conflict` when it does not stand there.
pub fn delist(conn: &mut Conn, actor: i64, access: &Access, why: &str, at: Time) -> Result<()> {
    let why = reason(why)?;
    if listing(conn, access)? != Listing::Listed {
        return Err(Error::Conflict("It does not stand in the market."));
    }
    algorithms::set_listing(conn, access.algorithm.id, Listing::Delisted, at)?;
    audit::record(conn, Some(actor), "algorithm delisted", &full_name(access), &why, at)
}

/// Puts a delisted algorithm back.
///
/// # Errors
/// `Conflict` when it is not delisted.
pub fn relist(conn: &mut Conn, actor: i64, access: &Access, at: Time) -> Result<()> {
    if listing(conn, access)? != Listing::Delisted {
        return Err(Error::Conflict("It is not delisted."));
    }
    algorithms::set_listing(conn, access.algorithm.id, Listing::Listed, at)?;
    versions::settle(conn, access.algorithm.id, at)?;
    audit::record(conn, Some(actor), "algorithm relisted", &full_name(access), "", at)
}

/// Deletes an algorithm that nobody else has ever seen. Its archives go with the next sweep.
///
/// # Errors
/// `Conflict` when it is no draft, or jobs or subscriptions refer to it.
pub fn delete_draft(conn: &mut Conn, actor: i64, access: &Access, at: Time) -> Result<()> {
    let id = access.algorithm.id;
    if !access.own {
        return Err(Error::Conflict("A draft is its publishers' to delete."));
    }
    if access.algorithm.state != Listing::Draft {
        return Err(Error::Conflict("Others have seen it. Delist it instead: their jobs refer to it."));
    }
    let ran: i64 = jobs::table.filter(jobs::algorithm_id.eq(id)).count().get_result(conn)?;
    let subscribed: i64 = subscriptions::table.filter(subscriptions::algorithm_id.eq(id)).count().get_result(conn)?;
    if ran + subscribed > 0 {
        return Err(Error::Conflict("Jobs or subscriptions refer to it, and their bills stay. It is seen by nobody else as it is."));
    }
    diesel::delete(allowed_users::table.filter(allowed_users::algorithm_id.eq(id))).execute(conn)?;
    diesel::delete(likes::table.filter(likes::algorithm_id.eq(id))).execute(conn)?;
    diesel::delete(favorites::table.filter(favorites::algorithm_id.eq(id))).execute(conn)?;
    diesel::delete(reports::table.filter(reports::algorithm_id.eq(id))).execute(conn)?;
    let said = comments::table.filter(comments::algorithm_id.eq(id)).select(comments::id);
    diesel::delete(comment_edits::table.filter(comment_edits::comment_id.eq_any(said))).execute(conn)?;
    diesel::delete(comments::table.filter(comments::algorithm_id.eq(id).and(comments::parent_id.is_not_null()))).execute(conn)?;
    diesel::delete(comments::table.filter(comments::algorithm_id.eq(id))).execute(conn)?;
    let its = version_table::table.filter(version_table::algorithm_id.eq(id)).select(version_table::id);
    diesel::delete(consents::table.filter(consents::version_id.eq_any(its))).execute(conn)?;
    diesel::delete(version_table::table.filter(version_table::algorithm_id.eq(id))).execute(conn)?;
    let gone = (
        algorithm_table::deleted_at.eq(at),
        algorithm_table::state.eq(Listing::Delisted),
        algorithm_table::visibility.eq(Visibility::Private),
        // No name in addresses begins so: another algorithm may have this one's.
        algorithm_table::name.eq(format!("-{id}")),
        algorithm_table::description.eq(""),
    );
    diesel::update(algorithm_table::table.find(id)).set(gone).execute(conn)?;
    algorithms::announce(conn, id, at)?;
    audit::record(conn, Some(actor), "draft deleted", &full_name(access), "", at)
}

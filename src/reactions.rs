//! Likes, which everybody sees counted, and favourites, which are a member's own.

use diesel::prelude::*;

use crate::algorithms;
use crate::clock::Time;
use crate::db::Conn;
use crate::error::Result;
use crate::schema::{algorithms as algorithm_table, favorites, likes};

/// What a click asks for. A page sends the state that it wants, so that a double click does nothing twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Wish {
    /// From now on.
    On,
    /// No more.
    Off,
    /// The other way round.
    #[default]
    Toggle,
}

impl Wish {
    /// As a form sends it: `true`, `1`, `on` or `false`, `0`, `off`; anything else turns it round.
    pub fn of(text: &str) -> Self {
        match text {
            "true" | "1" | "on" => Self::On,
            "false" | "0" | "off" => Self::Off,
            _ => Self::Toggle,
        }
    }
}

/// Likes an algorithm or takes that back. Its counter moves in the same transaction, and only when something changed.
///
/// # Errors
/// Only the database's.
pub fn like(conn: &mut Conn, user: i64, algorithm: i64, wish: Wish, at: Time) -> Result<()> {
    let gone = match wish {
        Wish::On => 0,
        Wish::Off | Wish::Toggle => diesel::delete(likes::table.find((user, algorithm))).execute(conn)?,
    };
    let come = match wish {
        Wish::Off => 0,
        Wish::Toggle if gone > 0 => 0,
        Wish::On | Wish::Toggle => {
            let row = (likes::user_id.eq(user), likes::algorithm_id.eq(algorithm), likes::at.eq(at));
            crate::per_backend!(conn, c => diesel::insert_into(likes::table).values(row).on_conflict_do_nothing().execute(c))?
        }
    };
    let change = i64::from(come > 0) - i64::from(gone > 0);
    if change != 0 {
        let counted = diesel::update(algorithm_table::table.find(algorithm));
        counted.set(algorithm_table::likes.eq(algorithm_table::likes + change)).execute(conn)?;
        algorithms::touch(conn, algorithm, at)?;
    }
    Ok(())
}

/// Puts an algorithm among the member's favourites or takes it away.
///
/// # Errors
/// Only the database's.
pub fn favorite(conn: &mut Conn, user: i64, algorithm: i64, wish: Wish, at: Time) -> Result<()> {
    let gone = match wish {
        Wish::On => 0,
        Wish::Off | Wish::Toggle => diesel::delete(favorites::table.find((user, algorithm))).execute(conn)?,
    };
    if wish == Wish::On || (wish == Wish::Toggle && gone == 0) {
        let row = (favorites::user_id.eq(user), favorites::algorithm_id.eq(algorithm), favorites::at.eq(at));
        crate::per_backend!(conn, c => diesel::insert_into(favorites::table).values(row).on_conflict_do_nothing().execute(c))?;
    }
    Ok(())
}

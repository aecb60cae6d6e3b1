use diesel::prelude::*;

use super::full_name;
use crate::algorithms::{self, Access};
use crate::audit;
use crate::clock::Time;
use crate::db::Conn;
use crate::error::{Mistakes, Result};
use crate::package::TASKS;
use crate::schema::algorithms as table;

/// Characters of a text in Markdown.
const PROSE: usize = 60_000;

/// What stands on the pages of an algorithm, checked.
#[derive(Debug, Clone, PartialEq, Eq, AsChangeset)]
#[diesel(table_name = table)]
pub struct Words {
    title: String,
    summary: String,
    description: String,
    delivery: String,
    restrictions: String,
    task: String,
    framework: String,
    license: String,
    open_source: bool,
}

/// The same as it was typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TypedWords {
    /// On the screen.
    pub title: String,
    /// One line.
    pub summary: String,
    /// Markdown; empty: the README.
    pub description: String,
    /// Markdown: what you get.
    pub delivery: String,
    /// Markdown: what you may not do or expect.
    pub restrictions: String,
    /// What it does.
    pub task: String,
    /// With what.
    pub framework: String,
    /// SPDX expression, or words.
    pub license: String,
    /// Whether everybody may read the code.
    pub open_source: bool,
}

impl TypedWords {
    /// As they are now.
    pub fn of(algorithm: &algorithms::Algorithm) -> Self {
        let of = algorithm.clone();
        Self {
            title: of.title,
            summary: of.summary,
            description: of.description,
            delivery: of.delivery,
            restrictions: of.restrictions,
            task: of.task,
            framework: of.framework,
            license: of.license,
            open_source: of.open_source,
        }
    }

    /// The words, or every mistake beside its field.
    ///
    /// # Errors
    /// A sentence for each field.
    pub fn check(&self) -> std::result::Result<Words, Mistakes> {
        let mut wrong = Mistakes::new();
        let mut line = |field: &str, typed: &str, least: usize, most: usize| {
            let text = typed.split_whitespace().collect::<Vec<_>>().join(" ");
            match text.chars().count() {
                length if length < least => drop(wrong.insert(field.to_owned(), "Write something here.".to_owned())),
                length if length > most => drop(wrong.insert(field.to_owned(), format!("Use at most {most} characters."))),
                _ => {}
            }
            text
        };
        let (title, summary) = (line("title", &self.title, 1, 100), line("summary", &self.summary, 0, 200));
        let (task, framework) = (line("task", &self.task, 1, 40 * TASKS), line("framework", &self.framework, 1, 40));
        let license = line("license", &self.license, 1, 100);
        let mut prose = |field: &str, typed: &str| {
            if typed.chars().count() > PROSE {
                wrong.insert(field.to_owned(), format!("Use at most {PROSE} characters."));
            }
            typed.trim().to_owned()
        };
        let description = prose("description", &self.description);
        let (delivery, restrictions) = (prose("delivery", &self.delivery), prose("restrictions", &self.restrictions));
        if !wrong.is_empty() {
            return Err(wrong);
        }
        Ok(Words { title, summary, description, delivery, restrictions, task, framework, license, open_source: self.open_source })
    }
}

/// Changes what stands on an algorithm's pages.
///
/// # Errors
/// Only the database's.
pub fn edit(conn: &mut Conn, actor: i64, access: &Access, words: &Words, at: Time) -> Result<()> {
    let id = access.algorithm.id;
    diesel::update(table::table.find(id)).set((words, table::updated_at.eq(at))).execute(conn)?;
    algorithms::announce(conn, id, at)?;
    audit::record(conn, Some(actor), "words edited", &full_name(access), "", at)
}

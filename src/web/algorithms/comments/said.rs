use std::sync::Arc;

use crate::algorithms::Access;
use crate::clock::Time;
use crate::comments::{Entry, Thread};
use crate::web::algorithms::head::{self, Head};
use crate::web::failure::Result;
use crate::web::kept::Prose;
use crate::web::page::View;
use crate::web::store::Store;

/// A comment as this viewer sees it.
pub struct Said {
    /// In addresses and anchors.
    pub id: i64,
    /// Handle.
    pub author: String,
    /// Two letters for the round mark.
    pub initials: String,
    /// The author is a publisher of the algorithm.
    pub publishes: bool,
    /// When.
    pub at: Time,
    /// When it was last changed.
    pub edited_at: Option<Time>,
    /// Its author took it back.
    pub deleted: bool,
    /// Who hid it, and why.
    pub hidden: Option<(String, String)>,
    /// Safe HTML; `None` where this viewer does not read it.
    pub html: Option<Arc<str>>,
    /// What this viewer can do to it.
    pub can: Can,
}

/// What a viewer can do to a comment.
#[derive(Debug, Clone, Copy, Default)]
pub struct Can {
    /// Answer it.
    pub answer: bool,
    /// Change it.
    pub edit: bool,
    /// Take it back.
    pub delete: bool,
    /// Hide it.
    pub hide: bool,
    /// Show it again.
    pub show: bool,
    /// Ask the operator to look at it.
    pub report: bool,
}

/// Everything that was said on this page; `team` are the publishers' user ids.
pub async fn draw(store: &Store, view: &View, head: &Head, threads: Vec<Thread>, team: &[i64]) -> Result<Vec<(Said, Vec<Said>)>> {
    let mut entries = Vec::new();
    let mut sizes = Vec::new();
    for thread in threads {
        sizes.push(thread.answers.len());
        entries.push(thread.first);
        entries.extend(thread.answers);
    }
    let prose = |entry: &Entry| Prose::new(format!("c{}-", entry.comment.id), entry.comment.body.clone());
    let html = store.prose(entries.iter().map(prose).collect()).await?;
    let all = entries.into_iter().zip(html).map(|(entry, html)| Said::of(entry, html, view.viewer.id(), &head.access, team));
    let mut all = all.collect::<Vec<_>>().into_iter();
    Ok(sizes.into_iter().filter_map(|size| Some((all.next()?, all.by_ref().take(size).collect()))).collect())
}

impl Said {
    fn of(entry: Entry, html: Arc<str>, viewer: Option<i64>, access: &Access, team: &[i64]) -> Self {
        let Entry { comment, author, hidden_by } = entry;
        let own = viewer == Some(comment.author_id);
        let (deleted, is_hidden) = (comment.deleted_at.is_some(), comment.hidden_at.is_some());
        let reads = !deleted && (!is_hidden || own || access.manages);
        Self {
            id: comment.id,
            initials: head::initials(&author),
            author,
            publishes: team.contains(&comment.author_id),
            at: comment.created_at,
            edited_at: comment.edited_at,
            deleted,
            hidden: is_hidden.then(|| (hidden_by.unwrap_or_default(), comment.hidden_reason.unwrap_or_else(String::new))),
            html: reads.then_some(html),
            can: Can {
                answer: viewer.is_some() && comment.parent_id.is_none() && !deleted && !is_hidden,
                edit: own && !deleted && !is_hidden,
                delete: own && !deleted,
                hide: access.manages && !deleted && !is_hidden,
                show: access.manages && !deleted && is_hidden,
                report: viewer.is_some() && !own && !deleted && !is_hidden,
            },
        }
    }
}

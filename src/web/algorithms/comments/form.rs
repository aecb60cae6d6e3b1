use std::sync::Arc;

use actix_web::HttpResponse;
use askama::Template;

use super::anchor;
use crate::algorithms::Access;
use crate::comments::{self, Comment};
use crate::db::Conn;
use crate::error::{self, Error, Mistakes};
use crate::reports;
use crate::web::algorithms::Place;
use crate::web::failure::Result;
#[allow(unused_imports)] // the template's filters
use crate::web::filters;
use crate::web::kept::Prose;
use crate::web::page::{Layout, View};
use crate::web::store::Store;
use crate::web::viewer::Viewer;

/// What is done to a comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// Its thread goes on.
    Answer,
    /// Its author changes it.
    Edit,
    /// Its author takes it back.
    Delete,
    /// A publisher or the operator hides it.
    Hide,
    /// Somebody asks the operator to look at it.
    Report,
    /// Somebody reads what it said before.
    Review,
}

/// One comment and the form about it: a page, or what goes into the dialog.
#[derive(Template)]
#[template(path = "algorithms/comment.html", blocks = ["dialog"])]
pub struct CommentPage {
    layout: Layout,
    title: String,
    /// `/algorithms/publisher/name/comments`.
    comments: String,
    id: i64,
    author: String,
    quote: Arc<str>,
    task: Task,
    /// The words of the field.
    typed: String,
    mistakes: Mistakes,
}

/// Which comment of which algorithm.
#[derive(Debug, Clone)]
pub struct Target {
    place: Place,
    id: i64,
}

impl Target {
    /// As the address says it.
    pub fn new(publisher: String, name: String, id: i64) -> Self {
        Self { place: Place { publisher, name }, id }
    }

    /// The same from the address itself.
    pub fn of(path: actix_web::web::Path<(String, String, i64)>) -> Self {
        let (publisher, name, id) = path.into_inner();
        Self::new(publisher, name, id)
    }

    /// The comment that answers are given to.
    pub fn parent(place: Place, id: i64) -> Self {
        Self { place, id }
    }

    /// The comment, if this viewer may do that to it.
    ///
    /// # Errors
    /// `NotFound` else.
    pub fn load(&self, conn: &mut Conn, viewer: &Viewer, task: Task) -> error::Result<(Access, Comment)> {
        let access = self.place.find(conn, viewer)?;
        let algorithm = access.algorithm.id;
        let comment = match task {
            Task::Answer | Task::Report | Task::Review => comments::find(conn, algorithm, self.id)?,
            Task::Edit | Task::Delete => comments::own(conn, algorithm, self.id, viewer.id().ok_or(Error::NotFound)?)?,
            Task::Hide if access.manages => comments::find(conn, algorithm, self.id)?,
            Task::Hide => return Err(Error::NotFound),
        };
        let reads = comment.hidden_at.is_none() || access.manages || viewer.id() == Some(comment.author_id);
        if task == Task::Review && !reads {
            return Err(Error::NotFound);
        }
        if let (Task::Report, Some(viewer)) = (task, viewer.id()) {
            reports::check(viewer, &access, Some(&comment))?;
        }
        Ok((access, comment))
    }

    /// Where the comment is read.
    ///
    /// # Errors
    /// Only the database's.
    pub fn anchor(&self, conn: &mut Conn, comment: &Comment) -> error::Result<String> {
        Ok(anchor(&self.place.path(), self.id, comments::page_of(conn, comment)?))
    }

    /// The tab.
    pub fn tab(&self) -> String {
        format!("{}/comments", self.place.path())
    }
}

/// Asks, with what was typed before and what is wrong with it.
pub async fn draw(store: &Store, view: &View, target: Target, task: Task, typed: Option<(String, Mistakes)>) -> Result<CommentPage> {
    let (viewer, comments) = (view.viewer.clone(), target.tab());
    let load = move |conn: &mut Conn| {
        let (access, comment) = target.load(conn, &viewer, task)?;
        let author = comments::author(conn, &comment)?;
        Ok((access, comment, author))
    };
    let (access, comment, author) = store.read(load).await?;
    let hidden = comment.hidden_at.is_some() && !access.manages && view.viewer.id() != Some(comment.author_id);
    if matches!(task, Task::Answer | Task::Edit) && comment.hidden_at.is_some() || hidden {
        return Err(Error::Conflict("This comment is hidden.").into());
    }
    let quote = store.prose(vec![Prose::new(format!("c{}-", comment.id), comment.body.clone())]).await?.pop();
    let (typed, mistakes) = typed.unwrap_or_else(|| (if task == Task::Edit { comment.body } else { String::new() }, Mistakes::new()));
    let (layout, quote) = (view.layout("market"), quote.unwrap_or_else(|| "".into()));
    Ok(CommentPage { layout, title: access.algorithm.title, comments, id: comment.id, author, quote, task, typed, mistakes })
}

/// Asks, as a page or in the dialog.
pub async fn ask(store: &Store, view: &View, target: Target, task: Task) -> Result<HttpResponse> {
    let page = draw(store, view, target, task, None).await?;
    view.page_or(&page, page.as_dialog())
}

/// The form again, with what was typed.
pub async fn again(store: &Store, view: &View, target: Target, task: Task, typed: String, mistakes: Mistakes) -> Result<HttpResponse> {
    view.unprocessable(&draw(store, view, target, task, Some((typed, mistakes))).await?)
}

impl CommentPage {
    fn heading(&self) -> &'static str {
        match self.task {
            Task::Answer => "Answer",
            Task::Edit => "Edit comment",
            Task::Delete => "Delete comment",
            Task::Hide => "Hide comment",
            Task::Report => "Report comment",
            Task::Review => "Edits",
        }
    }

    fn action(&self) -> String {
        let Self { comments, id, .. } = self;
        match self.task {
            Task::Answer => comments.clone(),
            Task::Edit => format!("{comments}/{id}"),
            Task::Delete => format!("{comments}/{id}/deletion"),
            Task::Hide => format!("{comments}/{id}/hiding"),
            Task::Report => format!("{comments}/{id}/report"),
            Task::Review => format!("{comments}/{id}/history"),
        }
    }

    fn is(&self, word: &str) -> bool {
        let name = match self.task {
            Task::Answer => "answer",
            Task::Edit => "edit",
            Task::Delete => "delete",
            Task::Hide => "hide",
            Task::Report => "report",
            Task::Review => "review",
        };
        name == word
    }
}

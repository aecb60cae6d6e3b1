//! Visitors' questions about algorithms that come at the same moment, answered with one query.

use actix_web::rt;
use parking_lot::Mutex;
use tokio::sync::oneshot;

use super::{App, Store};
use crate::algorithms::Access;
use crate::error::Result;
use crate::overview::{self, Overview};

/// So many queries at once: while they are under way, questions gather for the next one.
const RUNNERS: usize = 2;
/// At most so many questions in a query.
const MOST: usize = 32;

/// Publisher and name of an algorithm, and where its answer goes.
struct Question {
    path: (String, String),
    answer: oneshot::Sender<(Access, Overview)>,
}

#[derive(Default)]
struct Queue {
    waiting: Vec<Question>,
    runners: usize,
}

/// Questions that wait for the next query. A query of its own for each page costs more in changes of threads than
/// in work, as soon as many visitors come at once; one visitor alone waits for nothing.
#[derive(Default)]
pub(super) struct Gather {
    queue: Mutex<Queue>,
}

impl Gather {
    /// The algorithm as visitors see it, read after the call. `None` when there is no such one, or when the database
    /// has no answer: who asks it themselves is told why.
    pub(super) async fn open(&self, store: &Store, publisher: &str, name: &str) -> Option<(Access, Overview)> {
        let (answer, receive) = oneshot::channel();
        let starts = {
            let mut queue = self.queue.lock();
            queue.waiting.push(Question { path: (publisher.to_owned(), name.to_owned()), answer });
            let starts = queue.runners < RUNNERS;
            queue.runners += usize::from(starts);
            starts
        };
        if starts {
            let store = store.clone();
            // Nobody waits for it: it goes on with the questions of others.
            drop(rt::spawn(async move { store.apart(run).await }));
        }
        receive.await.ok()
    }
}

/// A runner's place in the queue, given back however it ends.
struct Place<'a> {
    gather: &'a Gather,
    given_back: bool,
}

impl Place<'_> {
    /// The next questions; none when all have been taken, and then the place is given back.
    fn next(&mut self) -> Option<Vec<Question>> {
        let mut queue = self.gather.queue.lock();
        if queue.waiting.is_empty() {
            queue.runners -= 1;
            self.given_back = true;
            return None;
        }
        let count = queue.waiting.len().min(MOST);
        Some(queue.waiting.drain(..count).collect())
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if !self.given_back {
            let mut queue = self.gather.queue.lock();
            queue.runners -= 1;
            // Without an answer they are asked again, by those who wait for them.
            queue.waiting.clear();
        }
    }
}

fn run(app: &App) -> Result<()> {
    let mut place = Place { gather: &app.gather, given_back: false };
    while let Some(questions) = place.next() {
        let paths: Vec<(String, String)> = questions.iter().map(|question| question.path.clone()).collect();
        let found = app.db.read(|conn| overview::open(conn, &paths))?;
        for Question { path: (publisher, name), answer } in questions {
            let one = found.iter().find(|(access, _)| access.publisher.handle == publisher && access.algorithm.name == name);
            // Who asked may have gone.
            one.cloned().map(|one| answer.send(one).ok());
        }
    }
    Ok(())
}

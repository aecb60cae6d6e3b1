use diesel::prelude::*;
use galleria::jobs::Job;
use galleria::schema;
use galleria::{clock, notifications};

use super::{Client, Published, TestApp, training};

/// Those who may ask for something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Person {
    /// Not signed in.
    Visitor,
    /// Signed in, with nothing to do with it.
    Member,
    /// The member whose things are asked for.
    Owner,
    /// Whose algorithms they are.
    Publisher,
    /// With the operator's rights.
    Operator,
}

impl Person {
    /// Everybody, the owner last.
    pub const THE_REFUSED_FIRST: [Self; 5] = [Self::Visitor, Self::Member, Self::Operator, Self::Publisher, Self::Owner];
}

/// A gallery with one of everything: a public algorithm, a private one, and a member who has a thing of each kind.
pub struct World {
    /// The gallery.
    pub app: TestApp,
    /// `pub/open`, public and open source.
    pub open: Published,
    /// `pub/hidden`, **Only to me**.
    pub hidden: Published,
    /// The owner's job of `pub/open`.
    pub job: Job,
    people: [Client; 5],
    session: String,
    token: i64,
    dataset: String,
    /// Of the owner.
    notification: i64,
    /// Of the publisher, about the owner's comment.
    report: i64,
}

impl World {
    /// With a job that waits for a worker.
    pub fn new() -> Self {
        Self::on(TestApp::new())
    }

    /// With a job that has really run.
    pub fn trained() -> Self {
        let world = Self::on(TestApp::options().with_worker().start());
        let path = world.path("/console/{region}/jobs/{id}", false);
        super::eventually("the job is completed", || world.client(Person::Owner).get(&path).attr("main", "data-state") == "completed");
        world
    }

    fn on(app: TestApp) -> Self {
        let open = app.algorithm("pub", "open").publish();
        let hidden = app.algorithm("pub", "hidden").private().publish();
        let people = [app.visitor(), app.sign_in("member"), app.sign_in("owner"), app.sign_in("pub"), app.sign_in_operator()];
        let (owner, publisher) = (&people[Person::Owner as usize], &people[Person::Publisher as usize]);
        owner.post(&format!("{}/comments", open.path()), &[("body", "A question.")]);
        publisher.post(&format!("{}/comments", hidden.path()), &[("body", "A note to myself.")]);
        let user = app.user("owner");
        training::subscribe(&app, &user, &open);
        let job = training::submit(&app, &user, &open, &training::typed("the-only-one"));
        app.sign_in("owner");
        let session = other_session(owner);
        let token = token_of(&app, owner, &user);
        let uploaded = owner.upload("/console/data", &[], ("sales.csv", b"month,sum\n1,2\n"));
        let dataset = uploaded.location().rsplit('/').next().unwrap().to_owned();
        app.write(|conn| notifications::tell(conn, &[user.id], notifications::Kind::Job, "It is over.", "/", clock::now()));
        owner.post("/organisations/new", &[("handle", "team"), ("name", "Team")]);
        let notification = app.read(|conn| notifications::of_user(conn, user.id, 0, 1))[0].id;
        let report = report_of(&app, publisher, &open);
        Self { app, open, hidden, job, people, session, token, dataset, notification, report }
    }

    /// Somebody, signed in unless they are the visitor.
    pub fn client(&self, person: Person) -> &Client {
        &self.people[person as usize]
    }

    /// A route's path about what is there; `private`: about the algorithm that only its publisher may see.
    #[track_caller]
    pub fn path(&self, route: &str, private: bool) -> String {
        let algorithm = if private { &self.hidden } else { &self.open };
        fill(route, |name| self.value(route, name, algorithm)) + Self::query(route)
    }

    /// A route's path about what is not there.
    pub fn nowhere(route: &str) -> String {
        fill(route, |_| "999999".to_owned()) + "?algorithm=999999/999999&version=9.9.9"
    }

    /// What stands for a parameter: a line for each. A route whose parameter has none fails the test.
    fn value(&self, route: &str, name: &str, algorithm: &Published) -> String {
        match name {
            "handle" if route.starts_with("/organisations") => "team".into(),
            "member" => "owner".into(),
            "publisher" | "handle" => algorithm.publisher.clone(),
            "name" => algorithm.name.clone(),
            "version" => "1.0.0".into(),
            "path" if route.contains("/outputs/") => "model.txt".into(),
            "dataset" => self.dataset.clone(),
            "number" => "1".into(),
            "id" if route.starts_with("/notifications") => self.notification.to_string(),
            "path" => "train.py".into(),
            "session" => self.session.clone(),
            "token" => self.token.to_string(),
            "comment" => comment_of(&self.app, algorithm).to_string(),
            "report" => self.report.to_string(),
            "region" => "local".into(),
            "id" => self.job.id.to_string(),
            other => panic!("{route}: say in tests/all/support/world.rs what `{{{other}}}` is"),
        }
    }

    /// The query without which a page has nothing to show.
    fn query(route: &str) -> &'static str {
        match route {
            "/console/{region}/jobs/new" => "?algorithm=pub/open&version=1.0.0",
            "/console/{region}/jobs/{id}/outputs/{path:.*}" => "?view",
            _ => "",
        }
    }

    /// What is posted to a route, where an empty form says nothing.
    pub fn fields(&self, route: &str) -> Vec<(&'static str, &'static str)> {
        match route {
            "/theme" => vec![("theme", "dark")],
            "/console/{region}/jobs" => vec![("algorithm", "pub/open"), ("version", "1.0.0"), ("launch_id", "another-one")],
            _ => Vec::new(),
        }
    }
}

fn comment_of(app: &TestApp, algorithm: &Published) -> i64 {
    let theirs = schema::comments::table.filter(schema::comments::algorithm_id.eq(algorithm.algorithm.id)).select(schema::comments::id);
    app.read(|conn| Ok(theirs.first(conn)?))
}

/// A report by this member of the comment on an algorithm.
fn report_of(app: &TestApp, client: &Client, algorithm: &Published) -> i64 {
    client.post(&format!("{}/comments/{}/report", algorithm.path(), comment_of(app, algorithm)), &[("reason", "Off topic.")]);
    app.read(|conn| Ok(schema::reports::table.select(schema::reports::id).first(conn)?))
}

/// A token of this member, made on its page.
fn token_of(app: &TestApp, client: &Client, user: &galleria::users::User) -> i64 {
    client.post("/settings/tokens", &[("name", "world"), ("scope", "read")]);
    app.read(|conn| galleria::tokens::of_user(conn, user.id))[0].id
}

/// A sign-in of this member other than the one they use.
fn other_session(client: &Client) -> String {
    let page = client.get("/settings/sessions");
    let other = page.texts("tbody tr").iter().position(|row| !row.contains("This one")).unwrap();
    page.attrs("tbody form", "action")[other].rsplit('/').next().unwrap().to_owned()
}

/// Puts values into `{name}` and `{name:pattern}`.
fn fill(route: &str, value: impl Fn(&str) -> String) -> String {
    let mut path = String::new();
    let mut rest = route;
    while let Some((before, after)) = rest.split_once('{') {
        // A pattern such as `[0-9]{2}` has braces of its own.
        let mut depth = 1;
        let end = after.char_indices().find(|(_, letter)| {
            depth += i32::from(*letter == '{') - i32::from(*letter == '}');
            depth == 0
        });
        let (end, _) = end.unwrap_or_else(|| panic!("{route}: a brace is not closed"));
        path += before;
        path += &value(after[..end].split(':').next().unwrap_or(""));
        rest = &after[end + 1..];
    }
    path + rest
}

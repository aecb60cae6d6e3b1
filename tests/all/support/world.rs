use super::{Client, Published, TestApp};

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
    people: [Client; 5],
    session: String,
}

impl World {
    /// Sets it up.
    pub fn new() -> Self {
        let app = TestApp::new();
        let open = app.algorithm("pub", "open").publish();
        let hidden = app.algorithm("pub", "hidden").private().publish();
        let people = [app.visitor(), app.sign_in("member"), app.sign_in("owner"), app.sign_in("pub"), app.sign_in_operator()];
        app.sign_in("owner");
        let page = people[Person::Owner as usize].get("/settings/sessions");
        let other = page.texts("tbody tr").iter().position(|row| !row.contains("This one")).unwrap();
        let session = page.attrs("tbody form", "action")[other].rsplit('/').next().unwrap().to_owned();
        Self { app, open, hidden, people, session }
    }

    /// Somebody, signed in unless they are the visitor.
    pub fn client(&self, person: Person) -> &Client {
        &self.people[person as usize]
    }

    /// A route's path about what is there; `private`: about the algorithm that only its publisher may see.
    #[track_caller]
    pub fn path(&self, route: &str, private: bool) -> String {
        let algorithm = if private { &self.hidden } else { &self.open };
        fill(route, |name| self.value(route, name, algorithm))
    }

    /// A route's path about what is not there.
    pub fn nowhere(route: &str) -> String {
        fill(route, |_| "999999".to_owned())
    }

    /// What stands for a parameter: a line for each. A route whose parameter has none fails the test.
    fn value(&self, route: &str, name: &str, algorithm: &Published) -> String {
        match name {
            "publisher" | "handle" => algorithm.publisher.clone(),
            "name" => algorithm.name.clone(),
            "version" => "1.0.0".into(),
            "path" => "train.py".into(),
            "session" => self.session.clone(),
            "region" => "local".into(),
            other => panic!("{route}: say in tests/all/support/world.rs what `{{{other}}}` is"),
        }
    }

    /// What is posted to a route, where an empty form says nothing.
    pub fn fields(&self, route: &str) -> Vec<(&'static str, &'static str)> {
        match route {
            "/theme" => vec![("theme", "dark")],
            _ => Vec::new(),
        }
    }
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

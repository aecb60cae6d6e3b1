//! Every route, asked as everybody, held against what the table says of it.

use galleria::web::routes::{Entry, TABLE, Who};

use crate::support::{Page, Person, World};

/// What somebody's request came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    /// Done, shown, or told about a mistake in the form: not refused.
    Allowed,
    /// 303 to sign in, or the page that offers it.
    SignIn,
    /// 404.
    NotThere,
    /// 403: they see the thing but may not do this to it.
    Forbidden,
    /// It broke.
    Broken,
}
use Answer::{Allowed, Forbidden, NotThere, SignIn};

fn answer(page: &Page) -> Answer {
    match page.status() {
        303 if page.location().starts_with("/login?next=") => SignIn,
        404 => NotThere,
        403 => Forbidden,
        200..=399 | 409 | 422 => Allowed,
        _ => Answer::Broken,
    }
}

/// What a person may be answered about something of the owner's (`private`: that only its publisher may see).
fn right(who: Who, person: Person, private: bool) -> &'static [Answer] {
    use Person::{Member, Operator, Owner, Publisher, Visitor};
    match (who, person) {
        (Who::Anyone, _) => &[Allowed],
        (Who::Reader, Publisher | Operator) => &[Allowed],
        (Who::Reader, _) => {
            if private {
                &[NotThere]
            } else {
                &[Allowed]
            }
        }
        (Who::Member, Visitor) => &[SignIn],
        (Who::Member, _) => &[Allowed],
        (Who::Subscriber, Visitor) => {
            if private {
                &[NotThere, SignIn]
            } else {
                &[SignIn]
            }
        }
        (Who::Subscriber, Publisher | Operator) => &[Allowed],
        (Who::Subscriber, _) => {
            if private {
                &[NotThere]
            } else {
                &[Allowed]
            }
        }
        (Who::Owner, Visitor) => &[SignIn],
        (Who::Owner, Owner) => &[Allowed],
        // The operator sees the metadata of jobs and may stop them; a session is nobody's business.
        (Who::Owner, Operator) => &[Allowed, NotThere],
        (Who::Owner, Member | Publisher) => &[NotThere],
        (Who::Publisher, Visitor) => &[SignIn, NotThere],
        (Who::Publisher, Publisher | Operator) => &[Allowed],
        (Who::Publisher, _) => {
            if private {
                &[NotThere]
            } else {
                &[NotThere, Forbidden]
            }
        }
        (Who::Operator, Operator) => &[Allowed],
        (Who::Operator, _) => &[NotThere],
    }
}

/// Asks for one route as everybody; those who may do it come last, as it may do away with the thing.
fn ask(world: &World, entry: &Entry, private: bool) -> Vec<String> {
    let mut wrong = Vec::new();
    for person in Person::THE_REFUSED_FIRST {
        let path = world.path(entry.path, private);
        let client = world.client(person);
        let page = match entry.method {
            "get" => client.get(&path),
            _ => client.post(&path, &world.fields(entry.path)),
        };
        let (got, wanted) = (answer(&page), right(entry.who, person, private));
        if !wanted.contains(&got) {
            let status = page.status();
            wrong.push(format!(
                "{} {path} as {person:?}: {got:?} ({status} {}), but {:?} means {wanted:?}",
                entry.method,
                page.location(),
                entry.who
            ));
        }
        if got == NotThere && person == Person::Visitor && !page.has_link("Log in") {
            wrong.push(format!("{} {path}: the signed-out are not offered to sign in", entry.method));
        }
    }
    wrong
}

fn about_algorithms(who: Who) -> bool {
    matches!(who, Who::Reader | Who::Subscriber | Who::Publisher)
}

#[track_caller]
fn none(wrong: &[String]) {
    assert!(wrong.is_empty(), "{} answers are not what the table says:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn reading_is_open_to_whom_the_table_says() {
    let world = World::trained();
    let rows = || TABLE.iter().filter(|entry| entry.method == "get");
    let public = rows().flat_map(|entry| ask(&world, entry, false));
    let private = rows().filter(|entry| about_algorithms(entry.who)).flat_map(|entry| ask(&world, entry, true));
    none(&public.chain(private).collect::<Vec<_>>());
}

#[test]
fn acting_on_ones_own_is_open_to_whom_the_table_says() {
    let rows = TABLE.iter().filter(|entry| entry.method != "get" && !about_algorithms(entry.who));
    none(&rows.flat_map(|entry| ask(&World::new(), entry, false)).collect::<Vec<_>>());
}

#[test]
fn acting_on_algorithms_is_open_to_whom_the_table_says() {
    let rows = || TABLE.iter().filter(|entry| entry.method != "get" && about_algorithms(entry.who));
    let both = rows().flat_map(|entry| [false, true].map(|private| ask(&World::new(), entry, private)));
    none(&both.flatten().collect::<Vec<_>>());
}

#[test]
fn what_is_not_there_is_not_there_for_anybody() {
    let world = World::new();
    let with_parameters = TABLE.iter().filter(|entry| entry.path.contains('{') && entry.who != Who::Operator);
    let mut wrong = Vec::new();
    for entry in with_parameters {
        for person in Person::THE_REFUSED_FIRST {
            let path = World::nowhere(entry.path);
            let client = world.client(person);
            let page = if entry.method == "get" { client.get(&path) } else { client.post(&path, &[]) };
            let fine = answer(&page) == NotThere || (person == Person::Visitor && answer(&page) == SignIn);
            if !fine {
                wrong.push(format!("{} {path} as {person:?}: {}", entry.method, page.status()));
            }
        }
    }
    none(&wrong);
}

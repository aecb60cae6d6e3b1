//! Every route of the API, asked as everybody with every scope, held against what its table says.

use galleria::web::routes::{API, Entry, Who};
use serde_json::json;

use crate::support::{Answer, Person, Script, TestApp, World};

const SCOPES: [&str; 4] = ["read", "jobs", "subscriptions", "publish"];

fn script(app: &TestApp, person: Person, scopes: &[&str]) -> Script {
    match person {
        Person::Visitor => Script::with(app, ""),
        Person::Member => Script::of(app, "member", scopes),
        Person::Owner => Script::of(app, "owner", scopes),
        Person::Publisher => Script::of(app, "pub", scopes),
        Person::Operator => Script::of(app, "olga", scopes),
    }
}

fn ask(world: &World, entry: &Entry, script: &Script, private: bool) -> Answer {
    let path = world.path(entry.path, private);
    let path = path.trim_start_matches("/api/v1/");
    match entry.method {
        "get" => script.get(path),
        method => script.send(&method.to_uppercase(), path, &json!({})),
    }
}

/// Statuses that are right for a token with the scope.
fn right(who: Who, person: Person, private: bool) -> &'static [u16] {
    use Person::{Member, Operator, Owner, Publisher, Visitor};
    match (who, person, private) {
        (_, Visitor, _) => &[401],
        // Nobody publishes in the name of others, the operator neither.
        (Who::Publisher, Member | Owner | Operator, _) => &[404],
        (Who::Owner, Member | Publisher | Operator, _) | (Who::Subscriber, Member | Owner, true) => &[404],
        // Done, or told what to do first.
        _ => &[200, 201, 202, 409, 422],
    }
}

#[test]
fn each_route_is_open_to_whom_its_table_says() {
    let world = World::trained();
    let mut wrong = Vec::new();
    for entry in API {
        for person in Person::THE_REFUSED_FIRST {
            for private in [false, true] {
                let answer = ask(&world, entry, &script(&world.app, person, &SCOPES), private);
                if !right(entry.who, person, private && entry.who == Who::Subscriber).contains(&answer.status()) {
                    wrong.push(format!("{} {} as {person:?} ({private}): {}", entry.method, entry.path, answer.status()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_route_needs_its_scope_and_no_other_will_do() {
    let world = World::new();
    for entry in API {
        let needed = entry.scope.expect("every route of the API has a scope").as_str();
        let others: Vec<&str> = SCOPES.into_iter().filter(|scope| *scope != needed).collect();
        let refused = ask(&world, entry, &script(&world.app, Person::Owner, &others), false);
        assert_eq!((refused.status(), refused.text("/error")), (403, "forbidden"), "{} {}", entry.method, entry.path);
        assert!(refused.page.header("www-authenticate").contains(&format!("scope=\"{needed}\"")), "{}", refused.page.header("www-authenticate"));
        assert!(refused.text("/message").contains(needed));
        let alone = ask(&world, entry, &script(&world.app, Person::Owner, &[needed]), false);
        assert!(![401, 403].contains(&alone.status()), "{} {}: {}", entry.method, entry.path, alone.status());
    }
}

#[test]
fn nothing_but_a_living_token_opens_anything() {
    let world = World::new();
    let owner = world.client(Person::Owner);
    for entry in API {
        let path = world.path(entry.path, false);
        let method = entry.method.to_uppercase();
        let with = |value: &str| owner.send(owner.request(&method, &path).header("Authorization", value.to_owned()));
        let cookie = owner.send(owner.request(&method, &path).header("Sec-Fetch-Site", "same-origin"));
        for page in [cookie, with("Bearer "), with("Bearer gal_0000"), with("Basic b3duZXI6eA=="), with("gal_0000")] {
            assert_eq!(page.status(), 401, "{method} {path}: {}", page.body);
            assert!(page.header("www-authenticate").starts_with("Bearer"));
            assert_eq!((page.header("cache-control"), page.header("content-type")), ("no-store", "application/json"));
            assert!(page.set_cookies().is_empty() && page.header("content-security-policy").contains("default-src 'none'"));
        }
    }
}

#[test]
fn what_is_not_there_is_404() {
    let world = World::new();
    let olga = script(&world.app, Person::Operator, &SCOPES);
    for entry in API.iter().filter(|entry| entry.path.contains('{')) {
        let path = World::nowhere(entry.path);
        let answer = olga.ask(&entry.method.to_uppercase(), path.trim_start_matches("/api/v1/"), None, None);
        assert_eq!((answer.status(), answer.text("/error")), (404, "not_found"), "{} {path}", entry.method);
    }
}

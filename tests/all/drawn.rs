//! Pages that are drawn once for all visitors: never out of date, never meant for another.

use std::collections::HashMap;
use std::sync::Mutex;

use diesel::connection::{InstrumentationEvent, set_default_instrumentation};
use diesel::prelude::*;
use galleria::algorithms::{self, Visibility};
use galleria::schema::algorithms::dsl;
use galleria::schema::{favorites, likes};
use galleria::users::{self, Bond, Topic};
use galleria::{clock, publishers, sessions};

use crate::support::{Client, PASSWORD, Page, TestApp};

const DETAILS: &str = "/algorithms/lab/iris";
const PAGES: [&str; 5] = ["/", "/market/algorithms", "/market/algorithms?q=flowers", "/market/algorithms?task=ranking&sort=likes", DETAILS];

fn with_iris() -> (TestApp, i64) {
    let app = TestApp::new();
    let iris = app.algorithm("lab", "iris").text("title", "Flowers 0").text("task", "Ranking").official().publish();
    (app, iris.algorithm.id)
}

#[test]
fn what_two_change_in_the_same_millisecond_is_counted_for_both() {
    let (app, iris) = with_iris();
    let (visitor, at) = (app.visitor(), clock::now());
    let members = [app.user("ann").id, app.user("bob").id, app.user("cat").id];
    for (count, member) in (1..).zip(members) {
        app.write(|conn| galleria::reactions::like(conn, member, iris, galleria::reactions::Wish::On, at));
        let found = app.state().catalogue.search(app.db(), galleria::algorithms::Reader::default(), galleria::search::Query::default()).unwrap();
        assert_eq!(found.cards().next().unwrap().counters.likes, count);
        let page = visitor.get(DETAILS);
        assert!(page.has(&format!("button[aria-label^='Like, {count} like']")), "{}", page.body);
    }
}

/// The page, and that it is the same when it is not drawn again.
fn twice(client: &Client, path: &str) -> Page {
    let (first, second) = (client.get(path), client.get(path));
    assert_eq!((first.status(), second.status()), (200, 200), "{path}");
    assert_eq!(first.body, second.body, "{path}");
    second
}

#[test]
fn what_was_written_shows_with_the_next_request_on_every_page() {
    let (app, id) = with_iris();
    let visitor = app.visitor();
    for round in 1..=12 {
        for path in PAGES {
            twice(&visitor, path);
        }
        app.write(|conn| {
            diesel::update(dsl::algorithms.find(id)).set(dsl::title.eq(format!("Flowers {round}"))).execute(conn)?;
            algorithms::announce(conn, id, clock::now())
        });
        for path in PAGES {
            assert!(visitor.get(path).says(&format!("Flowers {round}")), "{path} after write {round}");
            assert!(visitor.partial(path).says(&format!("Flowers {round}")), "part of {path} after write {round}");
        }
    }
    let ann = app.sign_in("ann");
    for path in PAGES {
        twice(&visitor, path);
    }
    let likes = || visitor.get(DETAILS).attr("#algorithm-actions [title=Like]", "aria-label");
    assert_eq!(likes(), "Like, 0 likes");
    assert_eq!(ann.post(&format!("{DETAILS}/like"), &[("on", "true")]).status(), 303);
    assert_eq!(likes(), "Like, 1 like");
    app.write(|conn| algorithms::set_listing(conn, id, algorithms::Listing::Delisted, clock::now()));
    assert_eq!(visitor.get(DETAILS).status(), 404);
    assert!(PAGES[..4].iter().all(|path| !visitor.get(path).says("Flowers 12")));
}

#[test]
fn everybody_gets_their_own() {
    let (app, _) = with_iris();
    let (visitor, paris, ann, toasted) = (app.visitor(), app.visitor(), app.sign_in("ann"), app.visitor());
    paris.set_cookie("theme=dark");
    paris.set_cookie("tz=Europe%2FParis");
    for path in PAGES {
        for _ in 0..2 {
            let (own, member, far) = (visitor.get(path), ann.get(path), paris.get(path));
            assert!(member.says("Signed in as ann") && !member.has_link("Log in"), "{path}");
            assert_eq!(member.header("cache-control"), "no-store");
            for page in [&own, &far] {
                assert!(page.has_link("Log in") && !page.says("Signed in as ann"), "{path}");
                assert_eq!(page.header("cache-control"), "no-cache");
            }
            assert!(own.says("Times in UTC") && far.says("Times in Europe/Paris"), "{path}");
            assert_eq!((own.has("html[data-theme]"), far.attr("html", "data-theme")), (false, "dark".to_owned()), "{path}");
            assert!(visitor.get(&format!("{path}{}b=1", if path.contains('?') { '&' } else { '?' })).body.contains("b=1"), "its own address");
            assert!(!visitor.partial(path).body.contains("<html") || path == "/", "{path}");
        }
        toasted.set_cookie("toast=Only%20for%20you");
        assert!(toasted.get(path).text("#toasts").contains("Only for you"), "{path}");
        assert_eq!(visitor.get(path).text("#toasts"), "", "{path}");
    }
}

#[test]
fn members_see_at_once_what_they_are_to_an_algorithm() {
    let (app, id) = with_iris();
    let (ann, ben, lab) = (app.sign_in("ann"), app.sign_in("ben"), app.sign_in("lab"));
    for client in [&app.visitor(), &ann, &ben, &lab] {
        twice(client, DETAILS);
    }
    assert!(lab.get(DETAILS).says("This is yours.") && !ann.get(DETAILS).says("This is yours."));
    ann.post(&format!("{DETAILS}/like"), &[("on", "true")]);
    let like = |client: &Client| {
        let page = twice(client, DETAILS);
        let button = "#algorithm-actions [title=Like]";
        (page.attr(button, "aria-label"), page.attr(button, "aria-pressed"))
    };
    let liked = |pressed: &str| ("Like, 1 like".to_owned(), pressed.to_owned());
    assert_eq!([like(&ann), like(&ben), like(&app.visitor())], [liked("true"), liked("false"), liked("false")]);

    let seen = |client: &Client| (client.get(DETAILS).status() == 200, client.get("/market/algorithms").says("Flowers 0"));
    let set = |visibility, named: &[i64]| app.write(|conn| algorithms::set_visibility(conn, id, visibility, named, clock::now()));
    let (ann_id, everybody) = (app.user("ann").id, [&ann, &ben, &lab]);
    for (visibility, named, expected) in [
        (Visibility::Private, vec![], [false, false, true]),
        (Visibility::Users, vec![ann_id], [true, false, true]),
        (Visibility::Public, vec![], [true, true, true]),
        (Visibility::Users, vec![], [false, false, true]),
    ] {
        set(visibility, &named);
        assert_eq!(everybody.map(seen), expected.map(|sees| (sees, sees)), "{visibility:?} {named:?}");
    }
}

#[test]
fn what_a_member_did_at_another_server_shows_at_once_too() {
    let (app, _) = with_iris();
    let team = app.organisation("team", &["lab"]);
    app.algorithm("team", "trees").publish();
    let (other, ann) = (app.another(), app.sign_in("ann"));
    let there = Client::new(other.url());
    ann.cookies().split("; ").for_each(|cookie| there.set_cookie(cookie));
    for client in [&app.visitor(), &other.visitor(), &ann, &there] {
        twice(client, DETAILS);
        twice(client, "/algorithms/team/trees");
    }
    for (doing, showing, on) in [(&ann, &there, "true"), (&there, &ann, "false"), (&there, &ann, "true"), (&ann, &there, "false")] {
        doing.post(&format!("{DETAILS}/like"), &[("on", on)]);
        assert_eq!(showing.get(DETAILS).attr("#algorithm-actions [title=Like]", "aria-pressed"), on);
    }
    let own = || [&ann, &there].map(|client| client.get("/algorithms/team/trees").says("This is yours."));
    assert_eq!(own(), [false, false]);
    app.write(|conn| publishers::add_member(conn, team.id, app.user("ann").id));
    assert_eq!(own(), [true, true]);
    assert_eq!(ann.post("/logout", &[]).status(), 303);
    let there = there.get("/algorithms/team/trees");
    assert!(there.has_link("Log in") && !there.says("This is yours."));
}

#[test]
fn a_session_brings_along_what_ties_its_member_to_an_algorithm() {
    let (app, id) = with_iris();
    let (ann, now) = (app.user("ann").id, clock::now());
    let topic = Topic { algorithm: id, publisher: app.user("lab").id };
    let (token, state) = (sessions::token(), HashMap::from([("user_id".to_owned(), ann.to_string())]));
    app.write(|conn| sessions::begin(conn, &token, &state, now));
    let brought = || app.read(|conn| sessions::find(conn, &token, Some(topic), now)).unwrap().bond.unwrap();
    let asked = || app.read(|conn| users::bond(conn, ann, topic));
    assert_eq!((brought(), asked()), (Bond::default(), Bond::default()));
    app.write(|conn| {
        diesel::insert_into(likes::table).values((likes::user_id.eq(ann), likes::algorithm_id.eq(id), likes::at.eq(now))).execute(conn)?;
        diesel::insert_into(favorites::table)
            .values((favorites::user_id.eq(ann), favorites::algorithm_id.eq(id), favorites::at.eq(now)))
            .execute(conn)?;
        publishers::add_member(conn, topic.publisher, ann)?;
        algorithms::set_visibility(conn, id, Visibility::Users, &[ann], now)
    });
    let all = Bond { member: true, allowed: true, liked: true, favorite: true, ..Bond::default() };
    assert_eq!((brought(), asked()), (all, all));
    let visitor = sessions::token();
    app.write(|conn| sessions::begin(conn, &visitor, &HashMap::new(), now));
    assert_eq!(app.read(|conn| sessions::find(conn, &visitor, Some(topic), now)).unwrap().bond, None);
}

#[test]
fn a_members_page_asks_once_for_session_and_ties() {
    static ASKED: Mutex<Vec<String>> = Mutex::new(Vec::new());
    fn note(event: InstrumentationEvent<'_>) {
        if let InstrumentationEvent::StartQuery { query, .. } = event {
            ASKED.lock().unwrap().push(query.to_string());
        }
    }
    set_default_instrumentation(|| Some(Box::new(note))).unwrap();
    let (app, _) = with_iris();
    let ann = app.sign_in("ann");
    // The first request keeps what everybody sees.
    twice(&ann, DETAILS);
    ASKED.lock().unwrap().clear();
    assert!(ann.get(DETAILS).says("Signed in as ann"));
    let asked = ASKED.lock().unwrap();
    let about = |query: &&String| ["sessions", "subscriptions", "favorites"].iter().any(|table| query.contains(table));
    assert_eq!(asked.iter().filter(about).count(), 1, "{asked:#?}");
}

#[test]
fn what_people_take_back_is_gone_from_details_at_once() {
    let (app, _) = with_iris();
    let (visitor, ann) = (app.visitor(), app.sign_in("ann"));
    ann.post(&format!("{DETAILS}/comments"), &[("body", "It trains well.")]);
    let tabs = || twice(&visitor, DETAILS).text(".tabs");
    assert!(tabs().contains("Comments 1"), "{}", tabs());
    let form = ann.get("/settings/deletion");
    assert_eq!(ann.press(&form, "Delete my account", &[("password", PASSWORD)]).status(), 303);
    assert!(!tabs().contains("Comments 1"), "{}", tabs());
}

#[test]
fn a_proof_run_that_is_asked_for_shows_at_once() {
    let app = TestApp::new();
    app.algorithm("lab", "iris").official().publish();
    let (visitor, lab) = (app.visitor(), app.sign_in("lab"));
    let facts = || twice(&visitor, DETAILS).text("dl");
    assert!(facts().contains("Not proven here"), "{}", facts());
    assert_eq!(lab.post("/publish/lab/iris/versions/1.0.0/proof", &[]).status(), 303);
    assert!(!facts().contains("Not proven here"), "{}", facts());
}

//! My Algorithms: the three tabs, as pages and as fragments.

use diesel::prelude::*;
use galleria::algorithms::{self, Listing};
use galleria::clock;
use galleria::schema::favorites;

use crate::subscriptions::subscribe;
use crate::support::TestApp;

#[test]
fn my_algorithms_begins_with_my_subscriptions() {
    let app = TestApp::new();
    let ann = app.sign_in("ann");
    assert_eq!(ann.get("/me/algorithms").location(), "/me/algorithms/subscriptions");
    assert_eq!(app.visitor().get("/me/algorithms").location(), "/login?next=%2Fme%2Falgorithms");
    let page = ann.get("/me/algorithms/subscriptions");
    assert_eq!(page.texts(".tabs a"), ["My Subscriptions 0", "My Releases 0", "My Favorites 0"]);
    assert_eq!(page.text(".tabs [aria-current]"), "My Subscriptions 0");
    assert_eq!(page.text(".empty p"), "You have not subscribed to an algorithm yet.");
    assert_eq!(page.link("Browse algorithms"), "/market/algorithms");
}

#[test]
fn a_row_says_what_one_wants_to_know() {
    let app = TestApp::new();
    let iris = app.algorithm("lab", "iris").official().text("title", "Iris <trees>").versions(&["1.0.0", "1.2.0"]).publish();
    let ann = app.sign_in("ann");
    subscribe(&ann, &iris);
    let page = ann.get("/me/algorithms/subscriptions");
    let heads = ["Algorithm", "Publisher", "Newest version", "Subscribed on", "State", "Application Console", "Actions"];
    assert_eq!(page.texts("thead th"), heads);
    assert_eq!(page.text("#subscription-lab-iris th a"), "Iris <trees>");
    assert_eq!(page.text("#subscription-lab-iris [data-label='Publisher']"), "lab Official");
    assert_eq!(page.text("#subscription-lab-iris [data-label='Newest version']"), "1.2.0");
    assert!(page.has("#subscription-lab-iris [data-label='Subscribed on'] time[title$='UTC']"));
    assert_eq!(page.attr("#subscription-lab-iris .foot a", "href"), "/console?algorithm=lab/iris");
    assert_eq!(page.text("#subscription-lab-iris .foot a"), "Console");
}

#[test]
fn a_tab_arrives_alone_when_htmx_asks() {
    let app = TestApp::new();
    let ann = app.sign_in("ann");
    for tab in ["subscriptions", "releases", "favorites"] {
        let path = format!("/me/algorithms/{tab}");
        let (page, part) = (ann.get(&path), ann.partial(&path));
        assert!(page.has("html body #tab .tabs") && page.body.contains("<html"));
        assert!(part.body.starts_with("<div id=\"tab\">") && !part.body.contains("<html"), "{}", part.body);
        assert!(part.header("vary").contains("HX-Request-Type"));
    }
}

#[test]
fn twenty_four_are_on_a_page() {
    let app = TestApp::new();
    let ann = app.sign_in("ann");
    for number in 0..25 {
        subscribe(&ann, &app.algorithm("lab", &format!("model-{number:02}")).official().publish());
    }
    let first = ann.get("/me/algorithms/subscriptions");
    assert_eq!((first.count("tbody tr"), first.text(".pager span")), (24, "Page 1 of 2".into()));
    assert!(first.has("#subscription-lab-model-24") && !first.has("#subscription-lab-model-00"), "the latest first");
    let second = ann.get("/me/algorithms/subscriptions?page=2");
    assert!(second.has("#subscription-lab-model-00") && second.count("tbody tr") == 1);
    assert_eq!(ann.get("/me/algorithms/subscriptions?page=99").count("tbody tr"), 1);
    assert_eq!(ann.get("/me/algorithms/subscriptions?page=x").count("tbody tr"), 24);
}

#[test]
fn releases_are_my_own_and_my_organisations() {
    let app = TestApp::new();
    app.organisation("clinic", &["bob"]);
    app.algorithm("bob", "mine").private().versions(&["1.0.0", "1.1.0"]).publish();
    let ours = app.algorithm("clinic", "ours").publish();
    app.algorithm("lab", "theirs").publish();
    app.write(|conn| algorithms::set_listing(conn, ours.algorithm.id, Listing::Delisted, clock::now()));
    let bob = app.sign_in("bob");
    let page = bob.get("/me/algorithms/releases");
    assert_eq!(page.texts("tbody th a"), ["ours", "mine"]);
    assert_eq!(page.texts("[data-label='Versions']"), ["1", "2"]);
    assert_eq!(page.texts("[data-label='Visibility']"), ["Public", "Only to me"]);
    assert_eq!(page.texts("tbody .badge"), ["Delisted", "Draft"]);
    assert_eq!(page.texts("[data-label='Success rate']"), ["no runs yet", "no runs yet"]);
    let nobody = app.sign_in("eve").get("/me/algorithms/releases");
    assert!(nobody.says("You have not published an algorithm yet.") && nobody.link("How to publish") == "/publish/guide");
}

#[test]
fn favourites_are_those_i_may_still_see() {
    let app = TestApp::new();
    let (iris, tea) = (app.algorithm("lab", "iris").publish(), app.algorithm("lab", "tea").publish());
    let ann = app.sign_in("ann");
    assert!(ann.get("/me/algorithms/favorites").says("You have no favourites yet."));
    let user = app.user("ann").id;
    for algorithm in [&iris, &tea] {
        let row = (favorites::user_id.eq(user), favorites::algorithm_id.eq(algorithm.algorithm.id), favorites::at.eq(clock::now()));
        app.write(|conn| Ok(diesel::insert_into(favorites::table).values(row).execute(conn)?));
    }
    assert_eq!(ann.get("/me/algorithms/favorites").count("tbody tr"), 2);
    app.write(|conn| algorithms::set_listing(conn, tea.algorithm.id, Listing::Delisted, clock::now()));
    let page = ann.get("/me/algorithms/favorites");
    assert_eq!((page.texts("tbody th a"), page.text(".tabs [aria-current]")), (vec!["iris".to_owned()], "My Favorites 1".to_owned()));
}

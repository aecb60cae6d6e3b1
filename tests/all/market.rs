//! Asset Market > Algorithms, as people and scripts use it.

use galleria::algorithms::{self, Listing, Visibility};
use galleria::{clock, publishers, versions};

use crate::support::{Page, TestApp, eventually};

const MARKET: &str = "/market/algorithms";

/// `publisher/name` of every algorithm on the page, in its order.
pub fn listed(page: &Page) -> Vec<String> {
    page.attrs(".algo-title", "href").iter().map(|path| path.trim_start_matches("/algorithms/").to_owned()).collect()
}

#[test]
fn a_row_says_what_people_choose_by() {
    let app = TestApp::new();
    let iris = app.algorithm("lab", "iris").official().text("title", "Iris <b>trees</b>").text("summary", "Three kinds & one tree.");
    let iris = iris.text("task", "Tabular classification").text("framework", "scikit-learn").text("license", "MIT").constraints("Be kind.").publish();
    app.write(|conn| {
        use diesel::prelude::*;
        use galleria::schema::algorithms::dsl;
        let row = diesel::update(dsl::algorithms.find(iris.algorithm.id));
        row.set((dsl::completed.eq(1_022), dsl::failed.eq(22), dsl::subscribers.eq(1))).execute(conn)?;
        algorithms::announce(conn, iris.algorithm.id, clock::now())
    });
    let page = app.visitor().get(MARKET);
    assert_eq!(page.text("h1"), "Algorithms");
    assert_eq!(page.text("#market-count"), "1, free to use; you pay for hardware hours only");
    assert_eq!(page.text(".algo-title"), "Iris <b>trees</b>");
    assert_eq!(page.text(".algo-name"), "lab / iris");
    assert_eq!(page.text(".algo-summary"), "Three kinds & one tree.");
    let attributes = page.texts("tbody .attributes > li");
    assert_eq!(attributes, ["Official", "Tabular classification", "scikit-learn", "MIT", "Open source", "Constraints"]);
    let figures = page.texts("tbody td.num");
    assert_eq!(figures[..3], ["97.9 % success", "1,022 runs", "1 subscriber"]);
    assert!(figures[3].ends_with("ago") || figures[3] == "just now", "{figures:?}");
}

#[test]
fn words_are_found_anywhere_in_any_case_and_the_best_comes_first() {
    let app = TestApp::new();
    app.algorithm("ann", "in-summary").text("title", "D").text("summary", "Finds a LEAF in a pile.").publish();
    app.algorithm("leaf-lab", "in-publisher").text("title", "C").publish();
    app.algorithm("ann", "in-title").text("title", "The leaf").publish();
    app.algorithm("ann", "leaf-name").text("title", "A").publish();
    app.algorithm("ann", "sizes").text("title", "Größe messen").text("task", "Leaflet").publish();
    app.algorithm("ann", "unrelated").publish();
    let search = |words: &str| listed(&app.visitor().get(&format!("{MARKET}?q={words}")));
    assert_eq!(search("Leaf"), ["ann/in-title", "ann/leaf-name", "leaf-lab/in-publisher", "ann/in-summary", "ann/sizes"]);
    assert_eq!(search("LEAF+the"), ["ann/in-title"], "every word must occur");
    assert_eq!(search("gr%C3%96%C3%9Fe"), ["ann/sizes"], "letters beyond ASCII have no case either");
    assert_eq!(search("pile+leaf"), ["ann/in-summary"]);
    assert_eq!(search("C+leaf-lab"), ["leaf-lab/in-publisher"]);
    let page = app.visitor().get(&format!("{MARKET}?q=Leaf"));
    assert_eq!(page.text("#market-count"), "5 match “Leaf”");
    assert_eq!(page.value("#q"), "Leaf");
}

#[test]
fn nothing_found_offers_what_to_loosen() {
    let app = TestApp::new();
    app.algorithm("ann", "detector").text("license", "MIT").publish();
    app.algorithm("ann", "other").text("license", "Apache-2.0").publish();
    let ann = app.visitor();
    let page = ann.get(&format!("{MARKET}?q=detector&license=Apache-2.0"));
    assert_eq!(page.text(".empty p"), "No algorithm matches “detector” with these filters.");
    assert_eq!(listed(&ann.click(&page, "Remove licence Apache-2.0 1")), ["ann/detector"]);
    let page = ann.get(&format!("{MARKET}?q=detector+horse"));
    assert_eq!(listed(&ann.click(&page, "Search for “detector” 1")), ["ann/detector"]);
    let page = ann.get(&format!("{MARKET}?q=detextives"));
    assert_eq!(page.text("#market-count"), "none match “detextives”");
    assert_eq!(listed(&ann.click(&page, "Search for “detext” 1")), ["ann/detector"]);
    let page = ann.get(&format!("{MARKET}?task=Nobody+does+this"));
    assert_eq!(page.text(".empty p"), "No algorithm has all of these filters.");
    assert_eq!(listed(&ann.click(&page, "Show all algorithms")).len(), 2);
    assert_eq!(ann.click(&page, "Nobody does this, remove").count(".algo-title"), 2);
}

#[test]
fn an_empty_gallery_says_so() {
    let page = TestApp::new().visitor().get(MARKET);
    assert_eq!(page.text(".empty p"), "No algorithm has been published here yet.");
}

#[test]
fn everybody_sees_what_is_theirs_to_see() {
    let app = TestApp::new();
    app.organisation("lab", &["ann"]);
    app.algorithm("bob", "public").publish();
    app.algorithm("lab", "secret").private().publish();
    app.algorithm("bob", "for-eve").users(&["eve"]).publish();
    let delisted = app.algorithm("bob", "delisted").publish();
    app.write(|conn| algorithms::set_listing(conn, delisted.algorithm.id, Listing::Delisted, clock::now()));
    let sees = |page: Page| {
        let mut names = listed(&page);
        names.sort();
        names
    };
    assert_eq!(sees(app.visitor().get(MARKET)), ["bob/public"]);
    assert_eq!(sees(app.sign_in("zoe").get(MARKET)), ["bob/public"]);
    assert_eq!(sees(app.sign_in("ann").get(MARKET)), ["bob/public", "lab/secret"]);
    assert_eq!(sees(app.sign_in("eve").get(MARKET)), ["bob/for-eve", "bob/public"]);
    assert_eq!(sees(app.sign_in("bob").get(MARKET)), ["bob/for-eve", "bob/public"]);
    assert_eq!(sees(app.sign_in_operator().get(MARKET)), ["bob/public"]);
    let page = app.sign_in("ann").get(&format!("{MARKET}?q=secret"));
    assert!(page.texts("tbody .attributes > li").contains(&"Only to me".to_owned()));
    assert!(!app.visitor().get(&format!("{MARKET}?q=secret")).says("lab / secret"));
    let bob = app.user("bob").id;
    app.write(|conn| publishers::set_suspended(conn, bob, Some(clock::now())));
    assert_eq!(sees(app.visitor().get(MARKET)), [""; 0]);
    assert_eq!(sees(app.sign_in("eve").get(MARKET)), [""; 0]);
    app.write(|conn| publishers::set_suspended(conn, bob, None));
    assert_eq!(sees(app.visitor().get(MARKET)), ["bob/public"]);
}

#[test]
fn a_change_shows_with_the_next_request_and_a_moment_later_on_every_server() {
    let app = TestApp::new();
    let other = app.another();
    let both = |writer: &TestApp, expected: &[&str]| {
        assert_eq!(listed(&writer.visitor().get(MARKET)), expected);
        eventually("each has it", || [&app, &other].iter().all(|server| listed(&server.visitor().get(MARKET)) == expected));
    };
    both(&app, &[]);
    let iris = app.algorithm("lab", "iris").publish();
    both(&app, &["lab/iris"]);
    let id = iris.algorithm.id;
    other.write(|conn| algorithms::set_listing(conn, id, Listing::Delisted, clock::now()));
    both(&other, &[]);
    app.write(|conn| algorithms::set_listing(conn, id, Listing::Listed, clock::now()));
    both(&app, &["lab/iris"]);
    other.write(|conn| algorithms::set_visibility(conn, id, Visibility::Private, &[], clock::now()));
    both(&other, &[]);
    app.write(|conn| algorithms::set_visibility(conn, id, Visibility::Public, &[], clock::now()));
    assert!(!app.visitor().get(MARKET).has("tbody .tone-accent"));
    other.write(|conn| publishers::set_official(conn, "lab", true));
    eventually("the mark shows", || app.visitor().get(MARKET).has("tbody .tone-accent"));
    app.write(|conn| versions::withdraw(conn, &iris.versions[0], "It divides by zero.", None, clock::now()));
    eventually("the withdrawal shows", || other.visitor().get(MARKET).says("All versions withdrawn"));
    let lab = app.user("lab").id;
    other.write(|conn| galleria::users::delete(conn, lab, clock::now()));
    both(&other, &[]);
}

#[test]
fn counters_follow_within_a_moment() {
    let app = TestApp::new();
    let other = app.another();
    let iris = app.algorithm("lab", "iris").publish();
    app.algorithm("lab", "rose").publish();
    assert_eq!(listed(&app.visitor().get(MARKET)), ["lab/rose", "lab/iris"]);
    other.write(|conn| {
        use diesel::prelude::*;
        use galleria::schema::algorithms::dsl;
        diesel::update(dsl::algorithms.find(iris.algorithm.id)).set(dsl::subscribers.eq(7)).execute(conn)?;
        algorithms::touch(conn, iris.algorithm.id, clock::now())
    });
    eventually("the subscribers are counted", || listed(&app.visitor().get(MARKET)) == ["lab/iris", "lab/rose"]);
    assert_eq!(app.visitor().get(MARKET).texts("tbody tr:first-child td.num")[2], "7 subscribers");
}

#[test]
fn hostile_addresses_are_only_searches() {
    let app = TestApp::new();
    app.algorithm("lab", "iris").text("summary", "100 % sure_ly it's \"fine\".").publish();
    app.algorithm("lab", "rose").publish();
    let get = |query: &str| app.visitor().get(&format!("{MARKET}?{query}"));
    for (query, found) in
        // What holds neither letter nor digit says nothing.
        [
            ("q=%25", 2),
            ("q=_", 2),
            ("q=%27", 2),
            ("q=%22fine%22", 1),
            ("q=%5C", 2),
            ("q=%27+OR+1%3D1", 0),
            ("q=%1E", 2),
            ("q=*", 2),
            ("q=+++", 2),
        ]
    {
        assert_eq!(get(query).count(".algo-title"), found, "{query}");
    }
    let long = "x".repeat(10_000);
    for query in [
        format!("q={long}"),
        format!("q={}", "ab+".repeat(3_000)),
        format!("task={long}"),
        format!("publisher={long}"),
        "page=0".into(),
        "page=-1".into(),
        "page=99999999999999999999".into(),
        "page=x".into(),
        "sort=evil".into(),
        "official=maybe&accelerator=quantum&constraints=3".into(),
        (0..500).map(|number| format!("task={number}&")).collect(),
        "&&==&q&page".into(),
        "q=%ff%fe".into(),
        "task=%3Cscript%3E".into(),
    ] {
        let page = get(&query);
        assert_eq!(page.status(), 200, "{}", &query[..query.len().min(40)]);
        assert!(!page.body.contains("<script>"), "{query}");
    }
    for ignored in ["page=7", "sort=evil", "official=maybe", "accelerator=quantum", "constraints=3", "something=else", "task="] {
        assert_eq!(get(ignored).count(".algo-title"), 2, "{ignored}");
    }
}

#[test]
fn htmx_gets_the_parts_and_each_part_its_place() {
    let app = TestApp::new();
    app.algorithm("lab", "iris").text("task", "Ranking").publish();
    app.algorithm("lab", "rose").text("task", "Regression").publish();
    let part = app.visitor().partial(&format!("{MARKET}?q=iris"));
    assert!(!part.has("h1") && !part.has("#q"), "the search field stays as it is");
    assert_eq!(listed(&part), ["lab/iris"]);
    assert_eq!(part.attrs("[data-hx-swap-oob]", "id"), ["facets", "market-count"]);
    assert_eq!(part.text("#market-count"), "1 matches “iris”");
    assert_eq!(part.header("vary").to_lowercase().matches("hx-request").count(), 2);
    let page = app.visitor().get(&format!("{MARKET}?q=iris"));
    assert!(page.has("h1") && !page.has("[data-hx-swap-oob]"));
    assert_eq!(page.texts("#facets .num"), part.texts("#facets .num"));
    assert_eq!(page.attr("#results", "class"), part.attr("#results", "class"));
}

#[test]
fn without_javascript_the_form_does_the_same() {
    let app = TestApp::new();
    app.algorithm("lab", "iris").text("license", "MIT").publish();
    app.algorithm("lab", "rose").text("license", "Apache-2.0").publish();
    app.algorithm("ann", "iris").text("license", "Apache-2.0").publish();
    let ann = app.visitor();
    let page = ann.get(MARKET);
    let page = ann.press(&page, "Search", &[("q", "iris")]);
    assert_eq!(listed(&page), ["ann/iris", "lab/iris"]);
    let page = ann.press(&page, "Apply", &[("license", "MIT")]);
    assert_eq!(listed(&page), ["lab/iris"]);
    assert_eq!((page.value("#q"), page.value("#sort"), page.count("#facets input[checked]")), ("iris".into(), "best".into(), 1));
    let page = ann.press(&page, "Search", &[("q", ""), ("sort", "updated")]);
    assert_eq!((listed(&page), page.value("#sort")), (vec!["lab/iris".to_owned()], "updated".to_owned()));
    assert_eq!(ann.click(&page, "MIT, remove").count(".algo-title"), 3);
}

#[test]
fn only_searching_is_limited() {
    let app = TestApp::options().limits_on().start();
    let ann = app.visitor();
    assert!((0..60).all(|_| ann.get(MARKET).status() == 200));
    let statuses: Vec<u16> = (0..60).map(|_| ann.get(&format!("{MARKET}?q=iris")).status()).collect();
    assert_eq!(statuses[..20], [200; 20]);
    assert!(statuses.contains(&429), "{statuses:?}");
}

#[test]
fn what_is_far_down_a_list_is_limited_as_searching_is() {
    let app = TestApp::options().limits_on().start();
    let ann = app.visitor();
    assert!((0..60).all(|_| ann.get(&format!("{MARKET}?page=40")).status() == 200));
    assert!((0..60).any(|_| ann.get(&format!("{MARKET}?page=41")).status() == 429));
}

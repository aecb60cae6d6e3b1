//! The head of an algorithm's pages, Description and Version.

use diesel::prelude::*;
use galleria::algorithms::Visibility;
use galleria::config::Flavor;
use galleria::jobs::Hardware;
use galleria::schema::jobs;
use galleria::{algorithms, clock, versions};

use crate::support::{Page, Published, TestApp, eventually};

/// Puts a finished job of the newest version into the database, and its algorithm's counter with it.
fn finished(app: &TestApp, of: &Published, owner: &str, state: &str, flavor: (&str, &str), metered_ms: i64, cost_micros: i64) {
    let (owner, version) = (app.user(owner).id, of.versions.last().unwrap());
    app.write(|conn| {
        let size =
            Flavor { id: flavor.0.into(), name: flavor.1.into(), cpus: 1, memory: 1 << 30, gpus: 0, max_nodes: 1, price_micros: 1, disk: 1 << 30 };
        let hardware = serde_json::to_string(&Hardware { region: "This machine".into(), engine: "local".into(), flavor: size })?;
        let row = (
            (jobs::owner_id.eq(owner), jobs::launch_id.eq(format!("{:?}", std::time::Instant::now())), jobs::algorithm_id.eq(of.algorithm.id)),
            (jobs::version_id.eq(version.id), jobs::name.eq("job"), jobs::description.eq(""), jobs::region.eq("local"), jobs::flavor.eq(flavor.0)),
            (jobs::hardware.eq(hardware), jobs::nodes.eq(1), jobs::entry_point.eq("main"), jobs::parameters.eq("{}"), jobs::environment.eq("{}")),
            (jobs::command.eq("true"), jobs::price_micros.eq(1), jobs::currency.eq("USD"), jobs::state.eq(state), jobs::metered_ms.eq(metered_ms)),
            (jobs::cost_micros.eq(cost_micros), jobs::created_at.eq(clock::now()), jobs::ended_at.eq(clock::now())),
        );
        diesel::insert_into(jobs::table).values(row).execute(conn)?;
        use galleria::schema::algorithms::dsl as a;
        let one = diesel::update(a::algorithms.find(of.algorithm.id));
        match state {
            "completed" => one.set(a::completed.eq(a::completed + 1)).execute(conn)?,
            _ => one.set(a::failed.eq(a::failed + 1)).execute(conn)?,
        };
        galleria::algorithms::touch(conn, of.algorithm.id, clock::now())
    });
}

fn withdraw(app: &TestApp, of: &Published, reason: &str) {
    app.write(|conn| of.versions.iter().try_for_each(|version| versions::withdraw(conn, version, reason, None, clock::now())));
}

#[test]
fn a_visitor_reads_everything_about_a_public_algorithm() {
    let app = TestApp::new();
    app.algorithm("lab", "iris")
        .text("title", "Iris trees")
        .text("summary", "Tells flowers apart")
        .text("license", "MIT")
        .text("task", "Tabular classification")
        .text("delivery", "A *model*.")
        .text("restrictions", "No **medicine**.")
        .publish();
    let page = app.visitor().get("/algorithms/lab/iris");
    assert_eq!(page.status(), 200);
    assert_eq!(page.text("h1"), "Iris trees");
    assert_eq!(page.text("title"), "Iris trees by lab · Galleria");
    assert_eq!(page.attr("meta[name=description]", "content"), "Tells flowers apart");
    assert_eq!(page.texts("nav.tabs a"), ["Description", "Version 1", "Code", "Comments 0"]);
    assert_eq!(page.text("nav.tabs a[aria-current]"), "Description");
    assert!(page.says("What iris is about."), "the README stands in for a description");
    assert_eq!(page.texts(".prose > h2"), ["iris", "Delivery", "Restrictions"]);
    assert_eq!((page.text(".prose em"), page.text(".prose strong")), ("model".to_owned(), "medicine".to_owned()));
    let facts = page.text("aside");
    for words in ["No jobs yet.", "LicenceMIT", "TaskTabular classification", "Not proven here", "3 files", "You will be asked to read a Note"] {
        assert!(facts.contains(words), "{words} is not in: {facts}");
    }
    assert!(page.buttons().contains(&"Subscribe".to_owned()));
    assert_eq!(page.header("cache-control"), "no-cache");
}

#[test]
fn a_description_takes_the_place_of_the_readme_and_official_needs_no_note() {
    let app = TestApp::new();
    app.algorithm("lab", "iris").text("description", "My words.").official().publish();
    let page = app.visitor().get("/algorithms/lab/iris");
    assert!(page.says("My words.") && !page.says("What iris is about."));
    assert!(page.says("Official") && !page.says("read a Note"));
}

#[test]
fn a_tab_comes_alone_with_its_title_when_htmx_asks() {
    let app = TestApp::new();
    app.algorithm("lab", "iris").publish();
    for (path, title) in [
        ("", "iris by lab · Galleria"),
        ("/versions", "Version · iris · Galleria"),
        ("/code", "Code · iris · Galleria"),
        ("/comments", "Comments · iris · Galleria"),
    ] {
        let part = app.visitor().partial(&format!("/algorithms/lab/iris{path}"));
        assert!(part.body.trim_start().starts_with("<div id=\"tab\">"), "{}", part.body);
        assert_eq!(part.text("title"), title);
        assert!(!part.body.contains("<html") && !part.has("h1"), "{path}");
        assert!(part.header("vary").contains("HX-Request-Type"));
        let whole = app.visitor().get(&format!("/algorithms/lab/iris{path}"));
        assert_eq!((whole.count("title"), whole.text("title")), (1, title.to_owned()));
    }
}

#[test]
fn hostile_words_stay_words() {
    let app = TestApp::new();
    let evil = "<script>alert(1)</script>";
    app.algorithm("lab", "iris")
        .text("title", evil)
        .text("summary", "\"><img src=x onerror=alert(1)>")
        .text("task", evil)
        .text("framework", evil)
        .text("license", evil)
        .text("delivery", &format!("{evil} [x](javascript:alert(1))"))
        .text("restrictions", "<div hx-get=/logout id=main>x</div>")
        .notes(evil)
        .constraints(evil)
        .file("README.md", &format!("# {evil}\n<iframe src=//evil></iframe>"))
        .publish();
    for tab in ["", "/versions", "/code", "/comments"] {
        let page = app.visitor().get(&format!("/algorithms/lab/iris{tab}"));
        assert_eq!(page.status(), 200);
        assert_eq!(page.count("script:not([src^='/static/'])"), 0, "{tab}");
        assert_eq!(page.count("#main, iframe, img, [onerror], .prose [data-hx-get], .prose [data-hx-get]"), 1, "only the page's own main: {tab}");
        assert_eq!(page.text("h1"), evil);
        assert!(!page.body.contains("href=\"javascript:"), "{tab}");
    }
}

#[test]
fn what_is_not_ones_business_is_not_there() {
    let app = TestApp::new();
    app.algorithm("lab", "secret").private().publish();
    app.algorithm("lab", "shared").users(&["ann"]).publish();
    for tab in ["", "/versions", "/versions/1.0.0", "/code", "/code/1.0.0/train.py", "/comments", "/versions/1.0.0/source.zip"] {
        let page = app.visitor().get(&format!("/algorithms/lab/secret{tab}"));
        assert_eq!(page.status(), 404, "{tab}");
        assert!(page.has_link("Log in") && !page.says("secret"), "{tab}");
        assert_eq!(app.sign_in("bob").get(&format!("/algorithms/lab/shared{tab}")).status(), 404, "{tab}");
        assert_eq!(app.sign_in("ann").get(&format!("/algorithms/lab/shared{tab}")).status(), 200, "{tab}");
    }
    let own = app.sign_in("lab").get("/algorithms/lab/secret");
    assert!(own.says("Only to me") && own.has("meta[name=robots][content=noindex]"));
    assert_eq!(own.header("cache-control"), "no-store");
    assert_eq!(app.visitor().get("/algorithms/lab/nothing").status(), 404);
    assert_eq!(app.visitor().get("/algorithms/lab/shared/versions/x").status(), 404);
}

#[test]
fn the_buttons_follow_the_subscription() {
    let app = TestApp::new();
    app.algorithm("lab", "iris").official().publish();
    let ann = app.sign_in("ann");
    let page = ann.get("/algorithms/lab/iris");
    assert!(!page.has_link("Access Console"));
    ann.press(&page, "Subscribe", &[]);
    let page = ann.get("/algorithms/lab/iris");
    assert!(page.says("Subscribed") && !page.buttons().contains(&"Subscribe".to_owned()));
    assert_eq!(page.link("Access Console"), "/console?algorithm=lab/iris");
    ann.post("/algorithms/lab/iris/subscription/cancellation", &[]);
    let page = ann.get("/algorithms/lab/iris");
    assert!(!page.has_link("Access Console"));
    ann.press(&page, "Retrieve Subscription", &[]);
    assert!(ann.get("/algorithms/lab/iris").has_link("Access Console"));
    let visitor = app.visitor();
    let answer = visitor.press(&visitor.get("/algorithms/lab/iris"), "Subscribe", &[]);
    assert!(answer.location().starts_with("/login?next="), "{}", answer.location());
}

#[test]
fn with_every_version_withdrawn_subscribing_is_off_and_says_why() {
    let app = TestApp::new();
    let iris = app.algorithm("lab", "iris").versions(&["1.0.0", "1.1.0"]).publish();
    withdraw(&app, &iris, "leaked the label column");
    let page = app.visitor().get("/algorithms/lab/iris");
    assert!(!page.buttons().contains(&"Subscribe".to_owned()));
    assert!(page.says("Every version has been withdrawn."));
    let versions = app.visitor().get("/algorithms/lab/iris/versions");
    assert_eq!(versions.texts(".version-list .tone-bad"), ["Withdrawn: leaked the label column", "Withdrawn: leaked the label column"]);
    assert_eq!(versions.text("h2"), "Version 1.1.0");
    assert!(versions.says("No new job can use this version"));
}

#[test]
fn a_delisted_algorithm_is_marked_for_those_who_still_see_it() {
    let app = TestApp::new();
    let iris = app.algorithm("lab", "iris").publish();
    app.write(|conn| algorithms::set_listing(conn, iris.algorithm.id, algorithms::Listing::Delisted, clock::now()));
    assert_eq!(app.visitor().get("/algorithms/lab/iris").status(), 404);
    let page = app.sign_in("lab").get("/algorithms/lab/iris");
    assert!(page.texts(".badge").contains(&"Delisted".to_owned()));
    assert!(page.says("It was taken off the market."));
}

#[test]
fn facts_are_measured_on_the_jobs_of_this_version() {
    let app = TestApp::new();
    let iris = app.algorithm("lab", "iris").publish();
    let small = ("cpu-1", "1 vCPU, 2 GiB");
    for (ms, cost) in [(10_000, 20_000), (12_000, 30_000), (50_000, 90_000)] {
        finished(&app, &iris, "ann", "completed", small, ms, cost);
    }
    finished(&app, &iris, "bob", "failed", ("cpu-2", "2 vCPU, 4 GiB"), 1_000, 1_000);
    finished(&app, &iris, "bob", "terminated", small, 1_000, 1_000);
    let page = app.visitor().get("/algorithms/lab/iris");
    let facts = page.text("aside");
    assert!(facts.contains("75.0 % success rate"), "{facts}");
    assert!(facts.contains("3 completed, 1 failed, by 2 subscribers since"), "{facts}");
    assert_eq!(page.texts("aside tbody tr"), ["1 vCPU, 2 GiB12 s$0.033", "2 vCPU, 4 GiB––1"]);
    assert!(facts.contains("3 this week"), "{facts}");
    let versions = app.visitor().get("/algorithms/lab/iris/versions");
    assert!(versions.text(".version-list").contains("75.0 %, 4 jobs"));
    finished(&app, &iris, "eve", "completed", small, 1, 1);
    assert!(app.visitor().get("/algorithms/lab/iris").says("4 completed"), "the next job shows at once");
    app.algorithm("lab", "iris").versions(&["2.0.0"]).publish();
    assert!(app.visitor().get("/algorithms/lab/iris").says("No jobs yet."), "another version, other facts");
}

#[test]
fn a_version_says_what_it_needs_and_takes() {
    let app = TestApp::new();
    let iris = app
        .algorithm("lab", "iris")
        .constraints("Only **de-identified** rows.")
        .notes("- faster")
        .yaml("requires", "{cpus: 2, memory: 3GiB, inputs: [{name: train, formats: [csv], description: rows}]}")
        .publish();
    let page = app.visitor().get("/algorithms/lab/iris/versions/1.0.0");
    assert_eq!(page.text(".prose strong"), "de-identified");
    let text = page.text("#tab");
    for words in [
        "At least 2 per node",
        "At least 3 GiB per node",
        "Input train",
        "CSV: rows",
        "Met by This machine 1 of 2 flavors",
        "Exactly 1 node",
        "faster",
        "Not proven here",
        "entry point main",
        "3 parameters",
    ] {
        assert!(text.contains(words), "{words} is not in: {text}");
    }
    assert_eq!(page.text("tbody tr:has(code)"), "Input trainCSV: rows");
    assert!(page.texts("tr").contains(&"roundsint31 to 1,000Rounds of training".to_owned()), "{:?}", page.texts("tr"));
    assert!(page.attrs("[data-copy]", "data-copy").contains(&iris.versions[0].digest));
    let plain = app.algorithm("lab", "plain").publish();
    assert!(app.visitor().get(&format!("{}/versions", plain.path())).says("None. Subscribing asks nothing"));
}

#[test]
fn many_versions_come_in_pages() {
    let app = TestApp::new();
    let numbers: Vec<String> = (0..30).map(|n| format!("1.{n}.0")).collect();
    app.algorithm("lab", "iris").versions(&numbers.iter().map(String::as_str).collect::<Vec<_>>()).publish();
    let page = app.visitor().get("/algorithms/lab/iris/versions");
    assert_eq!(page.count(".version-list li"), 24);
    assert!(page.text(".version-list li").starts_with("1.29.0 newest"));
    let next = app.visitor().click(&page, "Next");
    assert_eq!((next.count(".version-list li"), next.text("h2")), (6, "Version 1.29.0".to_owned()));
    let oldest = app.visitor().get(&next.attr(".version-list li:last-child a", "href"));
    assert_eq!(oldest.text("h2"), "Version 1.0.0");
    assert_eq!(oldest.text(".version-list a[aria-current] .strong"), "1.0.0");
}

#[test]
fn what_visitors_see_is_kept_until_anything_changes_on_any_server() {
    let app = TestApp::new();
    let iris = app.algorithm("lab", "iris").official().publish();
    let (visitor, ann) = (app.visitor(), app.sign_in("ann"));
    let path = iris.path();
    let is_kept = || {
        visitor.get(&path);
        let sheet = app.state().kept.sheet(&path);
        sheet.is_some_and(|sheet| app.state().catalogue.is_still(app.db(), &sheet.stamp))
    };
    let comments = |page: &Page| page.texts("[role=tab] .count, .tabs .count").join(" ");
    eventually("the page is kept", is_kept);
    ann.post(&format!("{path}/like"), &[]);
    assert!(visitor.get(&path).has("button[aria-label='Like, 1 like']"), "the same server shows its own writes at once");
    eventually("the page is kept", is_kept);
    let before = comments(&visitor.get(&path));
    ann.post(&format!("{path}/comments"), &[("body", "Works well.")]);
    assert_ne!(comments(&visitor.get(&path)), before);
    eventually("the page is kept", is_kept);
    let other = app.another();
    let bob = other.sign_in("bob");
    bob.post(&format!("{path}/like"), &[]);
    eventually("another server's write is seen", || visitor.get(&path).has("button[aria-label='Like, 2 likes']"));
    eventually("the page is kept", is_kept);
    app.write(|conn| algorithms::set_visibility(conn, iris.algorithm.id, Visibility::Private, &[], clock::now()));
    assert_eq!(visitor.get(&path).status(), 404);
}

//! The first page.

use crate::support::TestApp;

#[test]
fn it_says_what_this_is_and_shows_algorithms() {
    let app = TestApp::new();
    app.algorithm("lab", "iris").official().publish();
    app.algorithm("ann", "rose").publish();
    app.algorithm("ann", "mine").private().publish();
    let page = app.visitor().get("/");
    assert_eq!(page.status(), 200);
    assert_eq!(page.text("h1"), "Training algorithms, measured on real jobs");
    assert_eq!(page.texts("h2"), ["Official", "Most subscribed", "Newly published"]);
    assert_eq!(page.texts("section:nth-of-type(1) h3"), ["iris"]);
    assert_eq!(page.texts("section:nth-of-type(3) h3"), ["rose", "iris"]);
    let market = app.visitor().click(&page, "All official algorithms");
    assert_eq!(market.texts(".algo-title"), ["iris"]);
    assert_eq!(app.sign_in("ann").get("/").texts("section:nth-of-type(3) h3"), ["mine", "rose", "iris"]);
}

#[test]
fn its_search_leads_to_the_market() {
    let app = TestApp::new();
    app.algorithm("lab", "iris").publish();
    app.algorithm("lab", "rose").publish();
    let visitor = app.visitor();
    let market = visitor.press(&visitor.get("/"), "Search", &[("q", "rose")]);
    assert_eq!(market.texts(".algo-title"), ["rose"]);
}

#[test]
fn an_empty_gallery_has_a_first_page_too() {
    let page = TestApp::new().visitor().get("/");
    assert_eq!(page.text(".empty p"), "No algorithm has been published here yet.");
    assert!(page.has_link("Log in") && page.texts("h2").is_empty());
}

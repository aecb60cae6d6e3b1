//! Likes and favourites.

use crate::support::TestApp;

#[test]
fn a_like_is_counted_once_and_can_be_taken_back() {
    let app = TestApp::new();
    app.algorithm("lab", "iris").publish();
    let ann = app.sign_in("ann");
    let before = ann.get("/algorithms/lab/iris");
    let answer = ann.press(&before, "Like, 0 likes", &[]);
    assert_eq!(answer.location(), "/algorithms/lab/iris");
    ann.press(&before, "Like, 0 likes", &[]);
    let page = ann.get("/algorithms/lab/iris");
    assert_eq!(page.attr("button[aria-label='Like, 1 like']", "aria-pressed"), "true");
    assert!(app.visitor().get("/algorithms/lab/iris").has("button[aria-label='Like, 1 like'][aria-pressed=false]"));
    app.sign_in("bob").post("/algorithms/lab/iris/like", &[]);
    let part = ann.post_partial("/algorithms/lab/iris/like", &[("on", "false")]);
    assert!(part.body.trim_start().starts_with("<div class=\"page-actions\" id=\"algorithm-actions\">"), "{}", part.body);
    assert!(part.has("button[aria-label='Like, 1 like'][aria-pressed=false]"));
    ann.post("/algorithms/lab/iris/like", &[]);
    assert!(ann.get("/algorithms/lab/iris").has("button[aria-label='Like, 2 likes'][aria-pressed=true]"), "without a wish it is turned round");
}

#[test]
fn fifty_clicks_at_once_are_one_like() {
    let app = TestApp::new();
    let iris = app.algorithm("lab", "iris").publish();
    let ann = app.sign_in("ann");
    std::thread::scope(|scope| {
        for _ in 0..50 {
            scope.spawn(|| assert_eq!(ann.post("/algorithms/lab/iris/like", &[("on", "true")]).status(), 303));
        }
    });
    assert!(ann.get(&iris.path()).has("button[aria-label='Like, 1 like']"));
    std::thread::scope(|scope| {
        for _ in 0..50 {
            scope.spawn(|| assert_eq!(ann.post("/algorithms/lab/iris/like", &[("on", "false")]).status(), 303));
        }
    });
    assert!(ann.get(&iris.path()).has("button[aria-label='Like, 0 likes']"));
}

#[test]
fn many_members_at_once_are_all_counted() {
    let app = TestApp::new();
    app.algorithm("lab", "iris").publish();
    let members: Vec<_> = (0..8).map(|n| app.sign_in(&format!("member-{n}"))).collect();
    std::thread::scope(|scope| {
        for member in &members {
            scope.spawn(|| {
                for on in ["true", "false", "true", "true"] {
                    assert_eq!(member.post("/algorithms/lab/iris/like", &[("on", on)]).status(), 303);
                }
            });
        }
    });
    assert!(app.visitor().get("/algorithms/lab/iris").has("button[aria-label='Like, 8 likes']"));
}

#[test]
fn a_favourite_is_ones_own() {
    let app = TestApp::new();
    app.algorithm("lab", "iris").publish();
    let ann = app.sign_in("ann");
    ann.press(&ann.get("/algorithms/lab/iris"), "Favourite", &[]);
    assert_eq!(ann.get("/algorithms/lab/iris").attr("button[aria-label=Favourite]", "aria-pressed"), "true");
    assert_eq!(app.sign_in("bob").get("/algorithms/lab/iris").attr("button[aria-label=Favourite]", "aria-pressed"), "false");
    assert!(ann.get("/me/algorithms/favorites").says("iris"));
    let back = ann.post("/algorithms/lab/iris/favorite", &[("on", "false"), ("next", "/me/algorithms/favorites")]);
    assert_eq!(back.location(), "/me/algorithms/favorites");
    assert!(!ann.get("/me/algorithms/favorites").has("a[href='/algorithms/lab/iris']"));
    assert_eq!(ann.post("/algorithms/lab/iris/favorite", &[("next", "//evil.example")]).location(), "/");
}

#[test]
fn only_members_react_and_only_to_what_they_see() {
    let app = TestApp::new();
    app.algorithm("lab", "iris").publish();
    app.algorithm("lab", "secret").private().publish();
    for what in ["like", "favorite"] {
        assert!(app.visitor().post(&format!("/algorithms/lab/iris/{what}"), &[]).location().starts_with("/login"));
        assert!(app.visitor().post_partial(&format!("/algorithms/lab/iris/{what}"), &[]).header("hx-redirect").starts_with("/login"));
        assert_eq!(app.sign_in("ann").post(&format!("/algorithms/lab/secret/{what}"), &[]).status(), 404);
    }
    assert!(app.visitor().get("/algorithms/lab/iris").has("button[aria-label='Like, 0 likes']"));
}

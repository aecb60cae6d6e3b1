//! Comments and answers.

use diesel::prelude::*;
use galleria::schema::comment_edits;

use crate::support::{Client, PASSWORD, Page, TestApp};

const TAB: &str = "/algorithms/lab/iris/comments";

fn app() -> TestApp {
    let app = TestApp::new();
    app.algorithm("lab", "iris").publish();
    app
}

/// Says it and gives the page with it, and the address of the comment.
fn say(client: &Client, body: &str) -> (Page, String) {
    let page = client.press(&client.get(TAB), "Comment", &[("body", body)]);
    let id = page.location().rsplit_once("#comment-").expect("back to the comment").1.to_owned();
    (client.follow(&page), format!("{TAB}/{id}"))
}

#[test]
fn a_member_comments_and_another_answers() {
    let app = app();
    let (ann, lab) = (app.sign_in("ann"), app.sign_in("lab"));
    let (page, _) = say(&ann, "Does it take **missing** incomes?");
    assert_eq!(page.text(".comment .prose strong"), "missing");
    assert_eq!(page.text("nav.tabs a[aria-current]"), "Comments 1");
    let form = lab.click(&lab.get(TAB), "Answer");
    assert!(form.says("Does it take missing incomes?"), "what is answered stands above the field");
    let page = lab.follow(&lab.press(&form, "Answer", &[("body", "Yes.")]));
    assert_eq!(page.texts(".comment .comment .prose"), ["Yes."]);
    assert_eq!(page.text(".comment .comment .badge"), "Publisher");
    assert_eq!(page.count(".comment .comment a[href$='/answer']"), 0, "answers are not answered");
    let visitor = app.visitor().get(TAB);
    assert!(visitor.says("Yes.") && !visitor.has("form[action$='/comments']") && visitor.says("Log in to comment"));
    let answer = page.attr(".comment .comment", "id").replace("comment-", "");
    assert_eq!(ann.post(TAB, &[("body", "deeper"), ("parent", &answer)]).status(), 409);
    assert_eq!(ann.post(TAB, &[("body", "x"), ("parent", "999")]).status(), 404);
    assert_eq!(ann.post(TAB, &[("body", "x"), ("parent", "no")]).status(), 404);
}

#[test]
fn an_empty_or_endless_comment_comes_back_with_what_was_typed() {
    let app = app();
    let ann = app.sign_in("ann");
    let page = ann.post(TAB, &[("body", " \n ")]);
    assert_eq!((page.status(), page.text("#body-error")), (422, "Write something first.".to_owned()));
    let long = "y".repeat(4001);
    let page = ann.post(TAB, &[("body", &long)]);
    assert_eq!((page.status(), page.text("#body-error")), (422, "Use at most 4,000 characters.".to_owned()));
    assert_eq!(page.value("#body").trim(), long);
    assert_eq!(ann.post(TAB, &[("body", &"ü".repeat(4000))]).status(), 303);
    let (_, place) = say(&ann, "one");
    let id = place.rsplit('/').next().unwrap().to_owned();
    let page = ann.post(TAB, &[("body", ""), ("parent", &id)]);
    assert_eq!((page.status(), page.text("#body-error")), (422, "Write something first.".to_owned()));
    assert_eq!(page.value("input[name=parent]"), id);
    assert_eq!(ann.post(&place, &[("body", "")]).status(), 422);
}

#[test]
fn hostile_comments_do_nothing() {
    let app = app();
    let ann = app.sign_in("ann");
    for body in [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "<form action=/logout method=post><button>ok</button></form>",
        "</div></article></main><h1>spoof</h1>",
        "<div hx-get=/logout hx-trigger=load data-hx-get=/x>x</div>",
        "</textarea><script>alert(1)</script>",
        "<style>*{display:none}</style>",
    ] {
        let (page, place) = say(&ann, body);
        for page in [page, ann.get(&place), app.visitor().get(TAB)] {
            assert_eq!(page.count("script:not([src^='/static/']), img, style, [onerror], .prose form, .prose [data-hx-get]"), 0, "{body}");
            assert_eq!(page.count("main"), 1);
            assert!(!page.body.contains("href=\"javascript:"));
        }
        assert_eq!(ann.get(&place).value("#body").trim(), body, "the author edits what they typed");
    }
}

#[test]
fn its_author_edits_and_deletes_it_and_nobody_else_does() {
    let app = app();
    let (ann, bob) = (app.sign_in("ann"), app.sign_in("bob"));
    let (_, place) = say(&ann, "frist");
    for stranger in [&bob, &app.sign_in("lab"), &app.sign_in_operator()] {
        assert_eq!(stranger.get(&place).status(), 404);
        assert_eq!(stranger.post(&place, &[("body", "mine")]).status(), 404);
        assert_eq!(stranger.get(&format!("{place}/deletion")).status(), 404);
        assert_eq!(stranger.post(&format!("{place}/deletion"), &[]).status(), 404);
    }
    assert!(app.visitor().get(&place).location().starts_with("/login"));
    let form = ann.click(&ann.get(TAB), "Edit");
    let page = ann.follow(&ann.press(&form, "Save", &[("body", "first")]));
    assert_eq!(page.text(".comment .prose"), "first");
    assert!(page.says("edited"));
    bob.post(TAB, &[("body", "an answer"), ("parent", place.rsplit('/').next().unwrap())]);
    let asked = ann.click(&ann.get(TAB), "Delete");
    assert!(asked.says("Its words are gone for good"));
    let page = ann.follow(&ann.press(&asked, "Delete", &[]));
    assert!(!page.says("first") && page.says("Deleted by its author.") && page.says("an answer"));
    assert_eq!(ann.post(&place, &[("body", "again")]).status(), 404);
    let (_, alone) = say(&ann, "nobody answers this");
    ann.post(&format!("{alone}/deletion"), &[]);
    assert_eq!(ann.get(TAB).texts("nav.tabs .count").last().map(String::as_str), Some("1"));
    assert_eq!(ann.get(TAB).count(".prose-width > .comment"), 1, "nothing is left of it");
}

#[test]
fn an_edited_comment_shows_what_it_said_before() {
    let app = app();
    let (ann, bob, lab) = (app.sign_in("ann"), app.sign_in("bob"), app.sign_in("lab"));
    let (page, place) = say(&ann, "It **never** works.");
    assert!(!page.body.contains("/history"), "nothing was edited");
    for body in ["It rarely works.", "It rarely works.", "It works. <script>alert(1)</script>"] {
        assert_eq!(ann.post(&place, &[("body", body)]).status(), 303);
    }
    let link = app.visitor().get(TAB).attr("a[href$='/history']", "href");
    let history = app.visitor().get(&link);
    assert_eq!(history.texts(".prose"), ["It works.", "It rarely works.", "It never works."], "the latest first; saving the same is no edit");
    assert_eq!((history.count(".prose strong"), history.count(".prose script")), (1, 0));
    assert!(bob.partial(&link).has("#dialog-title"));
    lab.post(&format!("{place}/hiding"), &[("reason", "rude")]);
    assert_eq!((bob.get(&link).status(), app.visitor().get(&link).status()), (404, 404));
    assert!(!bob.get(TAB).body.contains("/history"));
    assert_eq!((ann.get(&link).status(), lab.get(&link).status()), (200, 200), "its author and who hid it");
    lab.post(&format!("{place}/showing"), &[]);
    assert_eq!(bob.get(&link).status(), 200);
    ann.post(&format!("{place}/deletion"), &[]);
    assert_eq!((ann.get(&link).status(), lab.get(&link).status()), (404, 404));
    let left = app.read(|conn| Ok(comment_edits::table.count().get_result::<i64>(conn)?));
    assert_eq!(left, 0, "its words are gone for good");
}

#[test]
fn nothing_of_a_deleted_account_is_left_in_histories() {
    let app = app();
    let ann = app.sign_in("ann");
    let (_, place) = say(&ann, "My name is Ann.");
    ann.post(&place, &[("body", "I am a member.")]);
    let form = ann.get("/settings/deletion");
    assert_eq!(ann.press(&form, "Delete my account", &[("password", PASSWORD)]).status(), 303);
    assert_eq!(app.visitor().get(&format!("{place}/history")).status(), 404);
    assert_eq!(app.read(|conn| Ok(comment_edits::table.count().get_result::<i64>(conn)?)), 0);
}

#[test]
fn the_publisher_and_the_operator_hide_with_a_reason() {
    let app = app();
    let (ann, bob) = (app.sign_in("ann"), app.sign_in("bob"));
    for moderator in [app.sign_in("lab"), app.sign_in_operator()] {
        let (_, place) = say(&ann, "call me at 555-0100");
        let hiding = format!("{place}/hiding");
        assert_eq!(bob.get(&hiding).status(), 404);
        assert_eq!(bob.post(&hiding, &[("reason", "no")]).status(), 404);
        assert_eq!(ann.post(&hiding, &[("reason", "no")]).status(), 404, "authors delete");
        let form = moderator.get(&hiding);
        let again = moderator.press(&form, "Hide", &[("reason", " ")]);
        assert_eq!(again.status(), 422);
        assert!(again.text("#reason-error").starts_with("Say why"));
        moderator.press(&form, "Hide", &[("reason", "a <b>phone</b> number")]);
        for reader in [&bob, &app.visitor()] {
            let page = reader.get(TAB);
            assert!(page.says("a <b>phone</b> number") && page.says("Hidden by") && !page.body.contains("555-0100"));
            assert!(!reader.get(&format!("{place}/answer")).body.contains("555-0100"));
        }
        assert!(ann.get(TAB).body.contains("555-0100"), "its author still sees it");
        assert_eq!(ann.post(&place, &[("body", "x")]).status(), 409, "hidden comments are not edited");
        assert_eq!(bob.post(&format!("{place}/showing"), &[]).status(), 404);
        moderator.press(&moderator.get(TAB), "Show again", &[]);
        assert!(app.visitor().get(TAB).body.contains("555-0100"));
        ann.post(&format!("{place}/deletion"), &[]);
    }
}

#[test]
fn an_organisations_members_are_its_publisher() {
    let app = TestApp::new();
    app.organisation("club", &["mia"]);
    app.algorithm("club", "iris").publish();
    let mia = app.sign_in("mia");
    mia.post("/algorithms/club/iris/comments", &[("body", "we are here")]);
    assert_eq!(app.visitor().get("/algorithms/club/iris/comments").text(".comment .badge"), "Publisher");
    assert!(mia.get("/algorithms/club/iris/comments").has_link("Hide"));
}

#[test]
fn many_comments_come_in_pages_the_newest_first() {
    let app = app();
    let ann = app.sign_in("ann");
    for n in 1..=26 {
        ann.post(TAB, &[("body", &format!("number {n}"))]);
    }
    let page = ann.get(TAB);
    assert_eq!((page.count(".comment"), page.text(".comment .prose")), (24, "number 26".to_owned()));
    let second = ann.click(&page, "Next");
    assert_eq!(second.texts(".comment .prose"), ["number 2", "number 1"]);
    let oldest = second.texts(".comment a[href$='/answer']").len();
    assert_eq!(oldest, 2);
    let answer = second.attrs(".comment a[href$='/answer']", "href").pop().unwrap();
    let back = ann.press(&ann.get(&answer), "Answer", &[("body", "late")]);
    assert!(back.location().starts_with(&format!("{TAB}?page=2#comment-")), "{}", back.location());
}

#[test]
fn a_private_algorithms_comments_are_private() {
    let app = TestApp::new();
    app.algorithm("lab", "secret").private().publish();
    let tab = "/algorithms/lab/secret/comments";
    app.sign_in("lab").post(tab, &[("body", "to myself")]);
    let ann = app.sign_in("ann");
    assert_eq!((ann.get(tab).status(), ann.post(tab, &[("body", "x")]).status()), (404, 404));
    for what in ["", "/answer", "/deletion", "/hiding"] {
        assert_eq!(ann.get(&format!("{tab}/1{what}")).status(), 404);
    }
}

#[test]
fn the_forms_about_a_comment_come_into_the_dialog() {
    let app = app();
    let ann = app.sign_in("ann");
    let (_, place) = say(&ann, "one");
    for what in ["", "/answer", "/deletion"] {
        let part = ann.partial(&format!("{place}{what}"));
        assert!(part.has("form h1#dialog-title") && !part.body.contains("<html"), "{}", part.body);
    }
}

//! Organisations: who is in them, who may change that, and algorithms that move to them.

use galleria::{audit, clock, users};

use crate::support::{Client, TestApp};

/// `lab` of ann, as its page makes it.
fn lab(ann: &Client) {
    let form = ann.click(&ann.get("/settings/organisations"), "Create an organisation");
    let sent = ann.press(&form, "Create", &[("handle", "lab"), ("name", "The Lab"), ("about", "We grow **flowers**.")]);
    assert_eq!((sent.status(), sent.location()), (303, "/organisations/lab"), "{}", sent.body);
}

fn add(owner: &Client, member: &str, role: &str) {
    let sent = owner.press(&owner.get("/organisations/lab"), "Add", &[("member", member), ("role", role)]);
    assert_eq!(sent.status(), 303, "{}", sent.body);
}

fn audited(app: &TestApp) -> Vec<String> {
    app.read(|conn| audit::lines(conn, 0, 50)).into_iter().map(|line| format!("{} {} {}", line.action, line.subject, line.detail)).collect()
}

#[test]
fn whoever_creates_one_owns_it_and_only_members_see_it() {
    let app = TestApp::new();
    let (ann, ben) = (app.sign_in("ann"), app.sign_in("ben"));
    let form = ann.get("/organisations/new");
    let taken = ann.press(&form, "Create", &[("handle", "ben"), ("name", "Bens"), ("about", "Kept.")]);
    assert_eq!((taken.status(), taken.text("#handle-error"), taken.value("#name")), (422, "That handle is taken.".into(), "Bens".into()));
    let wrong = ann.press(&form, "Create", &[("handle", "A b"), ("name", " "), ("about", &"x".repeat(2_001))]);
    assert!(wrong.status() == 422 && wrong.has("#handle-error") && wrong.has("#name-error") && wrong.has("#about-error"));
    lab(&ann);
    let page = ann.get("/organisations/lab");
    assert_eq!(
        (page.text("h1"), page.texts("tbody th"), page.texts("tbody td[data-label=Role]")),
        ("The Lab".into(), vec!["ann you".into()], vec!["Owner".into()])
    );
    assert!(ann.get("/settings/organisations").says("The Lab"));
    let publisher = app.visitor().get("/publishers/lab");
    assert!(publisher.says("The Lab") && publisher.text(".prose strong") == "flowers" && !publisher.says("Members and settings"));
    assert_eq!(ann.click(&ann.get("/publishers/lab"), "Members and settings").status(), 200);
    assert_eq!((ben.get("/organisations/lab").status(), app.sign_in_operator().get("/organisations/lab").status()), (404, 404));
    let renamed = ann.press(&page, "Save", &[("name", "The Old Lab")]);
    assert!(ann.follow(&renamed).text("h1") == "The Old Lab" && audited(&app).iter().any(|line| line.starts_with("organisation created lab")));
    let empty = ann.press(&page, "Save", &[("name", "")]);
    assert!(empty.status() == 422 && empty.has("#name-error") && !empty.has("#member-error"));
}

#[test]
fn owners_change_the_members_and_publishers_publish() {
    let app = TestApp::new();
    let (ann, ben, cat) = (app.sign_in("ann"), app.sign_in("ben"), app.sign_in("cat"));
    lab(&ann);
    for (member, words) in [("nobody", "There is no member nobody."), ("ann", "They are a member already."), ("", "Give a handle.")] {
        let sent = ann.press(&ann.get("/organisations/lab"), "Add", &[("member", member), ("role", "owner")]);
        assert_eq!((sent.status(), sent.text("#member-error"), sent.value("#role")), (422, words.into(), "owner".into()));
    }
    add(&ann, "ben", "publisher");
    assert!(ben.get("/notifications").says("You are in The Lab now, as publisher."));
    app.algorithm("lab", "iris").private().publish();
    assert_eq!((ben.get("/publish/lab/iris").status(), cat.get("/publish/lab/iris").status()), (200, 404));
    assert!(ben.get("/publish").texts("#publisher option").contains(&"lab".to_owned()), "{}", ben.get("/publish").body);

    let page = ben.get("/organisations/lab");
    assert!(page.says("you are publisher") && !page.buttons().iter().any(|button| button.starts_with("Make") || button == "Add" || button == "Save"));
    for (path, fields) in [
        ("/organisations/lab", vec![("name", "Mine")]),
        ("/organisations/lab/members", vec![("member", "cat"), ("role", "owner")]),
        ("/organisations/lab/members/ben", vec![("role", "owner")]),
        ("/organisations/lab/members/ann/removal", vec![]),
    ] {
        assert_eq!((ben.post(path, &fields).status(), cat.post(path, &fields).status()), (403, 404), "{path}");
    }
    let page = ann.get("/organisations/lab");
    assert_eq!(ann.press(&page, "Make owner ben", &[]).status(), 303);
    assert!(ben.get("/notifications").says("You are owner of The Lab now."));
    assert_eq!(ann.press(&ben.get("/organisations/lab/members/ann/removal"), "Remove", &[]).status(), 303, "an owner removes another, or leaves");
    assert_eq!(
        (ann.get("/organisations/lab").status(), ann.get("/publish/lab/iris").status(), ben.get("/publish/lab/iris").status()),
        (404, 404, 200)
    );
    assert!(audited(&app).contains(&"member removed lab ann".to_owned()));
}

#[test]
fn there_is_always_an_owner() {
    let app = TestApp::new();
    let (ann, ben) = (app.sign_in("ann"), app.sign_in("ben"));
    lab(&ann);
    add(&ann, "ben", "publisher");
    let page = ann.get("/organisations/lab");
    let demoted = ann.press(&page, "Make publisher ann", &[]);
    assert!(demoted.status() == 409 && demoted.says("An organisation needs an owner."), "{}", demoted.text("main"));
    let left = ann.press(&ann.click(&page, "Leave"), "Leave", &[]);
    assert!(left.status() == 409 && ann.get("/organisations/lab").says("you are owner"));

    let asked = ann.get("/settings/deletion");
    assert!(asked.says("It is the only owner of lab."));
    let refused = ann.press(&asked, "Delete my account", &[("password", crate::support::PASSWORD)]);
    assert!(refused.status() == 409 && refused.says("You are the last owner of an organisation."), "{}", refused.text("main"));
    assert_eq!(ann.get("/settings").status(), 200, "nothing has happened");

    assert_eq!(ben.press(&ben.click(&ben.get("/organisations/lab"), "Leave"), "Leave", &[]).location(), "/settings/organisations");
    app.algorithm("lab", "iris").publish();
    assert!(!ann.get("/settings/deletion").says("It is the only owner"));
    let id = app.user("ann").id;
    app.write(|conn| users::delete(conn, id, clock::now()));
    assert!(app.visitor().get("/publishers/lab").says("Suspended"), "an organisation without anybody closes");
}

#[test]
fn an_algorithm_moves_with_everything_that_belongs_to_it() {
    let app = TestApp::new();
    let (ann, ben, cat) = (app.sign_in("ann"), app.sign_in("ben"), app.sign_in("cat"));
    lab(&ann);
    add(&ann, "ben", "publisher");
    app.algorithm("ann", "iris").official().publish();
    app.algorithm("lab", "rose").publish();
    app.algorithm("ann", "rose").publish();
    assert_eq!(cat.post("/algorithms/ann/iris/subscription", &[]).status(), 303);
    cat.post("/algorithms/ann/iris/comments", &[("body", "Which soil?")]);

    let form = ann.click(&ann.get("/publish/ann/iris"), "Move to another publisher");
    assert!(form.says("Its addresses change") && form.texts("#publisher option") == ["lab"]);
    let wrong = ann.press(&form, "Move", &[("publisher", "cat")]);
    assert!(wrong.status() == 422 && wrong.text("#publisher-error").contains("Choose one of the publishers"));
    let taken = ann.press(&ann.get("/publish/ann/rose/transfer"), "Move", &[("publisher", "lab")]);
    assert!(taken.status() == 422 && taken.text("#publisher-error") == "lab has an algorithm rose already.", "{}", taken.text("main"));
    assert_eq!(ann.get("/algorithms/ann/rose").status(), 200);
    assert_eq!(
        (ben.get("/publish/ann/iris/transfer").status(), cat.post("/publish/ann/iris/transfer", &[("publisher", "lab")]).status()),
        (404, 404)
    );

    let visitor = app.visitor();
    assert_eq!(visitor.get("/algorithms/ann/iris").status(), 200);
    let moved = ann.press(&form, "Move", &[("publisher", "lab")]);
    assert_eq!((moved.status(), moved.location()), (303, "/publish/lab/iris"), "{}", moved.body);
    assert_eq!((visitor.get("/algorithms/ann/iris").status(), visitor.get("/algorithms/lab/iris").status()), (404, 200));
    assert!(visitor.get("/algorithms/lab/iris/comments").says("Which soil?"));
    assert!(cat.get("/algorithms/lab/iris").says("Subscribed") && cat.get("/notifications").says("iris moved from ann/iris to lab/iris."));
    assert!(
        visitor.get("/market/algorithms?publisher=lab").says("iris") && !visitor.get("/publishers/ann").texts(".algo-title").contains(&"iris".into())
    );
    assert!(audited(&app).contains(&"algorithm transferred ann/iris to lab/iris".to_owned()));

    assert_eq!(ben.get("/publish/lab/iris").status(), 200, "its new publishers look after it");
    let refused = ben.get("/publish/lab/iris/transfer");
    assert!(refused.status() == 403 && refused.says("Only owners of an organisation may move its algorithms."), "{}", refused.text("main"));
    assert_eq!(ben.post("/publish/lab/iris/transfer", &[("publisher", "ben")]).status(), 403);
    assert_eq!(ann.press(&ann.get("/publish/lab/iris/transfer"), "Move", &[("publisher", "ann")]).location(), "/publish/ann/iris");
    assert_eq!(visitor.get("/algorithms/ann/iris").status(), 200);
}

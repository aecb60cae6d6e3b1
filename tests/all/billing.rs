//! Bills: exact, per attempt, in the month in which it ended.

use chrono::{Duration, NaiveDate};
use galleria::billing::{self, Month};
use galleria::jobs::Typed;

use crate::support::TestApp;
use crate::support::training::{Lab, exited, running, submit, subscribe, typed};

#[test]
fn an_attempt_belongs_to_the_month_in_which_it_ended() {
    let app = TestApp::new();
    let (ann, iris) = (app.user("ann"), app.algorithm("lab", "iris").publish());
    subscribe(&app, &ann, &iris);
    let lab = Lab::new(&app);
    let job = submit(&app, &ann, &iris, &Typed { retries: "1".into(), ..typed("l") });
    let october = NaiveDate::from_ymd_opt(2031, 10, 31).unwrap().and_hms_opt(23, 59, 0).unwrap();
    let november = october + Duration::hours(1);
    let tick = |at| {
        (0..6).for_each(|_| {
            lab.tick_at(at);
        })
    };

    tick(october);
    lab.engine.says(&lab.attempt(job.id), running(), 30_000);
    tick(october);
    let bill = |month: &str, at| app.read(|conn| billing::statement(conn, ann.id, month.parse().unwrap(), at));
    assert_eq!(bill("2031-10", october).totals()["USD"], 1_000, "what runs is on this month's bill");
    assert!(bill("2031-11", october).lines.is_empty());

    lab.engine.says(&lab.attempt(job.id), exited(1), 45_000);
    tick(october);
    lab.engine.says(&lab.attempt(job.id), exited(0), 60_015);
    tick(november);
    let (first, second) = (bill("2031-10", november), bill("2031-11", november));
    assert_eq!((first.metered_ms(), first.totals()["USD"]), (45_000, 1_500));
    // 60.015 s at $0.12 an hour are exactly 2,000.5 millionths: half to even.
    assert_eq!((second.metered_ms(), second.totals()["USD"]), (60_015, 2_000));
    let job = lab.job(job.id);
    assert_eq!((job.metered_ms, job.cost_micros), (105_015, 3_500));
    assert_eq!(Month::of(november).previous(), Month::of(october));
}

#[test]
fn a_receipt_says_what_ran_and_what_it_cost() {
    let app = TestApp::new();
    let iris = app.algorithm("lab", "iris").constraints("Not for clinical use.").publish();
    let other = app.algorithm("lab", "other").constraints("Another text.").publish();
    let ann = app.user("ann");
    for algorithm in [&iris, &other] {
        subscribe(&app, &ann, algorithm);
    }
    let lab = Lab::new(&app);
    let values = [("rounds".to_owned(), "7".to_owned())].into();
    let job = submit(&app, &ann, &iris, &Typed { name: "kept".into(), retries: "1".into(), values, ..typed("l") });
    let client = app.sign_in("ann");
    let receipt = format!("/console/billing/receipts/{}", job.id);
    lab.settle();
    assert_eq!(client.get(&receipt).status(), 404, "there is none before the end");
    lab.engine.says(&lab.attempt(job.id), exited(1), 45_000);
    lab.settle();
    lab.engine.says(&lab.attempt(job.id), exited(0), 60_015);
    lab.settle();

    let page = client.get(&client.get("/console/billing").link("Receipt of kept"));
    assert_eq!(page.path, receipt);
    let sums = ["Attempt 1: 45.000 s × $0.12 / h × 1", "$0.001500", "Attempt 2: 60.015 s × $0.12 / h × 1", "$0.002000", "Cost", "$0.003500"];
    assert_eq!(page.texts(".receipt-sum > *"), sums);
    let facts = page.text(".facts");
    assert!(facts.contains(&iris.versions[0].digest) && facts.contains(iris.versions[0].constraints_digest.as_ref().unwrap()), "{facts}");
    assert!(!facts.contains(other.versions[0].constraints_digest.as_ref().unwrap()) && page.count("dd div:has(.meta)") == 2, "{facts}");
    assert!(facts.contains("rounds = 7 changed") && facts.contains("seconds = 0") && facts.contains("Python’s standard library"), "{facts}");
    assert_eq!(client.click(&page, "Rebuild").value("[name='param.rounds']"), "7");
    assert_eq!(app.sign_in("bob").get(&receipt).status(), 404);

    client.post(&format!("/console/local/jobs/{}/deletion", job.id), &[]);
    let page = client.get(&receipt);
    assert!(page.says("were deleted") && !page.has_link("Open job"), "the bill outlives the job");
    assert_eq!(client.click(&page, "Rebuild").value("[name='param.rounds']"), "7");
}

#[test]
fn nobody_sees_anothers_bill() {
    let app = TestApp::new();
    let (ann, iris) = (app.user("ann"), app.algorithm("lab", "iris").publish());
    subscribe(&app, &ann, &iris);
    let lab = Lab::new(&app);
    let job = submit(&app, &ann, &iris, &Typed { name: "secret".into(), ..typed("l") });
    lab.settle();
    lab.engine.says(&lab.attempt(job.id), exited(0), 3_600_000);
    lab.settle();
    let bob = app.sign_in("bob");
    assert!(!bob.get("/console/billing").says("secret") && !bob.get("/console/billing.csv").body.contains("secret"));
    let page = app.sign_in("ann").get("/console/billing");
    assert!(page.says("secret") && page.says("$0.1200") && page.says("3600.000 s"));
    assert_eq!(app.visitor().get("/console/billing").status(), 303);
}

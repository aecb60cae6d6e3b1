//! The charts of a job in a real browser: they grow, the legend switches lines, the arrow keys read values.

use std::fs;

use fantoccini::key::Key;
use serde_json::Value;

use super::accessibility::{axe, violations};
use crate::support::training::subscribe;
use crate::support::{Browser, Hand, Scripts, TestApp};

/// Goes on until its folder of outputs has a file `go`, an epoch at a time.
const TRAIN: &str = r#"import os, time
epoch = 0
while epoch < 400 and not (epoch > 5 and os.path.exists("/outputs/go")):
    epoch += 1
    print(f"epoch={epoch} loss={1 / epoch:.4f}", flush=True)
    time.sleep(0.1)
print(f"epoch={epoch} accuracy=0.9", flush=True)
"#;

fn ask(browser: &Browser, expression: &str) -> Value {
    browser.ask(&format!("arguments[arguments.length - 1]({expression})"), Vec::new())
}

#[test]
fn a_curve_grows_and_can_be_read_by_pointer_and_keyboard() {
    let app = TestApp::options().with_worker().start();
    let iris = app.algorithm("lab", "iris").file("train.py", TRAIN).publish();
    subscribe(&app, &app.user("ann"), &iris);
    let ann = app.sign_in("ann");
    let path = crate::jobs::launch(&ann, &[]);
    crate::support::eventually("it reports", || ann.get(&format!("{path}/metrics")).has("[data-chart]"));
    let browser = Browser::open(&app, Scripts::On, Hand::Mouse);
    browser.be(&ann);
    browser.go(&format!("{path}/metrics"));
    let points = || ask(&browser, "Number(document.querySelector('[role=slider]')?.getAttribute('aria-valuemax') ?? -1)").as_i64().unwrap();
    crate::support::eventually("the chart is drawn", || points() >= 0);
    let first = points();
    crate::support::eventually("the curve grows", || points() > first + 3);

    browser.press_in("[data-chart]", "this job");
    assert_eq!(ask(&browser, "document.querySelector('.legend button').getAttribute('aria-pressed')"), "false");
    crate::support::eventually("it stays off while the curve grows", || points() > first + 20);
    assert_eq!(ask(&browser, "document.querySelector('.legend button').getAttribute('aria-pressed')"), "false");
    browser.press_in("[data-chart]", "this job");

    ask(&browser, "document.querySelector('[role=slider]').focus()");
    browser.key(Key::Home);
    browser.sees_in(".chart-box", "epoch 1");
    browser.sees_in(".chart-box", "1");
    let read = ask(&browser, "document.querySelector('[role=slider]').getAttribute('aria-valuetext')");
    assert_eq!(read, "epoch 1, this job 1");
    let axe = axe();
    assert_eq!(violations(&browser, &axe), Vec::<String>::new(), "while it grows");

    fs::write(crate::metrics::attempt(&app, &path).join("outputs/go"), "").unwrap();
    browser.sees("Ended");
    browser.sees_in("[data-chart]", "loss");
    assert_eq!(ask(&browser, "document.querySelectorAll('[data-chart] canvas').length"), 2, "a new curve is drawn too");
    assert_eq!(violations(&browser, &axe), Vec::<String>::new(), "at the end");
    browser.press("Resource usage");
    browser.sees("CPU, cores");
    crate::support::eventually("usage is drawn", || ask(&browser, "document.querySelectorAll('[data-chart] canvas').length") == 2);
    assert_eq!(violations(&browser, &axe), Vec::<String>::new(), "resource usage");
    assert_eq!(browser.complaints(), Vec::<String>::new(), "the browser complains");
}

#[test]
fn without_scripts_the_curve_is_there_too() {
    let app = TestApp::options().with_worker().start();
    let iris = app.algorithm("lab", "iris").file("train.py", "for n in range(9): print(f'epoch={n} loss={9 - n}')\n").publish();
    subscribe(&app, &app.user("ann"), &iris);
    let ann = app.sign_in("ann");
    let path = crate::jobs::launch(&ann, &[]);
    crate::jobs::settled(&ann, &path);
    let browser = Browser::open(&app, Scripts::Off, Hand::Mouse);
    browser.be(&ann);
    browser.go(&format!("{path}/metrics"));
    assert!(browser.has("svg.chart path.line-1") && browser.text(".legend").contains("this job"));
    browser.press_in("[data-chart]", "Values");
    browser.sees_in(".chart-values", "epoch");
}

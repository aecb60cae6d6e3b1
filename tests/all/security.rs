//! What holds whatever is asked: headers, cookies, other sites' requests, redirects, hostile input, limits.

use galleria::publishers;
use galleria::web::routes::TABLE;

use crate::support::{Client, PASSWORD, Page, TestApp};

const HEADERS: [(&str, &str); 7] = [
    ("content-security-policy", "default-src 'none'; script-src 'self'; style-src 'self';"),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=()"),
    ("x-frame-options", "DENY"),
];

#[track_caller]
fn guarded(what: &str, page: &Page) {
    for (name, part) in HEADERS {
        assert!(page.header(name).contains(part), "{what} ({}): {name} is {:?}", page.status(), page.header(name));
    }
    assert!(!page.header("content-security-policy").contains("unsafe"), "{what}");
    assert_eq!(page.header("server"), "", "{what} tells what it runs on");
    if page.header("content-type").starts_with("text/html") {
        assert!(page.header("vary").contains("HX-Request-Type"), "{what} varies by {:?}", page.header("vary"));
    }
}

#[test]
fn every_answer_carries_the_security_headers() {
    let app = TestApp::new();
    let (visitor, ann) = (app.visitor(), app.sign_in("ann"));
    let login = visitor.get("/login");
    let style = login.attr("link[rel=stylesheet]", "href");
    let answers = [
        ("a page", 200, login),
        ("a private page", 200, ann.get("/settings")),
        ("a static file", 200, visitor.get(&style)),
        ("a static file that is not there", 404, visitor.get("/static/0000000000000000/none.css")),
        ("a health check", 200, visitor.get("/livez")),
        ("a page that is not there", 404, visitor.get("/nothing/here")),
        ("a form with mistakes", 422, visitor.post("/register", &[("handle", "-")])),
        ("a redirect", 303, visitor.get("/settings")),
        ("another site's request", 403, visitor.send(visitor.request("POST", "/login").header("Sec-Fetch-Site", "cross-site"))),
        ("too much", 413, visitor.post("/login", &[("login", &"x".repeat(2 << 20))])),
        ("another kind of body", 400, visitor.send(visitor.request("POST", "/login").header("Content-Type", "text/xml").body("<x/>"))),
        ("a method that is not for this", 405, visitor.post("/livez", &[])),
        ("a head request", 200, visitor.send(visitor.request("HEAD", "/login"))),
    ];
    for (what, status, page) in &answers {
        assert_eq!(page.status(), *status, "{what}: {}", page.body);
        guarded(what, page);
    }
    std::fs::remove_dir_all(app.folder().join("data")).unwrap();
    let broken = visitor.get("/readyz");
    assert!(broken.status() >= 500, "{}", broken.status());
    guarded("a failure", &broken);
    assert!(!broken.body.contains(&*app.folder().to_string_lossy()), "the failure tells where files are: {}", broken.body);
}

#[test]
fn what_went_wrong_is_a_page_with_words_and_a_way_on() {
    let app = TestApp::new();
    let (visitor, ann) = (app.visitor(), app.sign_in("ann"));
    let lost = visitor.get("/nothing/here?x=1");
    assert_eq!((lost.status(), lost.text("[data-sentence]").as_str()), (404, "We could not find that page."));
    assert_eq!(lost.link("Log in"), "/login?next=%2Fnothing%2Fhere%3Fx%3D1");
    let known = ann.get("/nothing/here");
    assert_eq!(known.status(), 404);
    assert!(!known.has_link("Log in") && known.has_link("Browse algorithms") && known.says("Signed in as ann"), "{}", known.body);
    let wrong_method = visitor.post("/livez", &[]);
    assert_eq!((wrong_method.text("[data-sentence]").as_str(), wrong_method.header("allow")), ("That cannot be done at this address.", "GET, HEAD"));
    let large = visitor.post("/login", &[("login", &"x".repeat(2 << 20))]);
    assert_eq!(large.text("[data-sentence]"), "That is larger than what can be sent here.");
    let partial = visitor.partial("/nothing");
    assert_eq!((partial.status(), partial.header("hx-reswap")), (404, "none"), "an error page must not land inside a fragment's place");
}

#[test]
fn the_session_cookie_is_out_of_reach() {
    let app = TestApp::new();
    app.user("ann");
    let cookie = |client: &Client, name: &str| {
        let page = client.post("/login", &[("login", "ann"), ("password", PASSWORD)]);
        page.set_cookies().into_iter().find(|cookie| cookie.starts_with(name)).unwrap_or_else(|| panic!("{:?}", page.set_cookies()))
    };
    let plain = cookie(&app.visitor(), "sid=");
    assert!(["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age="].iter().all(|part| plain.contains(part)), "{plain}");
    assert!(!plain.contains("Secure") && !plain.contains("Domain"), "{plain}");
    assert_eq!(app.visitor().get("/login").header("strict-transport-security"), "");

    let app = TestApp::options().env("GALLERIA_BASE_URL", "https://gallery.example").start();
    app.user("ann");
    let secure = cookie(&app.visitor(), "__Host-sid=");
    assert!(["HttpOnly", "SameSite=Lax", "Path=/", "Secure"].iter().all(|part| secure.contains(part)), "{secure}");
    assert!(!secure.contains("Domain"), "{secure}");
    assert!(app.visitor().get("/login").header("strict-transport-security").contains("max-age=31536000"));
}

#[test]
fn only_this_gallerys_own_pages_may_post() {
    let app = TestApp::new();
    let ann = app.sign_in("ann");
    let host = app.url().trim_start_matches("http://").to_owned();
    let own = format!("http://{host}");
    let cases: [(&str, Option<&str>, Option<&str>, bool); 9] = [
        ("the same origin", Some("same-origin"), None, true),
        ("typed by the person", Some("none"), None, true),
        ("another site", Some("cross-site"), Some(&own), false),
        ("another host of this site", Some("same-site"), None, false),
        ("an older browser, from here", None, Some(&own), true),
        ("an older browser, from elsewhere", None, Some("http://evil.example"), false),
        ("an older browser, from a sandbox", None, Some("null"), false),
        ("another port of this host", None, Some("http://127.0.0.1:1"), false),
        ("a client that says nothing but brings a cookie", None, None, false),
    ];
    for (number, (what, site, origin, allowed)) in cases.into_iter().enumerate() {
        let about = format!("attempt {number}");
        let mut request = ann.request("POST", "/settings").form(&[("about", about.as_str())]);
        request = site.into_iter().fold(request, |request, site| request.header("Sec-Fetch-Site", site));
        request = origin.into_iter().fold(request, |request, origin| request.header("Origin", origin));
        let page = ann.send(request);
        assert_eq!(page.status(), if allowed { 303 } else { 403 }, "{what}");
        let stored = app.read(|conn| publishers::by_handle(conn, "ann")).about;
        assert_eq!(stored == about, allowed, "{what}: it says {stored:?}");
        assert!(allowed || page.text("[data-sentence]").contains("came from another site"), "{what}");
    }
    let script = app.visitor();
    let page = script.send(script.request("POST", "/login").form(&[("login", "ann"), ("password", PASSWORD)]));
    assert_eq!(page.status(), 303, "a client without cookies acts for nobody else");
}

#[test]
fn signing_in_leads_nowhere_else() {
    let app = TestApp::new();
    app.user("ann");
    for next in [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/a/../..//evil.example",
        "/a//evil.example",
        "javascript:alert(1)",
        "/\r\nSet-Cookie: a=b",
        "http:evil.example",
        "evil.example",
        " //evil.example",
        "/%2e%2e//evil.example",
    ] {
        let signed_in = app.visitor().post("/login", &[("login", "ann"), ("password", PASSWORD), ("next", next)]);
        assert_eq!((signed_in.status(), signed_in.location()), (303, "/"), "{next:?}");
        let themed = app.visitor().post("/theme", &[("theme", "dark"), ("next", next)]);
        assert_eq!((themed.status(), themed.location()), (303, "/"), "{next:?}");
    }
    let right = "/market/algorithms?q=a%2Fb&sort=best";
    let signed_in = app.visitor().post("/login", &[("login", "ann"), ("password", PASSWORD), ("next", right)]);
    assert_eq!(signed_in.location(), right);
}

const SCRIPT: &str = "\"'></textarea><script>alert(7)</script>{{7*7}}";

#[track_caller]
fn harmless(what: &str, page: &Page) {
    assert!(page.status() < 500, "{what}: {} {}", page.status(), page.body);
    assert!(!page.body.contains("<script>alert(7)"), "{what} puts what was typed into the page as it is:\n{}", page.body);
}

#[test]
fn what_people_type_stays_text() {
    let app = TestApp::new();
    let visitor = app.visitor();
    let again = visitor.post("/register", &[("handle", SCRIPT), ("email", SCRIPT), ("password", SCRIPT), ("next", SCRIPT)]);
    harmless("registering", &again);
    assert_eq!((again.status(), again.value("[name=handle]").as_str()), (422, SCRIPT), "nothing typed is lost");
    harmless("signing in", &visitor.post("/login", &[("login", SCRIPT), ("password", SCRIPT), ("next", SCRIPT)]));
    let ann = app.sign_in("ann");
    harmless("the time zone", &ann.post("/settings", &[("about", SCRIPT), ("time_zone", SCRIPT)]));
    assert_eq!(ann.post("/settings", &[("about", SCRIPT)]).status(), 303);
    let settings = ann.get("/settings");
    harmless("about me", &settings);
    assert_eq!(settings.value("[name=about]"), SCRIPT);
    let request = visitor.request("POST", "/login").header("User-Agent", SCRIPT).header("Sec-Fetch-Site", "same-origin");
    visitor.send(request.form(&[("login", "ann"), ("password", PASSWORD)]));
    let sessions = visitor.get("/settings/sessions");
    harmless("the browser's name", &sessions);
    assert!(sessions.says(SCRIPT));
    for cookie in ["toast", "theme", "tz"] {
        let request =
            ann.request("GET", "/settings").header("Cookie", format!("{cookie}=%22%3E%3Cscript%3Ealert(7)%3C%2Fscript%3E; {}", ann.cookies()));
        harmless(cookie, &ann.send(request));
    }
}

#[test]
fn no_page_repeats_its_address_unescaped() {
    let app = TestApp::new();
    let people = [app.visitor(), app.sign_in("ann"), app.sign_in_operator()];
    let keys = [
        "q", "next", "sort", "page", "task", "framework", "license", "publisher", "official", "open_source", "accelerator", "distributed",
        "constraints", "algorithm", "version", "month", "state", "handle", "email", "login",
    ];
    let evil = "%22%3E%3Cscript%3Ealert(7)%3C%2Fscript%3E";
    let query: Vec<String> = keys.iter().map(|key| format!("{key}={evil}")).collect();
    let plain = TABLE.iter().filter(|entry| entry.method == "get" && !entry.path.contains('{'));
    for path in plain.map(|entry| entry.path).chain(["/nothing/%3Cscript%3Ealert(7)%3C/script%3E"]) {
        for person in &people {
            harmless(path, &person.get(&format!("{path}?{}", query.join("&"))));
            for key in keys {
                harmless(path, &person.partial(&format!("{path}?{key}={evil}")));
            }
        }
    }
}

#[test]
fn nonsense_is_refused_and_breaks_nothing() {
    let app = TestApp::new();
    let (visitor, ann) = (app.visitor(), app.sign_in("ann"));
    for path in ["/%00", "/login?next=%00", "/settings?x=%00", "/algorithms/a%00b/c"] {
        assert_eq!(ann.get(path).status(), 404, "{path}");
    }
    let tall = format!("/login?next=/{}", "x".repeat(6000));
    for path in [
        "/%ff",
        "/%",
        "/%zz",
        "/login?next=%ff",
        "/?=&&=%",
        "/login?next[]=1&next=2",
        "/..%2f..%2fetc/passwd",
        "/static/..%2f..%2fCargo.toml",
        tall.as_str(),
    ] {
        harmless(path, &visitor.get(path));
    }
    assert!(!visitor.get("/static/..%2f..%2fCargo.toml").body.contains("galleria"));
    let registered = visitor.post("/register", &[("handle", "n\0ul"), ("email", "n\0ul@example.org"), ("password", PASSWORD)]);
    assert_eq!(registered.status(), 303, "NUL is dropped, as no text can have one: {}", registered.body);
    for cookies in ["sid=garbage", "sid=", "sid=0000%00", "sid=a; sid=b", "tz=Nowhere/At-all; theme=<b>; toast=%ff"] {
        let page = visitor.send(app.visitor().request("GET", "/login").header("Cookie", cookies));
        assert_eq!(page.status(), 200, "{cookies}");
    }
}

fn wrong_login(client: &Client, number: usize, forwarded: &str) -> Page {
    let login = format!("nobody-{number}");
    let request = client.request("POST", "/login").header("Sec-Fetch-Site", "same-origin").header("X-Forwarded-For", forwarded);
    client.send(request.form(&[("login", login.as_str()), ("password", "wrong")]))
}

#[test]
fn too_often_is_refused_whatever_the_forwarded_header_says() {
    let app = TestApp::options().limits_on().start();
    let visitor = app.visitor();
    for number in 0..10 {
        assert_eq!(wrong_login(&visitor, number, &format!("10.0.0.{number}")).status(), 422, "attempt {number}");
    }
    let refused = wrong_login(&visitor, 10, "10.0.0.10");
    assert_eq!(refused.status(), 429);
    assert_eq!(refused.text("[data-sentence]"), "That was too often in a short time. Please wait a moment and try again.");
    assert!(refused.header("retry-after").parse::<u32>().is_ok());
    assert_eq!(visitor.get("/login").status(), 200, "reading goes on");
}

#[test]
fn a_trusted_proxy_is_believed_and_one_account_is_still_guarded() {
    let proxied = "trusted_proxies = [\"127.0.0.1\"]\n";
    let app = TestApp::options().limits_on().file(proxied).start();
    let visitor = app.visitor();
    for number in 0..12 {
        assert_eq!(wrong_login(&visitor, number, &format!("6.6.6.6, 10.0.0.{number}")).status(), 422, "attempt {number}");
    }
    let attempts: Vec<u16> = (0..12).map(|number| wrong_login(&visitor, 7, &format!("10.0.1.{number}")).status()).collect();
    assert!(attempts.contains(&429), "guessing one account's password from many addresses: {attempts:?}");
}

#[test]
fn limits_can_be_lifted() {
    let app = TestApp::new();
    let visitor = app.visitor();
    for number in 0..14 {
        assert_eq!(wrong_login(&visitor, number, "").status(), 422, "attempt {number}");
    }
}

use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use chrono_tz::Tz;

use crate::clock::Time;
use crate::db::Conn;
use crate::error::{Error, Mistakes};
use crate::tokens::{self, Expiry, NewToken, Scope, Token};
use crate::web::failure::Result;
#[allow(unused_imports)] // the template's filters
use crate::web::filters;
use crate::web::form::Form;
use crate::web::limits::{self, Act};
use crate::web::page::{Layout, View};
use crate::web::store::Store;
use crate::web::viewer::SignedIn;

/// Where this page is.
const PATH: &str = "/settings/tokens";
/// Carries the text of a new token over the redirect.
const MADE: &str = "made_token";

#[derive(Template)]
#[template(path = "settings/tokens.html")]
struct TokensPage {
    layout: Layout,
    tokens: Vec<Token>,
    typed: Typed,
    mistakes: Mistakes,
    /// The text of the token just made: shown this once.
    made: Option<String>,
    /// Of the gallery, for the examples.
    base_url: String,
    now: Time,
    tz: Tz,
}

/// What was typed.
#[derive(Default)]
struct Typed {
    name: String,
    scopes: Vec<String>,
    expiry: String,
}

impl Typed {
    fn of(pairs: Vec<(String, String)>) -> Self {
        let mut typed = Self::default();
        for (field, value) in pairs {
            match field.as_str() {
                "name" => typed.name = value,
                "scope" => typed.scopes.push(value),
                "expiry" => typed.expiry = value,
                _ => {}
            }
        }
        typed
    }

    /// With nothing typed yet, reading is ticked and the usual expiry chosen.
    fn usual() -> Self {
        Self { name: String::new(), scopes: vec![Scope::Read.as_str().to_owned()], expiry: Expiry::USUAL.value() }
    }

    fn has(&self, scope: &Scope) -> bool {
        self.scopes.iter().any(|word| word == scope.as_str())
    }
}

/// The member's tokens, and the form for another one. The text of one just made comes along as a cookie, once.
pub async fn page(request: HttpRequest, store: Store, user: SignedIn, view: View) -> Result<HttpResponse> {
    let Some(cookie) = request.cookie(MADE) else {
        return show(&store, &user, &view, StatusCode::OK, Typed::usual(), Mistakes::new(), None).await;
    };
    let (text, id, at) = (cookie.value().to_owned(), user.id, view.now);
    let theirs = store.read(move |conn: &mut Conn| Ok(tokens::find(conn, &text, at)?.is_some_and(|found| found.user.id == id))).await?;
    let made = theirs.then(|| cookie.value().to_owned());
    let mut response = show(&store, &user, &view, StatusCode::OK, Typed::usual(), Mistakes::new(), made).await?;
    response.add_cookie(&carrying(&store, "", Duration::ZERO)).map_err(Error::internal)?;
    Ok(response)
}

/// A cookie that goes to this page alone, and to nobody but the browser that made the token.
fn carrying<'a>(store: &Store, text: &str, age: Duration) -> Cookie<'a> {
    let secure = store.app().config.base_url.is_https();
    Cookie::build(MADE, text.to_owned()).path(PATH).http_only(true).same_site(SameSite::Strict).secure(secure).max_age(age).finish()
}

/// Makes one; the page it leads to shows it, once.
pub async fn create(
    request: HttpRequest,
    store: Store,
    user: SignedIn,
    view: View,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<HttpResponse> {
    limits::check(&request, store.app(), Act::Token)?;
    let typed = Typed::of(pairs);
    let made = match NewToken::read(&typed.name, &typed.scopes, &typed.expiry) {
        Ok(new) => make(&store, user.id, new, view.now).await?,
        Err(mistakes) => Err(mistakes),
    };
    match made {
        Ok(text) => {
            let mut response = view.see_other(PATH);
            response.add_cookie(&carrying(&store, &text, Duration::minutes(1))).map_err(Error::internal)?;
            Ok(response)
        }
        Err(mistakes) => show(&store, &user, &view, StatusCode::UNPROCESSABLE_ENTITY, typed, mistakes, None).await,
    }
}

async fn make(store: &Store, user: i64, new: NewToken, at: Time) -> Result<std::result::Result<String, Mistakes>> {
    match store.write(move |conn: &mut Conn| tokens::create(conn, user, &new, at)).await {
        Ok(text) => Ok(Ok(text)),
        Err(Error::Refused(mistakes)) => Ok(Err(mistakes)),
        Err(other) => Err(other.into()),
    }
}

async fn show(
    store: &Store,
    user: &SignedIn,
    view: &View,
    status: StatusCode,
    typed: Typed,
    mistakes: Mistakes,
    made: Option<String>,
) -> Result<HttpResponse> {
    let id = user.id;
    let tokens = store.read(move |conn| tokens::of_user(conn, id)).await?;
    let base_url = store.app().config.base_url.to_string();
    view.answer(status, &TokensPage { layout: view.layout("profile"), tokens, typed, mistakes, made, base_url, now: view.now, tz: view.tz })
}

/// Ends one of them.
pub async fn revoke(store: Store, user: SignedIn, view: View, token: web::Path<i64>) -> Result<HttpResponse> {
    let (id, token, at) = (user.id, token.into_inner(), view.now);
    let name = store.write(move |conn| tokens::revoke(conn, id, token, at)).await?;
    Ok(view.see_other_saying("/settings/tokens", &format!("The token “{name}” is revoked.")))
}

//! The static files, embedded by `build.rs` and served under a URL that changes with their content.

use actix_web::http::header::{self, AcceptEncoding, Encoding, Header as _};
use actix_web::{HttpRequest, HttpResponse, web};

/// One embedded file in its three encodings.
struct Asset {
    name: &'static str,
    url: &'static str,
    content_type: &'static str,
    plain: &'static [u8],
    brotli: &'static [u8],
    gzip: &'static [u8],
}

static ASSETS: &[Asset] = include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// The path of an embedded file, `/static/HASH/NAME`; empty if there is none of that name.
pub fn url(name: &str) -> &'static str {
    find(name).map_or("", |asset| asset.url)
}

/// Serves `/static/HASH/NAME` and `/favicon.ico`.
pub fn configure(config: &mut web::ServiceConfig) {
    config
        .route("/static/{hash}/{name}", web::get().to(show))
        .route("/static/{hash}/{name}", web::head().to(show))
        .route("/favicon.ico", web::get().to(favicon));
}

async fn show(request: HttpRequest) -> HttpResponse {
    match ASSETS.iter().find(|asset| asset.url == request.path()) {
        Some(asset) => asset.answer(&request, "public, max-age=31536000, immutable"),
        None => HttpResponse::NotFound().finish(),
    }
}

/// Browsers ask for this name whatever the page says; an SVG is fine with all that matter.
async fn favicon(request: HttpRequest) -> HttpResponse {
    match find("favicon.svg") {
        Some(asset) => asset.answer(&request, "public, max-age=86400"),
        None => HttpResponse::NotFound().finish(),
    }
}

fn find(name: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.name == name)
}

impl Asset {
    fn answer(&self, request: &HttpRequest, cache: &'static str) -> HttpResponse {
        let (encoding, bytes) = self.negotiate(request);
        let mut answer = HttpResponse::Ok();
        answer
            .insert_header((header::CONTENT_TYPE, self.content_type))
            .insert_header((header::CACHE_CONTROL, cache))
            .insert_header((header::VARY, "Accept-Encoding"))
            .insert_header((header::CONTENT_ENCODING, encoding));
        answer.body(bytes)
    }

    /// The smallest encoding the client takes. `identity` is said out loud so that no middleware compresses once more.
    fn negotiate(&self, request: &HttpRequest) -> (&'static str, &'static [u8]) {
        let offers = [Encoding::brotli(), Encoding::gzip(), Encoding::identity()];
        let chosen = AcceptEncoding::parse(request).ok().and_then(|accepted| accepted.negotiate(offers.iter()));
        match chosen {
            Some(encoding) if encoding == Encoding::brotli() => ("br", self.brotli),
            Some(encoding) if encoding == Encoding::gzip() => ("gzip", self.gzip),
            _ => ("identity", self.plain),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Read as _;
    use std::path::Path;

    use actix_web::http::StatusCode;
    use actix_web::{App, body::to_bytes, test};

    use super::*;

    async fn get(path: &str, accept: Option<&str>) -> HttpResponse {
        let app = test::init_service(App::new().configure(configure)).await;
        let mut request = test::TestRequest::get().uri(path);
        if let Some(accept) = accept {
            request = request.insert_header((header::ACCEPT_ENCODING, accept));
        }
        let answer = test::call_service(&app, request.to_request()).await;
        answer.into_parts().1.map_into_boxed_body()
    }

    fn header_of(answer: &HttpResponse, name: header::HeaderName) -> &str {
        answer.headers().get(name).map_or("", |value| value.to_str().unwrap())
    }

    #[actix_web::test]
    async fn gives_each_client_the_smallest_encoding_it_takes() {
        for (accept, expected) in [
            (Some("gzip, deflate, br, zstd"), "br"),
            (Some("gzip"), "gzip"),
            (Some("br;q=0, gzip;q=0.5"), "gzip"),
            (Some("identity"), "identity"),
            (None, "identity"),
        ] {
            let answer = get(url("app.css"), accept).await;
            assert_eq!(answer.status(), StatusCode::OK);
            assert_eq!(header_of(&answer, header::CONTENT_ENCODING), expected, "{accept:?}");
            assert_eq!(header_of(&answer, header::VARY), "Accept-Encoding");
            assert_eq!(header_of(&answer, header::CACHE_CONTROL), "public, max-age=31536000, immutable");
            assert_eq!(header_of(&answer, header::CONTENT_TYPE), "text/css; charset=utf-8");
        }
    }

    #[actix_web::test]
    async fn every_encoding_holds_the_same_bytes() {
        for asset in ASSETS {
            let source = fs::read(Path::new("static").join(asset.name)).unwrap();
            let mut unzipped = Vec::new();
            flate2::read::GzDecoder::new(asset.gzip).read_to_end(&mut unzipped).unwrap();
            assert_eq!(unzipped, source, "{}", asset.name);
            assert!(asset.brotli.len() <= asset.gzip.len(), "{}", asset.name);
            let answer = get(asset.url, None).await;
            assert_eq!(to_bytes(answer.into_body()).await.unwrap(), source, "{}", asset.name);
        }
    }

    #[actix_web::test]
    async fn another_hash_or_name_is_not_found() {
        for path in ["/static/0000000000000000/app.css", "/static/x/nothing.css", "/static/app.css"] {
            assert_eq!(get(path, None).await.status(), StatusCode::NOT_FOUND, "{path}");
        }
        assert_eq!(url("nothing.css"), "");
    }

    /// Every `"…"|asset` and `"…"|icon` in the templates names something that is there.
    #[::core::prelude::v1::test]
    fn templates_name_only_what_exists() {
        let sprite = fs::read_to_string("static/icons.svg").unwrap();
        for (file, text) in templates(Path::new("templates")) {
            for (filter, exists) in [
                ("|asset", &(|name: &str| !url(name).is_empty()) as &dyn Fn(&str) -> bool),
                ("|icon", &|name: &str| sprite.contains(&format!("id=\"{name}\""))),
            ] {
                for before in text.split(filter).filter_map(|part| part.strip_suffix('"')) {
                    let name = before.rsplit('"').next().unwrap();
                    assert!(exists(name), "{file}: \"{name}\"{filter}");
                }
            }
        }
    }

    fn templates(folder: &Path) -> Vec<(String, String)> {
        let mut found = Vec::new();
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                found.extend(templates(&path));
            } else {
                found.push((path.display().to_string(), fs::read_to_string(&path).unwrap()));
            }
        }
        found
    }
}

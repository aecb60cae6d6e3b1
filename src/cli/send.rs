//! Sending an archive to a server, as a pipeline does.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{Seek, SeekFrom};
use std::path::Path;
use std::time::Duration;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use ureq::tls::{RootCerts, TlsConfig};
use ureq::{Agent, SendBody};

/// How long a server may take to read and check an archive.
const PATIENCE: Duration = Duration::from_secs(600);

/// Sends an archive to `server` as a version of `algorithm`; returns `publisher/name version`.
///
/// # Errors
/// A sentence, with every finding of the server on a line of its own.
pub fn archive(server: &str, token_file: &Path, algorithm: &str, query: &[(&str, Option<&str>)], mut archive: File) -> Result<String, String> {
    let token = std::fs::read_to_string(token_file).map_err(|error| format!("{}: {error}", token_file.display()))?;
    archive.seek(SeekFrom::Start(0)).map_err(|error| error.to_string())?;
    let mut url = format!("{}/api/v1/algorithms/{algorithm}/versions?", server.trim_end_matches('/'));
    for (name, value) in query.iter().filter_map(|(name, value)| Some((name, (*value)?))) {
        let _ = write!(url, "{name}={}&", utf8_percent_encode(value, NON_ALPHANUMERIC));
    }
    let tls = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build();
    let agent: Agent = Agent::config_builder().http_status_as_error(false).timeout_global(Some(PATIENCE)).tls_config(tls).build().into();
    let request = agent.post(url.trim_end_matches(['?', '&'])).header("Authorization", format!("Bearer {}", token.trim()));
    let sent = request.content_type("application/octet-stream").send(SendBody::from_owned_reader(archive));
    let mut answer = sent.map_err(|error| format!("{server}: {error}"))?;
    let status = answer.status().as_u16();
    let body = answer.body_mut().read_to_string().map_err(|error| format!("{server}: {error}"))?;
    let said: Value = serde_json::from_str(&body).unwrap_or(Value::Null);
    let text = |name: &str| said[name].as_str().unwrap_or_default().to_owned();
    if status == 201 {
        return Ok(format!("{} {}", text("algorithm"), text("version")));
    }
    Err(format!("{server} answered {status}: {}{}", text("message"), findings(&said)))
}

/// Every field and every place in the archive, a line each.
fn findings(said: &Value) -> String {
    let mut lines = String::new();
    for (field, sentence) in said["fields"].as_object().into_iter().flatten() {
        let _ = write!(lines, "\n  {field}: {}", sentence.as_str().unwrap_or_default());
    }
    for finding in said["findings"].as_array().into_iter().flatten() {
        let line = finding["line"].as_u64().map(|line| format!(":{line}")).unwrap_or_default();
        let of = |name: &str| finding[name].as_str().unwrap_or_default().to_owned();
        let _ = write!(lines, "\n  {}{line}: {}", of("file"), of("message"));
    }
    lines
}

//! Sending an archive to a server, as a pipeline does.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::{Seek, SeekFrom};
use std::path::Path;
use std::time::Duration;

use serde::Deserialize;
use ureq::http::StatusCode;
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
    let query = serde_html_form::to_string(query).map_err(|error| error.to_string())?;
    let url = format!("{}/api/v1/algorithms/{algorithm}/versions?{query}", server.trim_end_matches('/'));
    let tls = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build();
    let agent: Agent = Agent::config_builder().http_status_as_error(false).timeout_global(Some(PATIENCE)).tls_config(tls).build().into();
    let request = agent.post(url).header("Authorization", format!("Bearer {}", token.trim()));
    let sent = request.content_type("application/octet-stream").send(SendBody::from_owned_reader(archive));
    let mut answer = sent.map_err(|error| format!("{server}: {error}"))?;
    let status = answer.status();
    let body = answer.body_mut().read_to_string().map_err(|error| format!("{server}: {error}"))?;
    if status == StatusCode::CREATED
        && let Ok(Published { algorithm, version }) = serde_json::from_str(&body)
    {
        return Ok(format!("{algorithm} {version}"));
    }
    match serde_json::from_str::<Refusal>(&body) {
        Ok(refusal) if !status.is_success() => Err(format!("{server} answered {}: {refusal}", status.as_u16())),
        _ => Err(format!("{server} answered {status}, but not as a gallery does. Is it the gallery's address?")),
    }
}

/// The version that there is now.
#[derive(Deserialize)]
struct Published {
    algorithm: String,
    version: String,
}

/// Why there is none.
#[derive(Deserialize)]
struct Refusal {
    message: String,
    #[serde(default)]
    fields: BTreeMap<String, String>,
    #[serde(default)]
    findings: Vec<Finding>,
}

/// What is wrong with the archive.
#[derive(Deserialize)]
struct Finding {
    file: String,
    line: Option<u32>,
    message: String,
}

impl fmt::Display for Refusal {
    /// Every field and every place in the archive on a line of its own.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        for (field, sentence) in &self.fields {
            write!(f, "\n  {field}: {sentence}")?;
        }
        for Finding { file, line, message } in &self.findings {
            let line = line.map(|line| format!(":{line}")).unwrap_or_default();
            write!(f, "\n  {file}{line}: {message}")?;
        }
        Ok(())
    }
}

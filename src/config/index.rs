//! Where Python packages come from: what the server's environment says of it, for builds that see nothing else of it.

use std::collections::BTreeMap;

/// Handed on as they are: the package index, proxies, certificates.
const SAME: [&str; 18] = [
    "UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX", "UV_EXTRA_INDEX_URL", "UV_INDEX_STRATEGY", "UV_INSECURE_HOST", "UV_HTTP_TIMEOUT", "UV_OFFLINE",
    "SSL_CERT_FILE", "UV_CONFIG_FILE", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy",
];
/// What pip calls otherwise: its name, ours, and what else would say the same.
const OF_PIP: [(&str, &str, &[&str]); 3] = [
    ("PIP_INDEX_URL", "UV_DEFAULT_INDEX", &["UV_INDEX_URL"]),
    ("PIP_EXTRA_INDEX_URL", "UV_EXTRA_INDEX_URL", &["UV_INDEX"]),
    ("PIP_CERT", "SSL_CERT_FILE", &[]),
];

/// The variables for uv. A configuration file of the server's user, else of the machine, is named among them.
pub(super) fn variables(env: &dyn Fn(&str) -> Option<String>) -> BTreeMap<String, String> {
    let env = |name: &str| env(name).filter(|value| !value.is_empty());
    let mut found: BTreeMap<String, String> = SAME.iter().filter_map(|name| Some(((*name).to_owned(), env(name)?))).collect();
    for (theirs, ours, same) in OF_PIP {
        if !found.contains_key(ours) && !same.iter().any(|name| found.contains_key(*name)) {
            found.extend(env(theirs).map(|value| (ours.to_owned(), value)));
        }
    }
    let own = env("XDG_CONFIG_HOME").or_else(|| env("HOME").map(|home| format!("{home}/.config"))).map(|folder| format!("{folder}/uv/uv.toml"));
    let file = own.into_iter().chain(["/etc/uv/uv.toml".to_owned()]).find(|file| std::path::Path::new(file).is_file());
    if let Some(file) = file {
        found.entry("UV_CONFIG_FILE".to_owned()).or_insert(file);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        let mut found = variables(&|name| pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()));
        found.remove("UV_CONFIG_FILE");
        found
    }

    #[test]
    fn only_what_concerns_packages_is_handed_on() {
        let given = [("UV_DEFAULT_INDEX", "https://index.example/simple"), ("DATABASE_URL", "postgres://secret"), ("https_proxy", "http://p:1")];
        assert_eq!(read(&given).keys().collect::<Vec<_>>(), ["UV_DEFAULT_INDEX", "https_proxy"]);
    }

    #[test]
    fn what_is_set_for_pip_counts_when_nothing_is_set_for_uv() {
        assert_eq!(read(&[("PIP_INDEX_URL", "a"), ("PIP_CERT", "/c")]), read(&[("UV_DEFAULT_INDEX", "a"), ("SSL_CERT_FILE", "/c")]));
        assert_eq!(read(&[("PIP_INDEX_URL", "a"), ("UV_INDEX_URL", "b")]), read(&[("UV_INDEX_URL", "b")]));
    }

    #[test]
    fn the_users_own_file_is_named() {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(home.path().join(".config/uv")).unwrap();
        std::fs::write(home.path().join(".config/uv/uv.toml"), "").unwrap();
        let path = home.path().display().to_string();
        let found = variables(&|name| (name == "HOME").then(|| path.clone()));
        assert_eq!(found["UV_CONFIG_FILE"], format!("{path}/.config/uv/uv.toml"));
    }
}

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use object_store::path::Path;
use object_store::{ObjectStore, parse_url_opts};

/// Where archives and datasets are kept beside this server's own folder: `file:///mnt/gallery`, or what the build knows
/// of `s3://`, `gs://`, `az://`. Nothing is asked of it until the first blob.
#[derive(Clone)]
pub struct Store {
    url: String,
    /// Speaks with it.
    pub client: Arc<dyn ObjectStore>,
    /// What all names in it begin with.
    pub prefix: Path,
}

impl Store {
    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.url
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Store").field(&self.url).finish()
    }
}

impl FromStr for Store {
    type Err = String;

    /// Credentials are the environment's: `AWS_ACCESS_KEY_ID` and its like, as the clouds' own tools read them.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let url = url::Url::parse(text)
            .map_err(|error| format!("`{text}` is not an address such as file:///mnt/gallery or s3://bucket/folder: {error}"))?;
        if url.password().is_some() {
            return Err("credentials belong into the environment, not into the address".to_owned());
        }
        let options = std::env::vars().map(|(name, value)| (name.to_ascii_lowercase(), value));
        let (client, prefix) = parse_url_opts(&url, options).map_err(|error| format!("`{text}` cannot be used: {error}"))?;
        Ok(Self { url: text.to_owned(), client: Arc::from(client), prefix })
    }
}

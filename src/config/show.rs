use std::fmt;

use super::Config;

/// The effective configuration for `galleria config check`; secrets are masked.
impl fmt::Display for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "database_url = \"{}\"", self.database)?;
        writeln!(f, "listen = \"{}\"", self.listen)?;
        writeln!(f, "base_url = \"{}\"", self.base_url)?;
        writeln!(f, "data_dir = \"{}\"", self.data_dir.display())?;
        writeln!(f, "admin_password = \"{}\"", if self.admin_password.is_some() { "***" } else { "(random)" })?;
        writeln!(f, "registration = \"{}\"", if self.registration_open { "open" } else { "closed" })?;
        writeln!(f, "starter = {}", self.starter)?;
        if let Some(store) = &self.store {
            writeln!(f, "store = \"{}\"", store.as_str())?;
        }
        writeln!(f, "proof = \"{}\"", if self.proof { "on" } else { "off" })?;
        writeln!(f, "secret_key_file = \"{}\"", self.secret_key_file.display())?;
        writeln!(f, "uv = \"{}\"", self.uv.display())?;
        let names: Vec<&str> = self.package_index.keys().map(String::as_str).collect();
        if !names.is_empty() {
            writeln!(f, "# uv is also told: {}", names.join(", "))?;
        }
        writeln!(f, "currency = \"{}\"", self.currency)?;
        let limits = &self.limits;
        writeln!(f, "# how often is {}", if limits.on { "limited" } else { "not limited" })?;
        writeln!(f, "[limits]\nlogin = \"{}\"\nregister = \"{}\"\nupload = \"{}\"", limits.login, limits.register, limits.upload)?;
        writeln!(f, "search = \"{}\"\nlaunch = \"{}\"\ntoken = \"{}\"", limits.search, limits.launch, limits.token)?;
        writeln!(f, "dataset_size = \"{}\"\ndataset_total = \"{}\"", limits.dataset_size, limits.dataset_total)?;
        for region in &self.regions {
            writeln!(f, "[[region]]\nid = \"{}\"\nname = \"{}\"\nengine = \"{}\"", region.id, region.name, region.engine.as_str())?;
            for flavor in &region.flavors {
                let price = flavor.price_micros;
                writeln!(f, "[[region.flavor]]\nid = \"{}\"\nname = \"{}\"\ncpus = {}", flavor.id, flavor.name, flavor.cpus)?;
                writeln!(f, "memory = \"{}MiB\"\ngpus = {}\nmax_nodes = {}", flavor.memory >> 20, flavor.gpus, flavor.max_nodes)?;
                writeln!(f, "disk = \"{}MiB\"", flavor.disk >> 20)?;
                writeln!(f, "price_per_hour = \"{}.{:06}\"", price / 1_000_000, price % 1_000_000)?;
            }
        }
        Ok(())
    }
}

//! My data: the datasets of a member.

pub(crate) mod create;
pub(crate) mod deletion;
pub(crate) mod extend;
pub(crate) mod file;
pub(crate) mod list;
pub(crate) mod show;
mod upload;

use crate::web::failure::Result;
use crate::web::rail::Rail;
use crate::web::store::Store;
use crate::web::viewer::SignedIn;

/// The rail beside what belongs to no region: that of the first one.
async fn rail(store: &Store, user: &SignedIn) -> Result<Rail> {
    let region = store.app().config.regions.first().map_or_else(String::new, |region| region.id.clone());
    Ok(Rail::of(store, user, &region, "data").await?)
}

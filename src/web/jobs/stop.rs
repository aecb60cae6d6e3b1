//! Stop.

use actix_web::HttpResponse;

use crate::db::Conn;
use crate::jobs;
use crate::web::failure::Result;
use crate::web::page::View;
use crate::web::store::Store;
use crate::web::viewer::SignedIn;

/// Asks for the job's end.
pub async fn create(store: Store, user: SignedIn, view: View, path: super::Path) -> Result<HttpResponse> {
    let ((region, id), at) = (path.into_inner(), view.now);
    let stop = move |conn: &mut Conn| {
        let job = jobs::find(conn, user.id, &region, id)?.job;
        jobs::stop(conn, &job, at)?;
        Ok(job.path())
    };
    let path = store.write(stop).await?;
    store.app().bell.ring();
    Ok(view.see_other_saying(&path, "The job was asked to stop."))
}

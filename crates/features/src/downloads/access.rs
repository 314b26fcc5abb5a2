//! Who may see one piece of study material, and who may change it.

use lamplight_auth::{Person, Role, Staff};
use lamplight_kernel::{DownloadId, Problem, Room};

use super::{
    DownloadError,
    store::{self, entity},
};
use crate::App;

/// It and its rooms, if this person is in one of them. For everybody else it is not there.
pub(super) async fn find_visible(
    app: &App,
    person: &Person,
    id: DownloadId,
) -> Result<(entity::Model, Vec<Room>), Problem> {
    let row = store::find(app.store.reader(), id).await?.ok_or(DownloadError::NotFound)?;
    let rooms = store::find_rooms(app.store.reader(), row.id).await?;
    let visible = person.rooms().iter().any(|room| rooms.contains(room));
    if visible { Ok((row, rooms)) } else { Err(DownloadError::NotFound.into()) }
}

/// It and its rooms, if the caller may change it.
pub(super) async fn find_editable(
    app: &App,
    staff: &Staff,
    id: DownloadId,
) -> Result<(entity::Model, Vec<Room>), Problem> {
    let (row, rooms) = find_visible(app, staff, id).await?;
    if manages(staff, &row) { Ok((row, rooms)) } else { Err(DownloadError::NotYours.into()) }
}

/// Whether this person answers for it: may change it, and still sees it when it has expired.
pub(super) fn manages(person: &Person, row: &entity::Model) -> bool {
    person.role() == Role::Admin || row.uploaded_by == person.user.uuid()
}

/// The rooms of those who answer for it.
pub(super) fn managers(row: &entity::Model) -> Vec<Room> {
    vec![Room::admins(), Room::user(row.uploaded_by.into())]
}

//! What other features tell somebody, in the transaction that causes it.

use lamplight_auth::Person;
use lamplight_kernel::{NotificationId, Room, Target, Timestamp, UserId};
use lamplight_store::{Store, StoreError, Tx};

use super::{
    Created, Notification,
    document::NotificationSender,
    rules::{Category, Kind, Priority, TargetType},
    store::{self, entity},
};

/// Who caused a notification.
#[derive(Debug, Clone, Copy)]
pub struct Sender<'a> {
    /// Who.
    pub user: UserId,
    /// Their name for signing in.
    pub username: &'a str,
    /// Their name.
    pub full_name: &'a str,
}

impl<'a> From<&'a Person> for Sender<'a> {
    fn from(person: &'a Person) -> Self {
        Self { user: person.user, username: &person.username, full_name: &person.full_name }
    }
}

/// Something to be told.
#[derive(Debug, Clone, Copy)]
pub struct Notice<'a> {
    /// In a few words.
    pub title: &'a str,
    /// In full.
    pub message: &'a str,
    /// Its colour.
    pub kind: Kind,
    /// What it is about.
    pub category: Category,
    /// How much it matters.
    pub priority: Priority,
    /// Who caused it; nothing for nobody in particular.
    pub sender: Option<Sender<'a>>,
    /// The page it is about, within Lamplight: `/marks`.
    pub link: Option<&'a str>,
}

/// Tells these people: stores the notification and records `notification:created` for each of them, once. All of them get the same
/// text, so what is personal is told to one person alone. Nothing happens when there is nobody to tell.
///
/// # Errors
/// When the database fails.
pub async fn tell(
    tx: &mut Tx,
    notice: &Notice<'_>,
    receivers: impl IntoIterator<Item = UserId>,
) -> Result<Option<NotificationId>, StoreError> {
    let mut receivers: Vec<UserId> = receivers.into_iter().collect();
    receivers.sort_unstable();
    receivers.dedup();
    if receivers.is_empty() {
        return Ok(None);
    }
    let (row, shown) = made(tx, notice);
    let id = shown.id;
    store::insert(tx, vec![row]).await?;
    store::insert_receivers(tx, receivers.iter().map(|&user| (id, user)).collect()).await?;
    tx.record(&Created(&shown), Target::rooms(receivers.into_iter().map(Room::user)))?;
    Ok(Some(id))
}

/// Tells each of these people something of their own, in a few statements however many they are.
///
/// # Errors
/// When the database fails.
pub async fn tell_each<'a>(
    tx: &mut Tx,
    notices: impl IntoIterator<Item = (UserId, Notice<'a>)>,
) -> Result<(), StoreError> {
    let (mut rows, mut receivers, mut told) = (Vec::new(), Vec::new(), Vec::new());
    for (user, notice) in notices {
        let (row, shown) = made(tx, &notice);
        rows.push(row);
        receivers.push((shown.id, user));
        told.push((shown, user));
    }
    store::insert(tx, rows).await?;
    store::insert_receivers(tx, receivers).await?;
    for (shown, user) in told {
        tx.record(&Created(&shown), Target::rooms([Room::user(user)]))?;
    }
    Ok(())
}

/// The row of a notification, and what its receivers see.
fn made(tx: &Tx, notice: &Notice<'_>) -> (entity::Model, Notification) {
    let id: NotificationId = tx.id();
    let now = tx.now().millis();
    let row = entity::Model {
        id: id.uuid(),
        title: notice.title.to_owned(),
        message: notice.message.to_owned(),
        kind: notice.kind.as_str().to_owned(),
        category: notice.category.as_str().to_owned(),
        priority: notice.priority.as_str().to_owned(),
        link: notice.link.map(str::to_owned),
        sender_id: notice.sender.map(|sender| sender.user.uuid()),
        is_written: 0,
        target_type: TargetType::Individual.as_str().to_owned(),
        // Who received it stands in `notification_receivers`.
        target_ids: "[]".to_owned(),
        is_active: 1,
        sent_at: Some(now),
        created_at: now,
        updated_at: now,
        rev: 1,
    };
    let shown = Notification {
        id,
        title: notice.title.to_owned(),
        message: notice.message.to_owned(),
        kind: notice.kind,
        category: notice.category,
        priority: notice.priority,
        action_url: notice.link.map(str::to_owned),
        sender: notice.sender.map(|sender| NotificationSender {
            username: sender.username.to_owned(),
            full_name: sender.full_name.to_owned(),
        }),
        created_at: Timestamp::from_millis(now),
    };
    (row, shown)
}

/// Drops up to so many notifications that were sent or last changed before a moment; says how many. Whoever had not read them by
/// then is not going to.
///
/// # Errors
/// When the database fails.
pub async fn drop_before(store: &Store, cutoff: Timestamp, most: u64) -> Result<u64, StoreError> {
    let old = store::find_old(store.reader(), cutoff.millis(), most).await?;
    if !old.is_empty() {
        let tx = store.begin().await?;
        store::delete_all(&tx, &old).await?;
        tx.commit().await?;
    }
    Ok(old.len() as u64)
}

//! A link to choose a password, mailed to a student.
//!
//! The existing client sends the password in clear and wants it mailed (`send-credentials`). What is mailed instead is a link that works
//! once, to the address the institute has stored: a mail lies readable in many places for years, and an address that was typed just
//! now may be a stranger's.

use axum::{Json as Answer, extract::State};
use lamplight_http::{Admin, ApiError, Json};
use lamplight_mail::Mail;
use lamplight_store::{StoreError, Tx};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{StudentError, entity::Model, store, trail};
use crate::{
    App,
    accounts::{self, Occasion, links},
    audit,
    wire::{Envelope, told},
};

/// Whom to send a link. What else the existing client sends (addresses, the password) is not read.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = StudentInvitationForm)]
#[serde(rename_all = "camelCase")]
pub(super) struct Form {
    /// The human id.
    student_id: String,
}

/// A link that is on its way.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StudentInvitation)]
#[serde(rename_all = "camelCase")]
pub(super) struct Sent {
    /// The human id.
    student_id: String,
    /// Where it is sent.
    email: String,
}

/// A link for a student, or why there can be none.
pub(super) async fn link(
    tx: &Tx,
    app: &App,
    row: &Model,
    account: &accounts::entity::Model,
) -> Result<Result<Mail, StudentError>, StoreError> {
    if !app.mailer.is_on() {
        return Ok(Err(StudentError::NoMail("This server sends no mail. Tell the student the password yourself.")));
    }
    if account.is_active == 0 {
        return Ok(Err(StudentError::NoMail("This account is switched off. Switch it on first.")));
    }
    // The address made up for who has none leads nowhere.
    let stands_in = account.email.ends_with(".invalid").then_some(&account.email);
    let to = row.personal_email.as_ref().or(Some(&account.email)).filter(|email| Some(*email) != stands_in);
    let Some(to) = to else {
        return Ok(Err(StudentError::NoMail("There is no mail address of this student. Add one first.")));
    };
    let mail = links::make(tx, app, account, Occasion::Invited).await?;
    Ok(Ok(Mail { to: to.clone(), ..mail }))
}

/// Mail a student a link to choose a password. A password is never mailed.
#[utoipa::path(
    post, path = "/api/admin/students/send-credentials", tag = "students", request_body = Form,
    responses(
        (status = 200, body = Envelope<Sent>),
        (status = 400, description = "`students.no_mail`, `students.archived`", body = lamplight_http::ErrorBody),
        (status = "4XX", body = lamplight_http::ErrorBody),
    )
)]
pub(super) async fn send_credentials(
    State(app): State<App>,
    Admin(admin): Admin,
    Json(form): Json<Form>,
) -> Result<Answer<Envelope<Sent>>, ApiError> {
    let tx = app.store.begin().await?;
    let named = [form.student_id.trim().to_owned()];
    let row = store::find_by_human_ids(tx.db(), named).await?.pop().ok_or(StudentError::NotFound)?;
    if row.archived_at.is_some() {
        return Err(StudentError::Archived.into());
    }
    let account = accounts::find_by_ids(tx.db(), [row.user_id].into_iter()).await?.remove(&row.user_id);
    let mail = link(&tx, &app, &row, &account.ok_or(StudentError::NotFound)?).await??;
    audit::write(&tx, &admin, trail::act("invited", &row)).await?;
    tx.commit().await?;
    let sent = Sent { student_id: row.student_id, email: mail.to.clone() };
    app.mailer.post(mail);
    Ok(told("A link to choose a password is on its way to the student.", sent))
}
